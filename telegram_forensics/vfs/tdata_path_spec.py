"""Path specification of a file in a decrypted Telegram Desktop storage."""

from dfvfs.path import location_path_spec

from telegram_forensics.vfs import type_indicators


class TDATAPathSpec(location_path_spec.LocationPathSpec):
    """TDATA path specification.

    The parent is the key file (`key_datas`, or the `map0` of a version before 2.1.14)
    on which the storage is mounted.

    Attributes:
      identifier (int): number of the passcode candidate that opens the key file, 0 for
          the empty passcode, None if not known. It spares other processes the trials;
          the passcode itself is never part of a path specification.
      location (str): location, such as "/accounts/0/map".
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_TDATA

    def __init__(self, identifier=None, location=None, parent=None, **kwargs):
        """Initializes a path specification.

        Args:
          identifier (Optional[int]): number of the passcode candidate.
          location (Optional[str]): location.
          parent (Optional[PathSpec]): path specification of the key file.

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
