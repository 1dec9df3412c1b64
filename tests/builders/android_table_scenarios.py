"""Scenarios whose rows stand in other tables than that of the messages."""

from __future__ import annotations

from tests.builders import android_tl as tl
from tests.builders.android_database import Generator
from tests.builders.android_intents import make_blob, make_truth

CERTAIN = ("this_installation", "certain")
AUTOMATIC = ("not_applicable", None, None)


def scheduled(made: Generator) -> None:
    """Messages that are to be sent later, and one that was."""
    table = "scheduled_messages_v2" if made.version >= 84 else "scheduled_messages"
    for is_confirmed in (True, False):
        number = made.local()
        if is_confirmed:
            number = 2_000_000 - number
        intent = made.intent(made.person(), True, text=made.text(), number=number)
        intent.date += 10**7
        intent.send_state = 0 if is_confirmed else 1
        basis = made.trace_basis if is_confirmed else "unsent_row"
        intent.origin = (*CERTAIN, basis)
        made.trace(intent, number)
        made.insert(
            table,
            mid=number,
            uid=intent.chat.dialog(made.version),
            send_state=intent.send_state,
            date=intent.date,
            data=make_blob(intent),
            ttl=0,
        )
        truth = make_truth(intent, made.cast, table=table, is_due=True)
        made.made.truth.append({**truth, "is_read": None})
    intent = made.intent(made.person(), True, text=made.text(), layer=made.layer(98))
    intent.is_scheduled, intent.origin = True, AUTOMATIC
    made.put(intent)


def business(made: Generator) -> None:
    """A bot that answers for the account, and a text kept for quick replies."""
    intent = made.intent(made.person(), True, text=made.text(), layer=tl.NEW)
    intent.business_bot, intent.origin = 987_654_321, AUTOMATIC
    made.put(intent)
    if "quick_replies_messages" not in made.tables:
        return
    intent = made.intent(made.cast.saved, True, text=made.text(), layer=tl.NEW)
    intent.quick_reply, intent.origin = 7, AUTOMATIC
    table = "quick_replies_messages"
    made.insert(
        table, mid=intent.number, topic_id=7, date=intent.date, data=make_blob(intent)
    )
    truth = make_truth(intent, made.cast, table=table)
    made.made.truth.append({**truth, "sent_time": None, "is_read": None})
    intent = made.intent(made.person(), False, text=made.text(), layer=tl.NEW)
    made.insert(
        "ephemeral_messages",
        id=intent.number,
        dialog_id=intent.chat.dialog(made.version),
        topic_id=0,
        date=intent.date,
        data=make_blob(intent),
    )
    truth = make_truth(intent, made.cast, table="ephemeral_messages")
    made.made.truth.append({**truth, "is_read": None})


def push(made: Generator) -> None:
    """Notifications of messages that were not loaded, with and without an object."""
    for has_object in (True, False):
        intent = made.intent(made.person(), False, text=made.text())
        made.insert(
            "unread_push_messages",
            uid=intent.chat.dialog(made.version),
            mid=intent.number,
            random=0,
            date=intent.date,
            data=make_blob(intent) if has_object else None,
            fm=intent.text,
        )
        truth = make_truth(intent, made.cast, table="unread_push_messages")
        made.made.truth.append({**truth, "is_read": None})


def copies(made: Generator) -> None:
    """Second copies: an equal one, one of an older text, one of a message now gone."""
    table = next(
        name for name in ("media_v4", "media_v2", "media") if name in made.tables
    )
    for kind in ("equal", "older", "only"):
        intent = made.intent(made.person(), False, text=made.text(), layer=made.top)
        if made.top == 8:
            intent.text = ""
        intent.media = made.media("photo")
        # Captions of layer 67 and before stand in the attachment.
        if kind != "only":
            made.put(intent)
        if kind == "older":
            intent.media.caption = None
            intent.text = f"before it was edited {intent.number}"
        made.insert(
            table,
            mid=made.mid(intent),
            uid=intent.chat.dialog(made.version),
            date=intent.date,
            data=make_blob(intent),
            **({"type": 0} if table != "media" else {}),
        )
        if kind != "equal":
            truth = make_truth(intent, made.cast, table=table)
            made.made.truth.append({**truth, "is_read": None})


def topics(made: Generator) -> None:
    """The same for the messages of topics."""
    for kind in ("equal", "older", "only"):
        chat = made.cast.groups[-1]
        intent = made.intent(chat, False, text=made.text(), layer=tl.NEW)
        if kind != "only":
            made.put(intent)
        if kind == "older":
            intent.text = f"before it was edited {intent.number}"
        made.insert(
            "messages_topics",
            mid=intent.number,
            uid=chat.dialog(made.version),
            topic_id=5,
            read_state=int(intent.is_read),
            send_state=0,
            date=intent.date,
            data=make_blob(intent),
            out=0,
        )
        if kind != "equal":
            truth = make_truth(intent, made.cast, table="messages_topics")
            made.made.truth.append(truth)


def records(made: Generator) -> None:
    """Another login, a download and a search."""
    number = made.random.getrandbits(62)
    packed = tl.encode(
        "7ab6618c hash:long date:int device:string place:string",
        hash=number, date=1_717_000_000, device="Desktop", place="Oslo",
    )  # fmt: skip
    made.insert("unconfirmed_auth", data=packed)
    made.made.records.append(
        {
            "data_type": "telegram:session",
            "authorization_hash": str(number),
            "created_time": 1_717_000_000,
            "login_device_model": "Desktop",
            "login_location": "Oslo",
        }
    )
    intent = made.intent(made.person(), False, layer=made.top)
    intent.media = made.media("document")
    blob = made.put(intent)
    milliseconds = intent.date * 1000 + 7
    made.insert(
        "downloading_documents",
        data=blob,
        hash=4,
        id=intent.media.identifier,
        state=1,
        date=milliseconds,
    )
    made.made.records.append(
        {
            "data_type": "telegram:file",
            "document_identifier": str(intent.media.identifier),
            "download_time": milliseconds // 1000,
            "file_path": intent.media.name,
            "file_role": "download",
            "file_size": intent.media.size,
            "file_type": "document",
            "message_identifier": str(intent.number),
        }
    )
