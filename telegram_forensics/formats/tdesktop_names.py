"""File and folder names inside a Telegram Desktop `tdata` folder.

Specification: formats/telegram_desktop.md section 1.4. A *logical name* (`key_data`,
`settings`, `maps` without its suffix ...) is stored as one of several *slots*: suffix
`s` since 1.9.17, the alternating `0` and `1` before, and `NAME.XXXXXX` while it is
being written.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from typing import Final

DEFAULT_DATA_NAME: Final = "data"
# The client allows 3, since 3.7.6 up to 6 accounts (indexes 0..5); forks more.
MAXIMUM_ACCOUNT_INDEX: Final = 31

_ACCOUNT_HASH = re.compile(r"[0-9A-F]{16}")
_SLOT = re.compile(
    r"(?P<logical>key_[a-z0-9_-]+?|settings(?:_test)?|map|config|[0-9A-F]{16})"
    r"(?P<suffix>s|0|1|s?\.[A-Za-z0-9]{6})",
    re.DOTALL,
)


class FileKind(enum.Enum):
    """What a file name stands for."""

    KEY = "key file"
    SETTINGS = "settings"
    MAP = "map"
    CONFIG = "MTP configuration"
    HASHED = "account or data file"


_KINDS = {"map": FileKind.MAP, "config": FileKind.CONFIG}


@dataclass(frozen=True, slots=True)
class SlotName:
    """A file name, taken apart.

    Attributes:
        name: as it stands in the folder.
        logical: name without suffix, e.g. `key_data`, `D877F783D5D3EF8C`.
        suffix: `s`, `0`, `1`, or `.XXXXXX` of a temporary file.
        kind: what it holds.
    """

    name: str
    logical: str
    suffix: str
    kind: FileKind

    @property
    def data_name(self) -> str | None:
        """Data name of a key file (`data` unless started with -key)."""
        return self.logical[4:] if self.kind is FileKind.KEY else None

    @property
    def is_temporary(self) -> bool:
        """True for the temporary file of an interrupted write."""
        return self.suffix.startswith(".")


def parse_name(name: str) -> SlotName | None:
    """Takes a file name apart; None if it is not one of tdata's TDF$ files."""
    match = _SLOT.fullmatch(name)
    if not match:
        return None
    logical = match["logical"]
    suffix = match["suffix"]
    if suffix.startswith("s."):
        suffix = suffix[1:]
    kind = _KINDS.get(logical)
    if kind is None:
        if logical.startswith("key_"):
            kind = FileKind.KEY
        elif logical.startswith("settings"):
            kind = FileKind.SETTINGS
        else:
            kind = FileKind.HASHED
    return SlotName(name, logical, suffix, kind)


def is_account_folder_name(name: str) -> bool:
    """True if a folder of this name can hold an account's files."""
    return _ACCOUNT_HASH.fullmatch(name) is not None


def account_data_name(data_name: str, index: int) -> str:
    """Data name of the account with this index."""
    return data_name if index == 0 else f"{data_name}#{index + 1}"


def account_hash(data_name: str) -> str:
    """Folder name of an account: first 8 bytes of the MD5, nibbles swapped."""
    value = hashlib.md5(data_name.encode("utf-8"), usedforsecurity=False).digest()[:8]
    return _nibbles_swapped(value)


def account_hashes(data_name: str) -> dict[str, int]:
    """Account folder name -> account index, for all indexes a client may use.

    The test server's folder of the single-account versions (up to 2.1.13) counts as
    index 0.
    """
    hashes = {
        account_hash(account_data_name(data_name, index)): index
        for index in range(MAXIMUM_ACCOUNT_INDEX + 1)
    }
    hashes[account_hash(f"{data_name}:/test/")] = 0
    return hashes


def file_key_name(file_key: int) -> str:
    """File name (without suffix) of a FileKey, least significant nibble first."""
    return f"{file_key:016X}"[::-1]


def _nibbles_swapped(value: bytes) -> str:
    return "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in value)
