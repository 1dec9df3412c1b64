"""Files beside a SQLite database of browser storage: what they tell of it."""

import re
import sqlite3

from telegram_forensics.formats import browser_sortable_key
from telegram_forensics.formats import browser_sqlite_storage
from telegram_forensics.formats import telegram_web_history
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.telegram_web_values import Source, StoredText
from telegram_forensics.parsers import telegram_web_storage as storage

_MAXIMUM_ORIGIN = 4096
_ORIGIN = re.compile(rb"(https?)\x00?.{0,8}?([a-z0-9.-]*telegram\.org)", re.DOTALL)


def ReadNeighbour(view, file_name, read):
    """Reads another database of the same folder.

    Args:
      view (DatabaseView): database.
      file_name (str): name of the other file.
      read (function): reads a state of it.

    Returns:
      list[StoredValue]: records, none if there is no such database.
    """
    file_entry = view.OpenNeighbour(file_name)
    state = view.OpenDatabase(file_entry) if file_entry is not None else None
    if state is None:
        return []
    try:
        return read(view, state)
    except sqlite3.DatabaseError:
        # It is reported where it is read itself.
        return []


def ReadProfile(view, origin):
    """Reads the sessions in localStorage of a Chromium profile.

    Args:
      view (DatabaseView): database, two folders below that of the profile.
      origin (str): origin.

    Returns:
      tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
          stores.
    """
    profile = view.OpenFolder(3)
    if profile is None:
        return [], []
    sessions, keys = storage.ReadKnown(profile, origin)
    try:
        file_entry = profile.file_entries().get("LocalStorage")
    except OSError:
        return sessions, keys
    state = view.OpenDatabase(file_entry) if file_entry is not None else None
    if state is None:
        return sessions, keys
    numbers = set()
    for row in state.Read("maps", ["row_id", "storage_key"], _Ignore):
        storage_key = row.values[1]
        if isinstance(storage_key, bytes):
            storage_key = storage_key.decode("utf-8", "replace")
        if str(storage_key).rstrip("/") == origin:
            numbers.add(row.values[0])
    columns = ["map_id", "key", "value", "value_compression_type"]
    texts = []
    for row in state.Read("map_entries", columns, _Ignore):
        number, key, value, compression = row.values
        if number in numbers and isinstance(key, bytes) and isinstance(value, bytes):
            try:
                texts.append(
                    _MakeText(
                        browser_sqlite_storage.map_entry_text(key),
                        browser_sqlite_storage.map_entry_text(value, compression or 0),
                    )
                )
            except FormatError:
                continue
    sessions += telegram_web_history.read_history(texts).sessions
    return sessions, keys + storage.ReadKeys(texts)


def ReadFirefox(view):
    """Reads the sessions in localStorage beside IndexedDB of Firefox.

    Args:
      view (DatabaseView): database in the folder idb.

    Returns:
      tuple[list[WebSession], list[bytes]]: sessions, and keys of Web K's encrypted
          stores.
    """
    folder = view.OpenFolder(2)
    try:
        folder = folder.folder("ls") if folder is not None else None
        entries = folder.file_entries() if folder is not None else {}
    except OSError:
        return [], []
    file_entry = entries.get("data.sqlite")
    state = view.OpenDatabase(file_entry) if file_entry is not None else None
    if state is None:
        return [], []
    columns = ["key", "value", "utf16_length", "conversion_type", "compression_type"]
    texts = []
    for row in state.Read("data", columns, _Ignore):
        key, value, length, conversion, compression = row.values
        if isinstance(key, str) and isinstance(value, bytes):
            try:
                text = browser_sqlite_storage.firefox_item_text(
                    value, length, conversion or 0, compression or 0
                )
            except FormatError:
                continue
            texts.append(_MakeText(key, text))
    return telegram_web_history.read_history(texts).sessions, storage.ReadKeys(texts)


def _MakeText(key, text):
    """Creates an item of localStorage.

    Args:
      key (str): name.
      text (str): text.

    Returns:
      StoredText: item.
    """
    return StoredText(key, text, Source(), "current")


def _Ignore(reason):
    """Leaves a warning to the parser of the file itself.

    Args:
      reason (str): what is wrong.
    """


def ReadFirefoxFile(view, number):
    """Reads a large value of Firefox's IndexedDB, `<database>.files/<number>`.

    Args:
      view (DatabaseView): database.
      number (int): number of the file.

    Returns:
      bytes: content.

    Raises:
      FormatError: if it cannot be read.
    """
    folder = view.OpenFolder(1)
    name = view.file_entry.name.removesuffix(".sqlite") + ".files"
    try:
        folder = folder.folder(name) if folder is not None else None
        if folder is None:
            raise FormatError(0, f"folder {name:s} is missing")
        return folder.read(str(number), storage.MAXIMUM_VALUE)
    except OSError as exception:
        raise FormatError(0, f"file {number:d} of {name:s}: {exception!s}") from None


def ReadSafariOrigin(view):
    """Reads the file `origin` that names the origin of Safari's storage.

    Its layout is UNCONFIRMED: scheme and host are looked for as texts.

    Args:
      view (DatabaseView): database.

    Returns:
      str: origin or None if it is not Telegram's or not known.
    """
    for levels in (1, 2, 3):
        folder = view.OpenFolder(levels)
        try:
            data = folder.read("origin", _MAXIMUM_ORIGIN) if folder else b""
        except (OSError, FormatError):
            continue
        match = _ORIGIN.search(data)
        if match:
            return f"{match[1].decode('ascii'):s}://{match[2].decode('ascii'):s}"
    return None


def GetSafariKey(value):
    """Converts a key of Safari's IndexedDB; its form is UNCONFIRMED.

    Args:
      value (object): key as stored.

    Returns:
      str: key in words.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return str(value)
    try:
        return str(browser_sortable_key.read_sortable_key(value, False))
    except FormatError:
        pass
    # Seen in descriptions: a byte for the type, a length, UTF-16 little endian.
    text = value.decode("utf-16-le", "ignore")
    found = re.search(r"[ -~\u0400-\u04ff]{2,}", text)
    if found is None and len(value) > 1:
        found = re.search(
            r"[ -~\u0400-\u04ff]{2,}", value[1:].decode("utf-16-le", "ignore")
        )
    return found[0] if found else value.hex()
