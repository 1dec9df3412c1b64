"""Key files of the same tdata folder at another time, or of a copy of it.

Specification: formats/telegram_desktop.md sections 2 and 7. The client makes its local
key once; setting or changing the passcode wraps the same key again. So a key file of
before the passcode, in a shadow copy or in a copy of the folder, opens the files of
today. That the two belong together is proven, not assumed: the account list in the
locked key file must decrypt with the key, and its checksum must fit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from telegram_forensics.formats import tdesktop_key_file as key_file
from telegram_forensics.formats.errors import FormatError

if TYPE_CHECKING:
    from telegram_forensics.formats.tdesktop_passcodes import Passcodes
    from telegram_forensics.formats.tdesktop_slots import KeySlot


@dataclasses.dataclass(frozen=True, slots=True)
class OtherKeyFile:
    """A key file that lies elsewhere.

    Attributes:
        source: where, in words for the examiner.
        data: content of the file.
    """

    source: str
    data: bytes = dataclasses.field(repr=False)


def borrow_key(
    slots: list[KeySlot],
    others: Iterable[OtherKeyFile],
    passcodes: Passcodes,
    progress: Callable[[], None] | None = None,
) -> None:
    """Opens locked key files with the key of another file of the same storage.

    Args:
        slots: key files of one data set, none of which a candidate opens; those that
            a key opens get it.
        others: key files elsewhere, the most likely first.
        passcodes: candidates for the others.
        progress: called before every trial of a candidate.
    """
    for other in others:
        try:
            other_file = key_file.read_key_file(other.data)
        except FormatError:
            # It reports its own damage where it lies.
            continue
        found = other_file.open(passcodes, progress=progress)
        if found is None:
            continue
        key = dataclasses.replace(found, source=other.source)
        for slot in slots:
            if slot.local_key is None and _belongs(slot, key):
                slot.local_key = key
        if all(slot.local_key is not None for slot in slots):
            return


def _belongs(slot: KeySlot, key: key_file.LocalKey) -> bool:
    if slot.key_file is None:
        return False
    try:
        slot.key_file.content(key)
    except FormatError:
        return False
    return True
