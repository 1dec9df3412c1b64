"""Resolver helper of the SQLCIPHER back-end."""

from typing import Any

from dfvfs.resolver_helpers import resolver_helper

from telegram_forensics.vfs import type_indicators


class SQLCIPHERResolverHelper(resolver_helper.ResolverHelper):
    """SQLCIPHER resolver helper.

    The file system is imported when one is opened: this module is loaded by every
    process that uses dfVFS.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER

    def NewFileObject(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileIO: file input/output (IO) object.
        """
        from telegram_forensics.vfs import sqlcipher_file_io

        return sqlcipher_file_io.SQLCIPHERFile(resolver_context, path_spec)

    def NewFileSystem(self, resolver_context: Any, path_spec: Any) -> Any:
        """Creates a new file system object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.

        Returns:
          FileSystem: file system.
        """
        from telegram_forensics.vfs import sqlcipher_file_system

        return sqlcipher_file_system.SQLCIPHERFileSystem(resolver_context, path_spec)
