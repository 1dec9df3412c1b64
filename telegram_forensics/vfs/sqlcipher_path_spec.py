"""Path specification of a file of a decrypted SQLCipher database."""

from telegram_forensics.vfs import mounted_path_spec
from telegram_forensics.vfs import type_indicators


class SQLCIPHERPathSpec(mounted_path_spec.MountedPathSpec):
    """SQLCIPHER path specification.

    The parent is the encrypted database, or its write-ahead log if only that is left.

    Attributes:
      identifier (str): where the key comes from: name of the key source, ":" and number
          of the candidate, such as "tempkey:0"; None if not known. The key itself is
          never part of a path specification.
      location (str): location: "/", "/db_sqlite" or "/db_sqlite-wal".
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER
