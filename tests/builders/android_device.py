"""Writes Android's usage statistics and notification history, out of plain values.

The layouts are those of Android's public definitions; nothing of the readers is used.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

TELEGRAM = "org.telegram.messenger"
SMS = "com.google.android.apps.messaging"
OTHER = "com.example.game"
BEGIN = 1_717_200_000_000

# Token -> strings: the package first, then classes.
TOKENS = {
    1: ["android"],
    2: [TELEGRAM, f"{TELEGRAM}.DefaultIcon", "org.telegram.ui.LaunchActivity"],
    3: [OTHER, "com.example.game.Main"],
    4: [SMS, f"{SMS}.ConversationListActivity"],
}
# Offset in ms, kind, token of the package, place of the class in its strings.
EVENTS: list[tuple[int, int, int, int | None]] = [
    (1_000, 27, 1, None),
    (2_000, 28, 1, None),
    (3_000, 15, 1, None),
    (4_000, 18, 1, None),
    (5_000, 1, 2, 2),
    (65_000, 2, 2, 2),
    (70_000, 1, 3, 1),
    (80_000, 2, 3, 1),
    (90_000, 12, 4, None),
    (100_000, 17, 1, None),
    (110_000, 16, 1, None),
]


def varint(value: int) -> bytes:
    """A variable integer; a negative one as Java writes it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """A field with a number."""
    return varint(field << 3) + varint(value)


def block(field: int, data: bytes | str) -> bytes:
    """A field with text or an inner message."""
    if isinstance(data, str):
        data = data.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def mappings() -> bytes:
    """The file `mappings`."""
    data = number(1, len(TOKENS))
    for token, strings in TOKENS.items():
        inner = number(1, token) + b"".join(block(2, text) for text in strings)
        data += block(2, inner)
    return data


def usage_with_tokens() -> bytes:
    """A file of Android 11 and later."""
    data = number(1, 86_400_000) + number(2, 2) + number(3, 3)
    data += block(10, number(1, 1) + number(2, 107_000))
    # Never visible: leads back to 1970.
    data += block(
        20,
        number(1, 2)
        + number(3, 65_000)
        + number(4, 60_000)
        + number(8, -BEGIN)
        + number(10, -BEGIN)
        + number(6, 1),
    )
    data += block(20, number(1, 3) + number(3, 80_000) + number(4, 10_000))
    data += block(21, block(1, number(1, 5)) + number(2, 5))
    for offset, kind, token, place in EVENTS:
        inner = number(1, token)
        if place is not None:
            inner += number(2, place + 1)
        inner += number(3, offset) + number(4, 0) + number(5, kind)
        if place is not None:
            inner += number(10, 77)
        data += block(22, inner)
    return data


def usage_with_pool() -> bytes:
    """A file of Android 10."""
    pool = sorted({text for strings in TOKENS.values() for text in strings})
    data = number(1, 86_400_000) + number(3, 3) + number(4, 4)
    data += block(2, number(1, len(pool)) + b"".join(block(2, text) for text in pool))
    data += block(
        20,
        number(2, pool.index(TELEGRAM) + 1)
        + number(3, 65_000)
        + number(4, 60_000)
        + number(6, 1),
    )
    data += block(20, block(1, OTHER) + number(3, 80_000) + number(4, 10_000))
    for offset, kind, token, place in EVENTS:
        strings = TOKENS[token]
        inner = number(2, pool.index(strings[0]) + 1)
        if place is not None:
            inner += number(4, pool.index(strings[place]) + 1)
        data += block(22, inner + number(5, offset) + number(7, kind))
    return data


def usage_xml() -> bytes:
    """A file of Android 5 to 9."""
    lines = [
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
        '<usagestats version="1" endTime="86400000">',
        "    <packages>",
        f'        <package lastTimeActive="65000" package="{TELEGRAM}" '
        'timeActive="60000" lastEvent="2" appLaunchCount="1" />',
        f'        <package lastTimeActive="80000" package="{OTHER}" '
        'timeActive="10000" lastEvent="2" />',
        "    </packages>",
        "    <configurations>",
        '        <config lastTimeActive="5" timeActive="7" count="1" fs="1065" />',
        "    </configurations>",
        "    <event-log>",
    ]
    for offset, kind, token, place in EVENTS:
        strings = TOKENS[token]
        name = "" if place is None else f'class="{strings[place]}" '
        lines.append(
            f'        <event time="{offset}" package="{strings[0]}" {name}'
            f'flags="0" type="{kind}" />'
        )
    lines += ["    </event-log>", "</usagestats>", ""]
    return "\n".join(lines).encode()


def history() -> bytes:
    """Notification history: Telegram's code, an SMS, and another program's."""
    pool = sorted([TELEGRAM, SMS, "Messages", "msg_channel", "777000"])

    def index(text: str) -> int:
        return pool.index(text) + 1

    data = number(2, 1)
    data += block(1, number(1, len(pool)) + b"".join(block(2, text) for text in pool))
    icon = block(12, number(1, 2) + number(3, 17))
    data += block(
        3,
        number(2, index(TELEGRAM))
        + number(4, index("Messages"))
        + number(6, index("msg_channel"))
        + number(14, index("777000"))
        + number(7, 10_123)
        + number(8, 0)
        + number(9, BEGIN + 5_000)
        + block(10, "Telegram")
        + block(11, "Login code: 12345")
        + icon,
    )
    data += block(
        3,
        block(1, SMS)
        + block(3, "Incoming")
        + number(8, 10)
        + number(9, BEGIN + 6_000)
        + block(10, "Telegram")
        + block(11, "Your code 54321"),
    )
    data += block(3, block(1, OTHER) + number(9, BEGIN) + block(11, "private"))
    return data


def notification_log(path: Path, rows: list[tuple[Any, ...]]) -> None:
    """notification_log.db, version 5; rows are user, kind, time, key, package, posted,
    time visible.
    """
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE log (_id INTEGER PRIMARY KEY AUTOINCREMENT,"
            "event_user_id INT,event_type INT,event_time_ms INT,key TEXT,pkg TEXT,"
            "nid INT,tag TEXT,when_ms INT,defaults INT,flags INT,"
            "importance_request INT,importance_final INT,noisy INT,muted INT,"
            "demoted INT,category TEXT,action_count INT,posttime_ms INT,"
            "airtime_ms INT,first_expansion_time_ms INT,expansion_airtime_ms INT,"
            "expansion_count INT)"
        )
        connection.executemany(
            "INSERT INTO log (event_user_id, event_type, event_time_ms, key, pkg, "
            "when_ms, airtime_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    connection.close()


def write_telephone(root: Path) -> None:
    """A telephone's data partition with all of it, and what names the device."""
    base = root / "data" / "system_ce" / "0"
    daily = base / "usagestats" / "daily"
    daily.mkdir(parents=True)
    (daily / str(BEGIN)).write_bytes(usage_with_tokens())
    (base / "usagestats" / "mappings").write_bytes(mappings())
    (base / "usagestats" / "version").write_bytes(b"5\n13;REL;1\n")
    notifications = base / "notification_history" / "history"
    notifications.mkdir(parents=True)
    (notifications / str(BEGIN)).write_bytes(history())
    (root / "system").mkdir()
    (root / "system" / "build.prop").write_text(
        "ro.product.manufacturer=Google\nro.product.model=Pixel 7\n"
        "ro.build.version.release=13\nro.build.version.sdk=33\n",
        encoding="utf-8",
    )
