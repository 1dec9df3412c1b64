"""Where a file of Telegram Desktop lies: its tdata folder, and its neighbours."""

from telegram_forensics.formats import tdesktop_names as names
from telegram_forensics.vfs import folder as vfs_folder


def GetLevels(path_spec, slot_name, resolver_context):
    """Determines how far above a file its tdata folder lies.

    Args:
      path_spec (dfvfs.PathSpec): path specification of the file.
      slot_name (SlotName): what the file name stands for.
      resolver_context (dfvfs.Context): resolver context.

    Returns:
      int: 1 if the file lies in tdata itself, 2 if it lies in an account's folder.
    """
    if slot_name.kind in (names.FileKind.KEY, names.FileKind.SETTINGS):
        return 1
    folder = vfs_folder.open_parent_folder(path_spec, resolver_context)
    if folder is not None and names.is_account_folder_name(folder.file_entry.name):
        return 2
    return 1


def HasTdataNeighbours(parser_mediator, file_entry, slot_name):
    """Determines if a file lies where a tdata folder would have it.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry.
      slot_name (SlotName): what the file name stands for.

    Returns:
      bool: True if its neighbours are those of a tdata folder.
    """
    context = parser_mediator.resolver_context
    try:
        levels = GetLevels(file_entry.path_spec, slot_name, context)
        folder = vfs_folder.open_parent_folder(
            file_entry.path_spec, context, levels=levels
        )
        if folder is None:
            return False
        entries = folder.entries()
    except OSError:
        return False

    if folder.file_entry.name.lower() == "tdata":
        return True
    kinds = set()
    for name in entries:
        neighbour = names.parse_name(name)
        if neighbour is not None and name != file_entry.name:
            kinds.add(neighbour.kind)
    has_account = any(
        entry.is_folder and names.is_account_folder_name(name)
        for name, entry in entries.items()
    )
    if slot_name.kind is names.FileKind.KEY:
        return has_account
    return names.FileKind.KEY in kinds and (has_account or levels == 2)
