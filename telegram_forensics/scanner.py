"""How dfVFS's and plaso's volume scanners take AFF4: several images, unreadable ones.

Called by `telegram_forensics.plugin` with the classes that are to be changed.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from typing import Any


def scan_aff4_images(scanner_class: type) -> None:
    """Adds AFF4 to the types that `_ScanVolumeSystemRoot` knows by name.

    All images are scanned unless --volumes names some; the scanner's own way to ask
    gives up in unattended mode.
    """
    from telegram_forensics.vfs import type_indicators

    name = "_ScanVolumeSystemRoot"
    original = getattr(scanner_class, name)

    @functools.wraps(original)
    def wrapper(
        self: Any, scan_context: Any, scan_node: Any, options: Any, base_path_specs: Any
    ) -> Any:
        if (
            scan_node is None
            or scan_node.type_indicator != type_indicators.TYPE_INDICATOR_AFF4
        ):
            return original(self, scan_context, scan_node, options, base_path_specs)
        numbers = getattr(options, "volumes", None) or ["all"]
        wanted = {str(number).removeprefix("apfs") for number in numbers}
        for sub_node in scan_node.sub_nodes:
            number = sub_node.path_spec.location.removeprefix("/image")
            if "all" in wanted or number in wanted:
                self._ScanVolume(scan_context, sub_node, options, base_path_specs)
        return None

    setattr(scanner_class, name, wrapper)


def explain_unreadable_aff4(scanner_class: type) -> None:
    """An AFF4 image that cannot be read (a missing stripe) must end with the reason.

    The scanner lets most errors of libtsk and of file systems through, and the tools
    then end with a traceback.
    """
    from dfvfs.lib import errors

    def guard(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(original)
        def wrapper(self: Any, source_path_spec: Any) -> Any:
            try:
                return original(self, source_path_spec)
            except (OSError, RuntimeError) as exception:
                if not _lies_in_aff4(source_path_spec):
                    raise
                reason = str(exception).partition("\n")[0]
                # libtsk passes on what the reader raised as its repr.
                match = re.fullmatch(r"\w+\((['\"])(.*)\1\)", reason)
                raise errors.BackEndError(
                    f"Unable to read AFF4 image: {match[2] if match else reason}"
                ) from exception

        return wrapper

    for name in ("ScanForVolumeSystem", "ScanForFileSystem"):
        setattr(scanner_class, name, guard(getattr(scanner_class, name)))


def _lies_in_aff4(path_spec: Any) -> bool:
    """True if a path specification leads through an AFF4 image."""
    from telegram_forensics.vfs import type_indicators

    while path_spec is not None:
        if path_spec.type_indicator == type_indicators.TYPE_INDICATOR_AFF4:
            return True
        path_spec = path_spec.parent
    return False


def skip_unreadable_aff4_images(scanner_class: type) -> None:
    """One unreadable image of several must not hide the others.

    The scanner gives up at the first one; here it is logged and the next is scanned.
    """
    from dfvfs.lib import errors
    from dfvfs.resolver import resolver

    from telegram_forensics.vfs import type_indicators

    name = "_ScanVolumeSystemRootNode"
    original = getattr(scanner_class, name)

    @functools.wraps(original)
    def wrapper(
        self: Any, scan_context: Any, scan_node: Any, auto_recurse: bool = True
    ) -> Any:
        if scan_node.type_indicator != type_indicators.TYPE_INDICATOR_AFF4:
            return original(self, scan_context, scan_node, auto_recurse=auto_recurse)
        file_entry = resolver.Resolver.OpenFileEntry(
            scan_node.path_spec, resolver_context=self._resolver_context
        )
        for sub_file_entry in file_entry.sub_file_entries:
            sub_node = scan_context.AddScanNode(sub_file_entry.path_spec, scan_node)
            try:
                self._ScanNode(scan_context, sub_node, auto_recurse=auto_recurse)
            except (OSError, errors.BackEndError) as exception:
                sub_node.scanned = True
                logging.getLogger("telegram_forensics").warning(
                    "AFF4 %s is skipped: %s", sub_node.path_spec.location, exception
                )
        return None

    setattr(scanner_class, name, wrapper)
