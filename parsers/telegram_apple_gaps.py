"""What a Postbox database lacks of its channels, and what it was never given."""

import itertools
import sqlite3

from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats import postbox_traces
from telegram_forensics.formats.errors import FormatError

_HOLES = "t56"
_HISTORY = 0
_INDEX = "t4"
_MAXIMUM_RANGES = 20


def ReadHoles(reader):
    """Reads which messages the client knows that it did not download.

    Args:
      reader (PostboxReader): database.

    Returns:
      dict[int, list[IdRange]]: ranges by stored number of the chat.
    """
    found = {}
    for key, value in reader.Rows(_HOLES):
        try:
            hole = postbox_keys.read_hole_key(key)
            first = postbox_tables.read_int32(value)
        except (FormatError, TypeError) as exception:
            reader.Warn(_HOLES, key, [(0, str(exception))])
            continue
        if hole.tag == _HISTORY and hole.namespace == postbox_ids.CLOUD:
            ranges = found.setdefault(hole.peer, [])
            ranges.append(postbox_traces.IdRange(first, hole.upper))
    return found


def FindGaps(view, holes):
    """Finds identifiers that are missing between the stored messages of channels.

    Args:
      view (DatabaseView): database.
      holes (dict[int, list[IdRange]]): what was not downloaded.

    Returns:
      dict[int, list[IdRange]]: ranges by stored number of the channel.
    """
    found = {}
    try:
        # In order of the keys, so that memory is needed for one channel at a time.
        keys = view.current.connection.execute(
            f"SELECT key FROM {_INDEX} WHERE length(key) = 16 ORDER BY key"
        )
        for peer, messages in itertools.groupby(
            (postbox_keys.read_index_key(key) for (key,) in keys),
            lambda message: message.peer,
        ):
            if postbox_ids.unpack_peer(peer).namespace != postbox_ids.PEER_CHANNEL:
                continue
            ranges = postbox_traces.missing_ranges(
                (
                    message.number
                    for message in messages
                    if message.namespace == postbox_ids.CLOUD
                ),
                holes.get(peer, ()),
            )
            if ranges:
                found[peer] = ranges
    except (FormatError, TypeError, sqlite3.Error):
        # Damage of the index is reported where its rows are read; of a part of it no
        # gap can be told.
        return {}
    return found


def Describe(ranges):
    """Puts ranges into words.

    Args:
      ranges (list[IdRange]): ranges.

    Returns:
      list[str]: words for each, with how many are left out at the end.
    """
    words = [
        str(item.first) if item.first == item.last else f"{item.first} to {item.last}"
        for item in sorted(ranges)[:_MAXIMUM_RANGES]
    ]
    if len(ranges) > _MAXIMUM_RANGES:
        words.append(f"and {len(ranges) - _MAXIMUM_RANGES} ranges more")
    return words
