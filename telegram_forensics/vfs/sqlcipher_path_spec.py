"""Path specification of a file of a decrypted SQLCipher database."""

from dfvfs.path import location_path_spec

from telegram_forensics.vfs import type_indicators


class SQLCIPHERPathSpec(location_path_spec.LocationPathSpec):
    """SQLCIPHER path specification.

    The parent is the encrypted database, or its write-ahead log if only that is left.

    Attributes:
      identifier (str): where the key comes from: name of the key source, ":" and number
          of the candidate, such as "tempkey:0"; None if not known. The key itself is
          never part of a path specification.
      location (str): location: "/", "/db_sqlite" or "/db_sqlite-wal".
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_SQLCIPHER

    def __init__(self, identifier=None, location=None, parent=None, **kwargs):
        """Initializes a path specification.

        Args:
          identifier (Optional[str]): where the key comes from.
          location (Optional[str]): location.
          parent (Optional[PathSpec]): path specification of the encrypted database.

        Raises:
          ValueError: when parent is not set.
        """
        if not parent:
            raise ValueError("Missing parent value.")

        super().__init__(location=location, parent=parent, **kwargs)
        # Path specification properties are stored only if the attribute exists.
        if identifier is not None:
            self.identifier = identifier

    @property
    def comparable(self):
        """str: comparable representation of the path specification."""
        parts = [f"location: {self.location:s}"]
        identifier = getattr(self, "identifier", None)
        if identifier is not None:
            parts.append(f"identifier: {identifier!s}")

        return self._GetComparable(sub_comparable_string=", ".join(parts))
