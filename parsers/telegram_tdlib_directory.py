"""The files of a TDLib directory in the evidence, and what they tell of each other."""

import io


from telegram_forensics.formats import tdlib_binlog
from telegram_forensics.formats import tdlib_paths
from telegram_forensics.formats import tdlib_state
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import sqlcipher_reader
from telegram_forensics.parsers import telegram_passcodes
from telegram_forensics.vfs import folder as vfs_folder


def ReadState(parser_mediator, path_spec):
    """Reads the event log beside a database.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      path_spec (dfvfs.PathSpec): path specification of the database.

    Returns:
      TdlibState: what the log tells or None if there is none that can be read.
    """
    try:
        folder = vfs_folder.open_parent_folder(
            path_spec, parser_mediator.resolver_context
        )
        entries = folder.file_entries() if folder is not None else {}
    except OSError:
        return None
    name = path_spec.location.replace("\\", "/").rpartition("/")[2]
    passcodes = telegram_passcodes.GetPasscodes(parser_mediator)
    keys = passcodes.values if passcodes else (b"",)
    by_name = {entry.lower(): entry for entry in entries}
    for log_name in tdlib_paths.binlog_names(name):
        entry = by_name.get(log_name)
        if entry is None:
            continue
        try:
            data = folder.read(entry, tdlib_binlog.MAXIMUM_FILE)
            log = tdlib_binlog.read_binlog(io.BytesIO(data), keys, entry)
        except (FormatError, OSError):
            # Its own parser reports what is wrong with it.
            continue
        if not log.is_locked:
            return tdlib_state.read_state(log, entry)
    return None


def GetPath(path_spec):
    """Retrieves the location of a file in the file system that holds it.

    Args:
      path_spec (dfvfs.PathSpec): path specification.

    Returns:
      str: location or an empty string.
    """
    return getattr(path_spec, "location", None) or ""


def GetNeighbours(parser_mediator, file_entry):
    """Lists the folder of a file; what prevents it is reported.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry.

    Returns:
      dict[str, dfvfs.FileEntry]: file entries by name.
    """
    try:
        folder = vfs_folder.open_parent_folder(
            file_entry.path_spec, parser_mediator.resolver_context
        )
        return folder.file_entries() if folder is not None else {}
    except OSError as exception:
        parser_mediator.ProduceWarning(f"folder cannot be listed: {exception!s}")
        return {}


def MountDatabase(parser_mediator, database):
    """Hands a decrypted database to plaso, like any other file.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      database (dfvfs.FileEntry): file entry of the database.

    Returns:
      bool: False if it cannot be decrypted, which is reported.
    """
    mount = sqlcipher_reader.Mount(parser_mediator, database)
    if mount is None:
        return False
    if mount.is_locked:
        sqlcipher_reader.WarnOfLock(parser_mediator, database, mount, "tdlib")
        return False
    sqlcipher_reader.ProduceFiles(parser_mediator, database, mount)
    return True
