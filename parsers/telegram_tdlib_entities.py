"""Users and chats of TDLib, out of the database or the event log."""

from telegram_forensics.formats import tdlib_entities
from telegram_forensics.formats import tdlib_polls
from telegram_forensics.formats import tl_peers
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdlib_values import Reader
from telegram_forensics.parsers import telegram_tdlib_chats as chats

_USER, _GROUP, _CHANNEL, _SECRET = 2, 3, 4, 5
_PREFIXES = {"us": _USER, "gr": _GROUP, "ch": _CHANNEL, "sc": _SECRET}
_FULL = {
    "usf": tdlib_entities.read_full_user,
    "grf": tdlib_entities.read_full_group,
    "chf": tdlib_entities.read_full_channel,
}


def ReadValue(key, data, problems=None):
    """Reads a value of the table common.

    Args:
      key (str): key, such as us111222333.
      data (bytes): value.
      problems (Optional[list[FormatError]]): gets why its end was not read.

    Returns:
      UserFacts|ChatFacts|SecretChatFacts: what it holds, None if it is another one.

    Raises:
      FormatError: if it cannot be read.
    """
    kind = _PREFIXES.get(key[:2])
    number = key[2:]
    if kind is None or not number.isdecimal():
        return None
    return _Read(kind, int(number), Reader.versioned(data), problems)


def ReadFull(key, data):
    """Reads what was loaded of a profile, a group or a channel.

    Args:
      key (str): key in the table common, such as usf111222333.
      data (bytes): value.

    Returns:
      FullFacts: what it holds, None if it is another one.

    Raises:
      FormatError: if it cannot be read.
    """
    read = _FULL.get(key[:3])
    if read is None or not key[3:].isdecimal():
        return None
    return read(int(key[3:]), Reader.versioned(data))


def ReadPoll(key, data):
    """Reads a poll.

    Args:
      key (str): key in the table common, such as poll123.
      data (bytes): value.

    Returns:
      tuple[int, dict[str, object]]: number of the poll and what is stored of it, None
          if it is another value.

    Raises:
      FormatError: if it cannot be read.
    """
    number = key[len("poll") :]
    if not key.startswith("poll") or not number.lstrip("-").isdecimal():
        return None
    return int(number), tdlib_polls.read_poll(Reader.versioned(data))


def ReadRecord(record):
    """Reads a record of the event log.

    Args:
      record (BinlogRecord): record.

    Returns:
      UserFacts|ChatFacts|SecretChatFacts: what it holds, None if it cannot be read.
    """
    try:
        reader = Reader.versioned(record.payload)
        is_secret = record.kind == _SECRET
        number = reader.i32() if is_secret else reader.identifier()
        return _Read(record.kind, number, reader)
    except FormatError:
        # The database has it as well, or will.
        return None


def _Read(kind, number, reader, problems=None):
    """Reads what is stored of a user or chat.

    Args:
      kind (int): kind, as records of the event log are numbered.
      number (int): identifier.
      reader (Reader): at its beginning.
      problems (Optional[list[FormatError]]): gets why its end was not read.

    Returns:
      UserFacts|ChatFacts|SecretChatFacts: what it holds, None if it is another one.

    Raises:
      FormatError: if it cannot be read.
    """
    if kind == _USER:
        return tdlib_entities.read_user_from(number, reader, problems)
    if kind == _GROUP:
        return tdlib_entities.read_group(number, reader, problems)
    if kind == _CHANNEL:
        return tdlib_entities.read_channel(number, reader, problems)
    if kind == _SECRET:
        return tdlib_entities.read_secret_chat(number, reader)
    return None


def AddTo(book, found):
    """Adds a user or chat to an address book.

    Args:
      book (AddressBook): address book.
      found (UserFacts|ChatFacts|SecretChatFacts): what is stored.
    """
    if isinstance(found, tl_peers.UserFacts):
        book.AddUser(found)
    elif isinstance(found, tl_peers.ChatFacts):
        book.AddChat(found)
    else:
        book.AddSecretChat(found)


def MakeEvent(context, book, found, basis):
    """Creates the event data of a user or chat.

    Args:
      context (TdlibContext): what all events have in common.
      book (AddressBook): address book.
      found (UserFacts|ChatFacts|SecretChatFacts): what is stored.
      basis (str): code of the stored fact behind the attribution.

    Returns:
      TelegramEventData: event data.
    """
    maker = chats.ChatEventMaker(context, book)
    if isinstance(found, tl_peers.UserFacts):
        return maker.MakeUser(found, basis)
    if isinstance(found, tl_peers.ChatFacts):
        return maker.MakeChat(found, basis)
    return maker.MakeSecretChat(found, basis)
