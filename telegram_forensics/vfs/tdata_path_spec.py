"""Path specification of a file in a decrypted Telegram Desktop storage."""

from telegram_forensics.vfs import mounted_path_spec
from telegram_forensics.vfs import type_indicators


class TDATAPathSpec(mounted_path_spec.MountedPathSpec):
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
