"""Tables of `cache4.db` in some of its versions, after the format description.

All tables that hold what is of interest; bookkeeping is left out. Columns are those of
the version, in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Database version -> highest layer of the application version that had it.
VERSIONS: Final = {
    0: 8,
    37: 67,
    46: 67,
    60: 98,
    78: 128,
    97: 133,
    134: 229,
    177: 229,
}

_BASE = {
    "users": "uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB",
    "chats": "uid INTEGER PRIMARY KEY, name TEXT, data BLOB",
    "contacts": "uid INTEGER PRIMARY KEY, mutual INTEGER",
    "params": "id INTEGER PRIMARY KEY, seq INTEGER, pts INTEGER, date INTEGER, "
    "qts INTEGER, lsv INTEGER, sg INTEGER, pbytes BLOB",
}
# Column groups, with the version that brought them.
_GROWING: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "dialogs": (
        (0, "did INTEGER PRIMARY KEY, date INTEGER, unread_count INTEGER"),
        (0, "last_mid INTEGER"),
        (17, "inbox_max INTEGER, outbox_max INTEGER"),
        (23, "last_mid_i INTEGER, unread_count_i INTEGER, pts INTEGER, date_i INTEGER"),
        (41, "pinned INTEGER"),
        (48, "flags INTEGER"),
        (60, "folder_id INTEGER, data BLOB"),
        (89, "unread_reactions INTEGER"),
        (106, "last_mid_group INTEGER"),
        (110, "ttl_period INTEGER"),
        (169, "unread_poll_votes INTEGER"),
    ),
    "enc_chats": (
        (0, "uid INTEGER PRIMARY KEY, user INTEGER, name TEXT, data BLOB, g BLOB"),
        (0, "authkey BLOB, ttl INTEGER"),
        (7, "layer INTEGER, seq_in INTEGER, seq_out INTEGER"),
        (10, "use_count INTEGER, exchange_id INTEGER, key_date INTEGER"),
        (10, "fprint INTEGER, fauthkey BLOB, khash BLOB"),
        (37, "in_seq_no INTEGER"),
        (41, "admin_id INTEGER"),
        (46, "mtproto_seq INTEGER"),
    ),
}
_MESSAGE_COLUMNS: Final = (
    (0, "uid INTEGER, read_state INTEGER, send_state INTEGER, date INTEGER"),
    (0, "data BLOB, out INTEGER, ttl INTEGER"),
    (6, "media INTEGER"),
    (14, "replydata BLOB"),
    (23, "imp INTEGER"),
    (46, "mention INTEGER"),
    (70, "forwards INTEGER, replies_data BLOB, thread_reply_id INTEGER"),
    (84, "is_channel INTEGER"),
    (86, "reply_to_message_id INTEGER"),
    (97, "custom_params BLOB"),
    (106, "group_id INTEGER"),
    (127, "reply_to_story_id INTEGER"),
)
_TOPIC_COLUMNS: Final = (
    "mid INTEGER, uid INTEGER, topic_id INTEGER, read_state INTEGER, "
    "send_state INTEGER, date INTEGER, data BLOB, out INTEGER, ttl INTEGER, "
    "media INTEGER, replydata BLOB, imp INTEGER, mention INTEGER, forwards INTEGER, "
    "replies_data BLOB, thread_reply_id INTEGER, is_channel INTEGER, "
    "reply_to_message_id INTEGER, custom_params BLOB, reply_to_story_id INTEGER, "
    "PRIMARY KEY(mid, topic_id, uid)"
)
# Table -> first version, last version, columns.
_OTHERS: Final = {
    "media": (
        0, 12,
        "mid INTEGER PRIMARY KEY, uid INTEGER, date INTEGER, data BLOB",
    ),
    "media_v2": (
        13, 83,
        "mid INTEGER PRIMARY KEY, uid INTEGER, date INTEGER, type INTEGER, data BLOB",
    ),
    "media_v4": (
        86, 999,
        "mid INTEGER, uid INTEGER, date INTEGER, type INTEGER, data BLOB, "
        "PRIMARY KEY(mid, uid, type)",
    ),
    "randoms": (0, 83, "random_id INTEGER, mid INTEGER, PRIMARY KEY(random_id, mid)"),
    "randoms_v2": (
        84, 999,
        "random_id INTEGER, mid INTEGER, uid INTEGER, "
        "PRIMARY KEY(random_id, mid, uid)",
    ),
    "enc_tasks": (0, 5, "date INTEGER, data BLOB"),
    "enc_tasks_v2": (6, 79, "mid INTEGER PRIMARY KEY, date INTEGER"),
    "enc_tasks_v4": (
        84, 999,
        "mid INTEGER, uid INTEGER, date INTEGER, media INTEGER, "
        "PRIMARY KEY(mid, uid, media)",
    ),
    "sent_files_v2": (
        56, 999,
        "uid TEXT, type INTEGER, data BLOB, parent TEXT, PRIMARY KEY(uid, type)",
    ),
    "scheduled_messages": (
        63, 83,
        "mid INTEGER PRIMARY KEY, uid INTEGER, send_state INTEGER, date INTEGER, "
        "data BLOB, ttl INTEGER, replydata BLOB",
    ),
    "scheduled_messages_v2": (
        84, 999,
        "mid INTEGER, uid INTEGER, send_state INTEGER, date INTEGER, data BLOB, "
        "ttl INTEGER, replydata BLOB, reply_to_message_id INTEGER, "
        "PRIMARY KEY(mid, uid)",
    ),
    "unread_push_messages": (
        56, 999,
        "uid INTEGER, mid INTEGER, random INTEGER, date INTEGER, data BLOB, fm TEXT, "
        "name TEXT, uname TEXT, flags INTEGER, topicId INTEGER, is_reaction INTEGER, "
        "PRIMARY KEY(uid, mid)",
    ),
    "messages_topics": (106, 999, _TOPIC_COLUMNS),
    "messages_holes": (
        9, 999,
        "uid INTEGER, start INTEGER, end INTEGER, PRIMARY KEY(uid, start)",
    ),
    "unconfirmed_auth": (133, 999, "data BLOB"),
    "downloading_documents": (
        92, 999,
        "data BLOB, hash INTEGER, id INTEGER, state INTEGER, date INTEGER, "
        "PRIMARY KEY(hash, id)",
    ),
    "search_recent": (21, 999, "did INTEGER PRIMARY KEY, date INTEGER"),
    "quick_replies_messages": (
        149, 999,
        "mid INTEGER, topic_id INTEGER, send_state INTEGER, date INTEGER, data BLOB, "
        "ttl INTEGER, replydata BLOB, reply_to_message_id INTEGER, "
        "PRIMARY KEY(mid, topic_id)",
    ),
    "ephemeral_messages": (
        169, 999,
        "id INTEGER, dialog_id INTEGER, topic_id INTEGER, date INTEGER, data BLOB, "
        "PRIMARY KEY(dialog_id, id)",
    ),
    "welcome_messages": (
        169, 999,
        "mid INTEGER, dialog_id INTEGER, send_state INTEGER, date INTEGER, "
        "data BLOB, ttl INTEGER, replydata BLOB, reply_to_message_id INTEGER, "
        "PRIMARY KEY(mid, dialog_id)",
    ),
}  # fmt: skip


def message_table(version: int) -> str:
    """Name of the main table of messages."""
    return "messages_v2" if version >= 84 else "messages"


def tables(version: int) -> dict[str, str]:
    """Tables of a version with their columns."""

    def until(groups: tuple[tuple[int, str], ...]) -> str:
        return ", ".join(columns for first, columns in groups if first <= version)

    found = dict(_BASE)
    found.update({name: until(groups) for name, groups in _GROWING.items()})
    columns = until(_MESSAGE_COLUMNS)
    if version >= 84:
        found["messages_v2"] = f"mid INTEGER, {columns}, PRIMARY KEY(mid, uid)"
    else:
        found["messages"] = f"mid INTEGER PRIMARY KEY, {columns}"
    for name, (first, last, columns) in _OTHERS.items():
        if first <= version <= last:
            found[name] = columns
    return found


def statements(version: int) -> list[str]:
    """Statements that create the tables of a version."""
    made = [f"PRAGMA user_version = {version}"]
    made += [
        f"CREATE TABLE {name}({columns})" for name, columns in tables(version).items()
    ]
    if version >= 84:
        made += [
            "CREATE INDEX uid_mid_idx_messages_v2 ON messages_v2(uid, mid)",
            "CREATE INDEX uid_date_mid_idx_messages_v2 ON messages_v2(uid, date, mid)",
        ]
    return made
