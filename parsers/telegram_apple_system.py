"""The version of iOS or macOS on a volume, to compare with what a session announced.

A difference hints at data that was copied from another device. It can also come from an
update of the system since the client ran last.
"""

import plistlib
from xml.parsers import expat

from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory as dfvfs_factory
from dfvfs.resolver import resolver

from telegram_forensics.formats import postbox_keychain
from telegram_forensics.vfs import type_indicators

_LOCATION = "/System/Library/CoreServices/SystemVersion.plist"
_MAXIMUM_FILE = 64 * 1024
_MOBILE = ("iphone", "ipad", "ipod")


def ReadSystemVersion(path_spec, resolver_context):
    """Reads the version of the system on the volume that a file lies on.

    Args:
      path_spec (dfvfs.PathSpec): path specification of the file.
      resolver_context (dfvfs.Context): resolver context.

    Returns:
      str: version or None if it is not known. Folders of the examiner's own computer
          have none: the file there would be that of the computer.
    """
    if path_spec.type_indicator == type_indicators.TYPE_INDICATOR_SQLCIPHER:
        path_spec = path_spec.parent
    if path_spec.type_indicator == dfvfs_definitions.TYPE_INDICATOR_OS:
        return None
    try:
        other = dfvfs_factory.Factory.NewPathSpec(
            path_spec.type_indicator, location=_LOCATION, parent=path_spec.parent
        )
        file_entry = resolver.Resolver.OpenFileEntry(
            other, resolver_context=resolver_context
        )
        file_object = file_entry.GetFileObject() if file_entry else None
        if file_object is None or file_entry.size > _MAXIMUM_FILE:
            return None
        values = plistlib.loads(file_object.read(_MAXIMUM_FILE))
        version = values.get("ProductVersion")
    except (
        AttributeError,
        KeyError,
        OSError,
        TypeError,
        ValueError,
        dfvfs_errors.Error,
        plistlib.InvalidFileException,
        expat.ExpatError,
        RecursionError,
    ):
        return None
    return version if isinstance(version, str) else None


def FindDifferences(announced, platform, system_version):
    """Finds what a session announced and what does not fit the device.

    Args:
      announced (ApiInitialization): what the client announced.
      platform (str): "iOS" or "macOS" by the path or None.
      system_version (str): version of the system on the volume or None.

    Returns:
      list[str]: differences in words.
    """
    found = postbox_keychain.differences(announced, None, system_version)
    model = (announced.device_model or "").casefold()
    is_mobile = model.startswith(_MOBILE)
    if model and platform == "macOS" and is_mobile:
        found.append(
            f"{announced.device_model!r} was announced, this is a Mac's folder"
        )
    if model.startswith("mac") and platform == "iOS":
        found.append(
            f"{announced.device_model!r} was announced, this is a telephone's folder"
        )
    return found
