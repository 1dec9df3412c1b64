"""Messages that indexes of a Postbox database name and that are not there."""

import sqlite3

from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats.errors import FormatError

_MESSAGES = "t7"
_TAGS = "t12"
_GLOBAL_TAGS = "t39"
_INDEX = "t4"
_THREADS = "t62"


def FindMissing(reader, view):
    """Finds messages that only indexes name.

    Each is looked up by the key that the index gives, so that memory does not grow with
    the database. What is not found so is searched by its number alone: an index may
    have another time than the message.

    Args:
      reader (PostboxReader): database.
      view (DatabaseView): the same.

    Returns:
      dict[MessageId, tuple[int, set[str]]]: time in seconds since 1970 UTC and the
          tables that name it, by message.
    """
    missing = {}
    for table, place in _ReadMentions(reader):
        if _IsThere(reader, view, place):
            continue
        missing.setdefault(place.id, (place.timestamp, set()))[1].add(table)
    if missing:
        for key, _ in reader.Rows(_MESSAGES):
            try:
                message = postbox_keys.read_message_key(key, reader.schema).id
            except (FormatError, TypeError):
                continue
            missing.pop(message, None)
    return missing


def _ReadMentions(reader):
    """Reads what indexes name.

    Args:
      reader (PostboxReader): database.

    Yields:
      tuple[str, MessageKey]: table and place of a message.
    """
    for table, read in (
        (_TAGS, lambda key: postbox_keys.read_tag_key(key, reader.schema)),
        (_GLOBAL_TAGS, postbox_keys.read_global_tag_key),
        (_THREADS, postbox_keys.read_thread_message_key),
    ):
        for key, _ in reader.Rows(table):
            try:
                place = read(key).message
            except (AttributeError, FormatError, TypeError) as exception:
                reader.Warn(table, key, [(0, str(exception))])
                continue
            yield table, place
    for key, value in reader.Rows(_INDEX):
        try:
            message = postbox_keys.read_index_key(key)
            _, timestamp = postbox_tables.read_index_entry(value)
        except (FormatError, TypeError) as exception:
            reader.Warn(_INDEX, key, [(0, str(exception))])
            continue
        yield (
            _INDEX,
            postbox_keys.MessageKey(
                message.peer, message.namespace, timestamp, message.number
            ),
        )


def _IsThere(reader, view, place):
    """Determines if a message is there.

    Args:
      reader (PostboxReader): database.
      view (DatabaseView): the same.
      place (MessageKey): place of the message.

    Returns:
      bool: True if it is.
    """
    try:
        key = postbox_keys.message_key(place, reader.schema)
        row = view.current.connection.execute(
            f"SELECT 1 FROM {_MESSAGES} WHERE key = ?", (key,)
        ).fetchone()
    except sqlite3.Error:
        return False
    return row is not None
