"""What happens in a made-up account: scenarios, each with its rows and its truth."""

from __future__ import annotations

from typing import Any

from tests.builders import android_table_scenarios as other
from tests.builders import android_tl as tl
from tests.builders.android_cast import Chat
from tests.builders.android_database import (
    ACTIONS,
    NEW_LOGIN,
    NOTICES,
    SECRET_ACTIONS,
    TEXTS,
    Generator,
    Scenario,
)
from tests.builders.android_intents import (
    Action,
    Call,
    Forward,
    Intent,
)
from tests.builders.android_table_scenarios import CERTAIN

_PATH = "/storage/emulated/0/DCIM/Camera/IMG_{}.jpg"
_LOGIN_TIME = 1_667_639_190


def _plain(made: Generator) -> None:
    """A text from or to anybody."""
    made.put(made.intent(made.chat(), made.random.random() < 0.4, text=made.text()))


def _saved(made: Generator) -> None:
    """A note to oneself."""
    made.put(made.intent(made.cast.saved, True, text=made.text()))


def _repeated(made: Generator) -> None:
    """Texts that differ in nothing but their numbers."""
    chat = made.person()
    for _ in range(2):
        intent = made.intent(chat, False, text=TEXTS[0])
        intent.date = 1_650_000_000
        made.put(intent)


def _sent_here(made: Generator) -> None:
    """Form S with its two traces."""
    chat = made.random.choice([*made.cast.dialogs, made.cast.groups[0]])
    intent = made.intent(chat, True, text=made.text())
    intent.is_local_object = intent.layer > 8
    intent.origin = (*CERTAIN, made.trace_basis)
    made.trace(intent, made.local(), made.mid(intent))
    made.put(intent)


def _sent_here_without_traces(made: Generator) -> None:
    """Form S after the traces went."""
    layer = made.layer(first=67)
    intent = made.intent(made.person(), True, text=made.text(), layer=layer)
    intent.is_local_object = True
    intent.origin = ("this_installation", "strong", "media_empty_flag")
    made.put(intent)


def _replaced(made: Generator) -> None:
    """Form U: the object of the server, and a trace with the local number only."""
    intent = made.intent(made.random.choice(made.cast.groups), True, text=made.text())
    made.trace(intent, made.local())
    made.put(intent)


def _with_path(made: Generator) -> None:
    """Form U with the path of the file that was sent."""
    layer = made.layer()
    intent = made.intent(made.person(), True, text=made.text(), layer=layer)
    intent.media = made.media("photo")
    if layer == 8:
        # Its attachments have a caption of their own.
        intent.text = ""
    intent.path = intent.trailer = _PATH.format(intent.number)
    intent.origin = (*CERTAIN, "attach_path")
    made.trace(intent, made.local())
    made.put(intent)


def _own_text(made: Generator) -> None:
    """Media of 2013 to 2018 with the text that the client gave them."""
    if made.top not in (67, 98):
        return
    intent = made.intent(made.person(), True, layer=67)
    intent.media = made.media("photo")
    intent.media.caption = made.text() if made.random.random() < 0.5 else None
    intent.has_own_text = True
    intent.path = intent.trailer = _PATH.format(intent.number)
    intent.origin = (*CERTAIN, "attach_path, own_media_text")
    made.put(intent)


def _not_sent(made: Generator) -> None:
    """A message that waits, one that failed, one that is being edited."""
    for state in (1, 2):
        number = made.local()
        intent = made.intent(made.person(), True, text=made.text(), number=number)
        intent.is_local_object = intent.layer > 8
        intent.send_state = state
        intent.origin = (*CERTAIN, "unsent_row")
        made.trace(intent, number)
        made.put(intent)
    intent = made.intent(made.person(), True, text=made.text())
    intent.send_state = 3
    intent.trailer = "||originalPath|=|/x_1_2|| "
    made.put(intent)


def _unsent_forward(made: Generator) -> None:
    """A forward that waits: it has a number behind the string."""
    number = made.local()
    layer = made.layer(last=67) if made.top < 119 else made.layer(first=119)
    intent = made.intent(made.person(), True, text="fwd", number=number, layer=layer)
    intent.forward = Forward(("user", 440_000_001), None, intent.date - 500)
    intent.forwarded_number = 4711
    intent.trailer = "||fwd_id|=|4711||fwd_peer|=|440000001|| "
    intent.send_state = 1
    intent.origin = (*CERTAIN, "unsent_row, send_parameters")
    made.trace(intent, number)
    made.put(intent)


def _legacy(made: Generator) -> None:
    """A parameter that says nothing of who composed it."""
    intent = made.intent(made.person(), True, text=made.text())
    intent.trailer = "||legacy_layer|=|228|| "
    made.put(intent)


def _sent_file(made: Generator) -> None:
    """A file that was sent before, named in the table of sent files."""
    intent = made.intent(made.person(), True, text=made.text(), layer=made.layer(67))
    parent = f"sent_0_{intent.number}_{intent.chat.dialog(made.version)}_1_77"
    made.insert("sent_files_v2", uid=f"{intent.number:032x}", type=1, parent=parent)
    intent.origin = ("this_installation", "supporting", "sent_files")
    made.put(intent)


def _lost(made: Generator) -> None:
    """A message that was sent here and deleted."""
    made.lose(made.intent(made.person(), True))


def _attachment(made: Generator) -> None:
    """Attachments of every kind."""
    if made.top != tl.NEW:
        _old_attachment(made)
        return
    for kind in tl.NEW_KINDS:
        chat = made.chat()
        intent = made.intent(chat, made.random.random() < 0.3, layer=tl.NEW)
        intent.text = "" if made.random.random() < 0.5 else made.text()
        intent.media = made.media(kind)
        made.put(intent)


def _old_attachment(made: Generator) -> None:
    """An attachment of an old layer."""
    layer = made.layer(last=133)
    intent = made.intent(made.chat(), False, layer=layer)
    if intent.layer == tl.NEW:
        return
    intent.media = made.old_media(intent.layer)
    made.put(intent)


def _album(made: Generator) -> None:
    """Photos that were sent together."""
    album = made.random.getrandbits(62) + 1
    chat = made.random.choice(made.cast.groups)
    for number in range(3):
        intent = made.intent(chat, False, layer=made.layer(98))
        intent.text = made.text() if number == 0 else ""
        intent.media = made.media("photo")
        intent.grouped = album if intent.layer > 67 else None
        made.put(intent)


def _service(made: Generator) -> None:
    """A service message; no trace says who did it."""
    chat = made.random.choice(made.cast.groups)
    intent = made.intent(chat, made.random.random() < 0.5)
    found = ACTIONS if intent.layer == tl.NEW else ACTIONS[:1]
    intent.action = made.random.choice(found)
    if intent.is_outgoing:
        intent.origin = ("not_determinable", None, None)
    made.put(intent)


def _call(made: Generator) -> None:
    """A call."""
    if made.top == 8:
        return
    layer = made.layer(first=67)
    intent = made.intent(made.person(), made.random.random() < 0.5, layer=layer)
    intent.call = Call(made.random.random() < 0.3)
    reasons = ["hangup", None]
    if intent.layer == tl.NEW:
        reasons += ["busy", "missed"]
    intent.call.reason = made.random.choice(reasons)
    if intent.call.reason == "hangup":
        intent.call.duration = made.random.randrange(1, 4000)
    made.put(intent)


def _forward(made: Generator) -> None:
    """Forwards of users, channels and hidden senders."""
    forwards = [(("user", 440_000_001), None, None)]
    if made.cast.posts:
        forwards.append((made.cast.posts[0].peer, None, 5))
    if made.top >= 98:
        forwards.append((None, "Hidden Name", None))
    for sender, name, post in forwards:
        layer = made.layer()
        if sender is None:
            layer = made.layer(first=98)
        elif sender[0] == "channel":
            layer = made.layer(first=67) if sender[1] < 2**31 else made.top
        intent = made.intent(made.person(), False, text=made.text(), layer=layer)
        intent.forward = Forward(sender, name, intent.date - 1000, post)
        made.put(intent)


def _rich(made: Generator) -> None:
    """Replies, edits, reactions, inline bots, links, signatures, limited life."""
    chat = made.random.choice([*made.cast.dialogs, *made.cast.groups])
    intent = made.intent(chat, False, text=made.text(), layer=made.layer(67))
    if intent.layer > 8:
        intent.reply_to = max(1, intent.number - 1)
        intent.edited = intent.date + 60
        intent.via_bot = 987_654_321
    if intent.layer > 67:
        intent.author = "Ред. Анна"
    if intent.layer >= 128:
        intent.period = 86_400
    if intent.layer == tl.NEW:
        intent.reactions = [("👍", 3, False), ("❤", 1, True)]
        intent.link = "https://example.org/hidden"
    made.put(intent)


def _anonymous(made: Generator) -> None:
    """An administrator who writes in the name of the group."""
    chat = made.cast.groups[-1]
    if chat.kind != "channel":
        return
    intent = made.intent(chat, False, text=made.text(), layer=made.layer(119))
    if intent.layer < 119:
        return
    intent.sender = chat.peer
    intent.omits_sender = False
    made.put(intent)


def _secret(made: Generator) -> None:
    """Messages and actions of secret chats, in both directions."""
    for chat in made.cast.secrets:
        for number, is_outgoing in (
            ("555555f8", True),
            ("555555f9", False),
            ("555555fa", True),
            ("555555fa", False),
        ):
            intent = _secret_intent(made, chat, is_outgoing)
            intent.secret = number
            intent.text = made.text()
            intent.period = made.random.choice((0, 60))
            if number == "555555fa" and is_outgoing:
                intent.media = made.media("photo")
                intent.reply_to = None
            elif number == "555555f9":
                intent.reply_to = made.random.getrandbits(62) + 1
            made.put(intent)
        intent = _secret_intent(made, chat, made.random.random() < 0.5)
        intent.secret = "555555f7"
        intent.action = made.random.choice(SECRET_ACTIONS)
        made.put(intent)


def _secret_intent(made: Generator, chat: Chat, is_outgoing: bool) -> Intent:
    number = made.local()
    intent = made.intent(chat, is_outgoing, number=number, layer=made.top)
    intent.trailer = ""
    intent.sender = ("user", made.cast.owner if is_outgoing else chat.other or 0)
    if is_outgoing:
        intent.origin = (*CERTAIN, "secret_chat_key")
        if not chat.has_key:
            intent.origin = ("this_installation", "strong", "secret_chat_message")
    made.trace(intent, number)
    return intent


def _destroyed(made: Generator) -> None:
    """A message of a secret chat that has been read and is to be destroyed."""
    intent = _secret_intent(made, made.cast.secrets[0], False)
    intent.secret, intent.text, intent.period = "555555fa", made.text(), 60
    values = {"mid": intent.number, "date": intent.date + 90}
    table = "enc_tasks_v2"
    if made.version >= 84:
        table = "enc_tasks_v4"
        values.update({"uid": intent.chat.dialog(made.version), "media": 0})
    made.insert(table, **values)
    made.put(intent, self_destruct_time=intent.date + 90)


def _notice_truth(intent: Intent, **values: Any) -> dict[str, Any]:
    return {
        "data_type": "telegram:notice",
        "chat_identifier": "777000",
        "message_identifier": str(intent.number),
        "sender_identifier": "777000",
        "sent_time": intent.date,
        **values,
    }


def _notice(made: Generator) -> None:
    """What Telegram's own account says."""
    kind, text = made.random.choice(NOTICES)
    intent = made.intent(made.cast.service, False, text=text)
    _put_notice(made, intent, _notice_truth(intent, notice_type=kind, text=text))
    # That of a new login is a row of this device.
    intent = made.intent(
        made.cast.service,
        False,
        text=NEW_LOGIN,
        number=made.local(),
        omits_sender=False,
    )
    intent.date = _LOGIN_TIME + 10
    intent.is_local_object = intent.layer > 8
    truth = _notice_truth(
        intent,
        login_device_model="Desktop",
        login_ip_address="203.0.113.77",
        login_location="Rotterdam, Netherlands",
        notice_type="new_login",
        reported_time=_LOGIN_TIME,
        text=NEW_LOGIN,
    )
    _put_notice(made, intent, truth)
    if made.top <= 98:
        intent = made.intent(made.cast.service, False, layer=8)
        packed = tl.encode("555555f5 t:string a:string", t="iPhone 5", a="Berlin")
        intent.action = Action("messageActionLoginUnknownLocation", packed=packed)
        truth = _notice_truth(
            intent,
            login_device_model="iPhone 5",
            login_location="Berlin",
            notice_type="new_login",
        )
        _put_notice(made, intent, truth)


def _put_notice(made: Generator, intent: Intent, truth: dict[str, Any]) -> None:
    made.put(intent)
    made.made.truth[-1] = truth


# First version of the database, weight, scenario.
SCENARIOS: list[tuple[int, int, Scenario]] = [
    (0, 60, _plain),
    (0, 4, _saved),
    (0, 1, _repeated),
    (0, 20, _sent_here),
    (37, 4, _sent_here_without_traces),
    (0, 8, _replaced),
    (0, 4, _with_path),
    (37, 2, _own_text),
    (0, 1, _not_sent),
    (37, 1, _unsent_forward),
    (0, 1, _legacy),
    (60, 1, _sent_file),
    (0, 1, _lost),
    (0, 1, _attachment),
    (0, 8, _old_attachment),
    (60, 2, _album),
    (0, 3, _service),
    (37, 2, _call),
    (0, 3, _forward),
    (37, 3, _rich),
    (78, 2, _anonymous),
    (37, 1, _secret),
    (37, 1, _destroyed),
    (0, 1, _notice),
    (78, 1, other.scheduled),
    (134, 1, other.business),
    (60, 1, other.push),
    (0, 1, other.copies),
    (134, 1, other.topics),
    (134, 1, other.records),
]
