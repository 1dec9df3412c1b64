"""Resolver helpers of the AFF4 and AFF4L back-ends."""

from typing import Any

from dfvfs.resolver_helpers import resolver_helper

from telegram_forensics.vfs import type_indicators


class AFF4ResolverHelper(resolver_helper.ResolverHelper):
    """AFF4 resolver helper.

    The back-end is imported when an image is opened: this module is loaded by every
    process that uses dfVFS.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4

    def NewFileObject(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileIO: file input/output (IO) object.
        """
        from telegram_forensics.vfs import aff4_file_io

        return aff4_file_io.AFF4File(resolver_context, path_spec)

    def NewFileSystem(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file system object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileSystem: file system.
        """
        from telegram_forensics.vfs import aff4_file_system

        return aff4_file_system.AFF4FileSystem(resolver_context, path_spec)


class AFF4LResolverHelper(resolver_helper.ResolverHelper):
    """AFF4L resolver helper."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4L

    def NewFileObject(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileIO: file input/output (IO) object.
        """
        from telegram_forensics.vfs import aff4l_file_io

        return aff4l_file_io.AFF4LFile(resolver_context, path_spec)

    def NewFileSystem(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file system object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileSystem: file system.
        """
        from telegram_forensics.vfs import aff4l_file_system

        return aff4l_file_system.AFF4LFileSystem(resolver_context, path_spec)
