"""Key of TDLib's database: it stands in the event log beside it.

Specification: formats/tdlib.md sections 2.2, 5.2 and 6. The log is encrypted with the
key that the application gave to TDLib, or with a constant if it gave none.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import tdlib_binlog, tdlib_paths, tdlib_state
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import KEY_SIZE, DatabaseKey
from telegram_forensics.vfs.sqlcipher_key_sources import (
    FoundKey,
    KeyNotFoundError,
    KeyRequest,
)

NAME: Final = "tdlib_binlog"


def find_binlog_keys(request: KeyRequest) -> Iterator[FoundKey]:
    """Keys of the database in the event log beside it, former ones as well.

    Raises:
        KeyNotFoundError: if there is no log, or none that can be opened.
    """
    folder = request.folder()
    location = getattr(request.path_spec, "location", None) or ""
    name = location.replace("\\", "/").rpartition("/")[2]
    name = name.removesuffix("-wal")
    reasons = []
    entries = folder.file_entries() if folder is not None else {}
    by_name = {entry.lower(): entry for entry in entries}
    candidates = request.candidates()
    for log_name in tdlib_paths.binlog_names(name):
        entry = by_name.get(log_name)
        if entry is None or folder is None:
            continue
        try:
            data = folder.read(entry, tdlib_binlog.MAXIMUM_FILE)
            log = tdlib_binlog.read_binlog(io.BytesIO(data), candidates, entry)
        except FormatError as exception:
            reasons.append(f"{entry}: {exception}")
            continue
        if log.is_locked:
            reasons.append(
                f"{entry}: encrypted with a key of the application; none of "
                f"{len(candidates)} candidates fits"
            )
            continue
        keys = tdlib_state.read_state(log, entry).database_keys
        for key in keys:
            if len(key) == KEY_SIZE:
                yield FoundKey(DatabaseKey(key), log.key_number or 0)
        if not keys:
            reasons.append(f"{entry}: holds no key of the database")
    raise KeyNotFoundError("; ".join(reasons) or "no event log (td.binlog) beside it")
