"""Messages of TDLib: rows of `messages`, `scheduled_messages`, and messages to be sent.

Specification: formats/tdlib.md section 8. A blob begins with the version of the library
that wrote it; one database holds several. A field of a newer writer ends the reading,
and the message keeps what stands before it.

A random id in a message of a cloud chat proves that this installation made it: the
server never supplies one. Without it an outgoing message came from the server: from
another session, or after the database was made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import tdlib_message_parts as parts
from telegram_forensics.formats import tdlib_text as text_of
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_content import read_content
from telegram_forensics.formats.tdlib_drafts import read_draft, skip_suggested_post
from telegram_forensics.formats.tdlib_values import MessageId, Reader, read_message_id
from telegram_forensics.formats.tl_message import ForwardFacts, MessageFacts
from telegram_forensics.formats.tl_peers import Peer, describe_peer

_MORE_FLAGS: Final = 1 << 29
_KNOWN: Final = (0x3FFFFFFF, 0x3FFFFFFF, 0x3FFFFFFF, 0x3FF)
_TOO_MANY_REQUESTS: Final = 429
# Flags of what stands behind the content.
_BEHIND: Final = (1 << 18, 3 << 26, 0x0E1DECCC, 0x3EC)


@dataclass(slots=True)
class TdlibMessage:
    """A message.

    Attributes:
        facts: what all clients' messages have in common; `identifier` is the server's
            id, None for a message that the server does not know.
        identifier: as TDLib numbers it.
        version: of the library that wrote the blob.
        random_id: that the message was sent with, None if there is none.
        send_date: when it was sent by the clock of this installation, seconds since
            1970 UTC.
        received: when this installation last got the message from the server, the
            same (`interaction_info_update_date`).
        is_failed: it could not be sent.
        error: code and text of the server, where it could not.
        marks: codes of what only a sending client sets.
        unread: kind of a content whose end is not known, with nothing behind it.
        problem: why reading ended before the end of the message.
    """

    facts: MessageFacts
    identifier: MessageId
    version: int
    random_id: int | None = None
    send_date: int | None = None
    received: int | None = None
    is_failed: bool = False
    error: str | None = None
    marks: tuple[str, ...] = ()
    unread: str | None = None
    problem: FormatError | None = None

    @property
    def is_scheduled(self) -> bool:
        """It is due later."""
        return self.identifier.scheduled is not None


def read_message(data: bytes) -> TdlibMessage:
    """Reads the blob of a row.

    Raises:
        FormatError: if not even id and date can be read.
    """
    reader = Reader.versioned(data)
    found = read_message_from(reader)
    if reader.left and found.problem is None and found.unread is None:
        found.problem = FormatError(
            reader.position, f"{reader.left} bytes behind the message are not read"
        )
    return found


def read_message_from(reader: Reader) -> TdlibMessage:
    """Reads a message behind the version of its blob.

    Raises:
        FormatError: if not even id and date can be read.
    """
    bits = [0, 0, 0, 0]
    for number in range(4):
        bits[number] = reader.u32()
        if not bits[number] & _MORE_FLAGS or number == 3:
            break
    one, two, three, _ = bits
    identifier = read_message_id(reader.i64())
    facts = MessageFacts("message")
    found = TdlibMessage(facts, identifier, reader.version)
    facts.identifier = identifier.server
    facts.is_outgoing = bool(one & 1 << 1)
    facts.is_post = bool(one & 1)
    facts.is_silent = bool(one & 1 << 3)
    facts.is_mentioned = bool(one & 1 << 4)
    facts.is_pinned = bool(two & 1 << 22)
    facts.is_scheduled = bool(two & 1 << 11)
    facts.is_offline = bool(three & 1 << 17)
    facts.is_plain = False
    found.is_failed = bool(one & 1 << 2)
    if one & 1 << 10:
        facts.sender = Peer("user", reader.identifier())
    facts.date = reader.i32() or None
    found.marks = _marks(bits)
    for value, known in zip(bits, _KNOWN, strict=True):
        if value & ~known:
            found.problem = FormatError(
                4, f"flags 0x{value:x} of a newer version of TDLib"
            )
            return found
    try:
        _read_head(reader, found, bits)
        is_whole = read_content(reader, facts)
        is_last = not any(
            value & behind for value, behind in zip(bits, _BEHIND, strict=True)
        )
        if is_whole:
            _read_behind(reader, found, bits)
        else:
            kind = facts.action or (facts.media.kind if facts.media else "content")
            found.unread = f"{kind}: details are not read"
            if not is_last:
                raise FormatError(
                    reader.position, f"{found.unread}, nor what stands behind them"
                )
    except FormatError as exception:
        found.problem = exception
    return found


def _marks(bits: list[int]) -> tuple[str, ...]:
    """What only a client that sends sets."""
    one, two, three, _ = bits
    marks = []
    if one & 1 << 7:
        marks.append("clear_draft")
    if one & 1 << 5:
        marks.append("from_background")
    if two & 1 << 12:
        marks.append("copy")
    if two & 1 << 7:
        marks.append("forwarded_here")
    if three & 1 << 10:
        marks.append("input_reply")
    return tuple(marks)


def _read_head(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    """Reads what stands between date and content."""
    _read_origin(reader, found, bits)
    _read_state(reader, found, bits)
    _read_places(reader, found, bits)


def _read_origin(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    one, two, three, _ = bits
    facts = found.facts
    if one & 1 << 11:
        facts.edited = reader.i32() or None
    if one & 1 << 28:
        found.send_date = reader.i32() or None
    if one & 1 << 12:
        found.random_id = reader.i64() or None
    if three & 1 << 12:
        _set_forward(facts, text_of.read_forward_info(reader))
    elif one & 1 << 13:
        _set_forward(facts, text_of.read_old_forward(reader, one, two, three))
    if two & 1 << 7:
        facts.other["forwarded here from chat"] = reader.i64()
        facts.other["forwarded here, message"] = _server(reader.i64())
    if one & 1 << 14:
        facts.reply_to = _server(reader.i64())
    if one & 1 << 15:
        reader.i64()


def _read_state(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    one, two, _, _ = bits
    facts = found.facts
    if one & 1 << 16:
        facts.via_bot = reader.identifier() or None
    if one & 1 << 17:
        facts.views = reader.i32()
    if two & 1 << 14:
        facts.forwards = reader.i32()
    if two & 1 << 15:
        parts.skip_reply_info(reader)
    if one & 1 << 19:
        facts.self_destruct = reader.i32() or None
        reader.stored_time()
    if two & 1 << 4:
        _read_error(reader, found)
    if one & 1 << 20:
        facts.author = reader.text() or None
    if one & 1 << 24:
        facts.grouped = reader.i64() or None
    if two & 1:
        reader.i32()
    if two & 1 << 8:
        reader.i32()
    if two & 1 << 10:
        for _ in range(reader.count(3)):
            facts.other["restriction"] = " ".join(reader.text() for _ in range(3))


def _read_places(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    _, two, _, _ = bits
    facts = found.facts
    if two & 1 << 16:
        facts.sender = text_of.read_peer(reader.i64()) or facts.sender
    if two & 1 << 17:
        facts.reply_chat = text_of.read_peer(reader.i64())
    if two & 1 << 18:
        facts.reply_top = _server(reader.i64())
    if two & 1 << 19:
        draft = read_draft(reader)
        facts.other["draft in its thread"] = draft.text or None
        if draft.problem is not None:
            raise draft.problem
    if two & 1 << 20:
        for _ in range(reader.count(8)):
            reader.i64()
    if two & 1 << 21:
        reader.i64()
    if two & 1 << 23:
        found.received = reader.i32() or None
    if two & 1 << 24:
        reader.text()


def _read_behind(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    """Reads what stands behind the content."""
    one, two, three, _ = bits
    facts = found.facts
    if one & 1 << 18:
        facts.other["buttons"] = parts.read_markup(reader) or None
    if two & 1 << 26:
        facts.ttl_period = reader.i32() or None
    if two & 1 << 27:
        reader.i32()
    if three & 1 << 2:
        facts.reactions = parts.read_reactions(reader) or None
    for bit in (3, 6):
        if three & 1 << bit:
            reader.u32()
    if three & 1 << 7:
        peer = describe_peer(text_of.read_peer(reader.i64()))
        facts.other["answers story"] = f"{reader.i32()} of {peer}"
    if three & 1 << 10:
        reply = text_of.read_input_reply(reader)
        _set_reply(facts, reply.message, reply.chat, reply.quote)
    if three & 1 << 11:
        _set_replied(facts, parts.read_replied(reader), reader)
    _read_rest(reader, found, bits)


def _set_replied(
    facts: MessageFacts, replied: parts.RepliedFacts, reader: Reader
) -> None:
    _set_reply(facts, replied.message, replied.chat, replied.quote)
    facts.other["answered message is of"] = replied.sender
    facts.other["answered message, Unix time"] = replied.date
    facts.other["answered message says"] = replied.text
    if not replied.is_whole:
        raise FormatError(
            reader.position, "what is kept of the answered message is not read"
        )


def _set_reply(
    facts: MessageFacts, message: int | None, chat: Peer | None, quote: str | None
) -> None:
    if message:
        facts.reply_to = _server(message)
    facts.reply_chat = chat or facts.reply_chat
    facts.reply_quote = quote or facts.reply_quote


def _read_rest(reader: Reader, found: TdlibMessage, bits: list[int]) -> None:
    *_, three, four = bits
    facts = found.facts
    if three & 1 << 13:
        facts.other["filed under"] = describe_peer(text_of.read_peer(reader.i64()))
    if three & 1 << 14:
        facts.reply_top = _server(reader.i64())
    if three & 1 << 15:
        facts.other["boosts of the sender"] = reader.i32()
    if three & 1 << 16:
        facts.via_business_bot = reader.identifier() or None
    if three & 1 << 18:
        reader.i64()
    if three & 1 << 19:
        facts.other["fact check"] = parts.read_fact_check(reader)
    if three & 1 << 20:
        reader.i64()
    if three & 1 << 25:
        reader.i32()
    if three & 1 << 26:
        facts.other["stars paid"] = reader.i64() or None
    if three & 1 << 27:
        skip_suggested_post(reader)
    _read_last(reader, facts, four)


def _read_last(reader: Reader, facts: MessageFacts, four: int) -> None:
    if four & 1 << 2:
        facts.other["repeated after seconds"] = reader.i32() or None
    for bit in (3, 5):
        if four & 1 << bit:
            reader.text()
    if four & 1 << 6:
        reader.i64()
    if four & 1 << 7:
        reader.identifier()
    if four & 1 << 8:
        reader.i32()
    if four & 1 << 9:
        reader.i64()


def _read_error(reader: Reader, found: TdlibMessage) -> None:
    code = reader.i32()
    found.error = f"{code} {reader.text()}"
    if code == _TOO_MANY_REQUESTS:
        reader.stored_time()


def _set_forward(facts: MessageFacts, origin: text_of.Origin) -> None:
    facts.forward = ForwardFacts(
        sender=origin.sender,
        name=origin.name,
        date=origin.date,
        post=_server(origin.post) if origin.post else None,
        author=origin.author,
        saved_from=origin.saved_from,
        saved_message=_server(origin.saved_message) if origin.saved_message else None,
    )


def _server(value: int) -> int | None:
    """The server's id of a message, TDLib's own number where it has none."""
    if not value:
        return None
    found = read_message_id(value)
    return found.server if found.server is not None else value
