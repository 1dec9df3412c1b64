"""Hands decrypted databases to plaso, for the parsers of all clients that have some."""

from dfvfs.lib import definitions as dfvfs_definitions
from plaso.containers import event_sources

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.vfs import sqlcipher_mount


def Mount(parser_mediator, file_entry):
    """Mounts an encrypted database.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry of the database.

    Returns:
      Mount: mount, which may be locked, or None if the file cannot be read as such a
          database, which is reported.
    """
    try:
        return sqlcipher_mount.Mount(
            file_entry.path_spec, parser_mediator.resolver_context
        )
    except (FormatError, OSError) as exception:
        parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
        return None


def WarnOfLock(parser_mediator, file_entry, mount, source):
    """Warns of a database that cannot be decrypted.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry of the database.
      mount (Mount): locked mount.
      source (str): beginning of the names of the client's own sources of keys: of those
          of other clients nobody expects one here.
    """
    own = [reason for reason in mount.reasons if reason.startswith(source)]
    reasons = "; ".join(own or mount.reasons)
    parser_mediator.ProduceWarning(
        f"{file_entry.name:s}: cannot be decrypted: {reasons:s}"
    )


def ProduceFiles(parser_mediator, file_entry, mount):
    """Hands the decrypted files to plaso, and reports damaged pages.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry of the database.
      mount (Mount): mount that is not locked.
    """
    for damage in mount.verify():
        parser_mediator.ProduceWarning(
            f"{file_entry.name:s}: {damage.location:s}: offset "
            f"0x{damage.offset:x}: {damage.reason:s}"
        )
    for location in mount.locations:
        parser_mediator.ProduceEventSource(
            event_sources.EventSource(
                file_entry_type=dfvfs_definitions.FILE_ENTRY_TYPE_FILE,
                path_spec=mount.path_spec(location),
            )
        )
