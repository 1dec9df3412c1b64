"""Reads the same image with pyaff4, the second, independent implementation.

pyaff4 cannot be installed beside plaso by its own pins; README.md has the command that
adds it. What pyaff4 is known to read wrongly is listed in formats/aff4.md section 11:
where the two differ, that list comes first.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.volume_set import VolumeSet

_STEP: Final = 1 << 20
HOW_TO_INSTALL: Final = (
    "pyaff4 is not installed. Add it to this environment with:\n"
    "  pip install 'telegram_forensics[pyaff4]'\n"
    "  pip install --no-deps pyaff4==0.34"
)


class NotInstalledError(RuntimeError):
    """pyaff4 is not there; the text says how to add it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the two readers got.

    Attributes:
        urn: image.
        size, other_size: bytes, ours and pyaff4's.
        sha1, other_sha1: SHA-1 of all of them.
        note: why pyaff4 could not read it, "" if it could.
    """

    urn: str
    size: int
    sha1: str
    other_size: int | None
    other_sha1: str | None
    note: str

    @property
    def agrees(self) -> bool:
        """True if both read the same bytes."""
        return self.sha1 == self.other_sha1 and self.size == self.other_size


def is_installed() -> bool:
    """True if pyaff4 can be imported."""
    return importlib.util.find_spec("pyaff4") is not None


def compare_image(
    volumes: VolumeSet, path: str, urn: str, progress: Callable[[int], None]
) -> Comparison:
    """Reads an image with both readers.

    Raises:
        NotInstalledError: if pyaff4 is missing.
        Aff4Error: if our reader cannot read the image.
    """
    if not is_installed():
        raise NotInstalledError(HOW_TO_INSTALL)
    image = volumes.open_image(urn)
    context = hashlib.sha1(usedforsecurity=False)
    for offset in range(0, image.size, _STEP):
        data = image.stream.read_at(offset, min(_STEP, image.size - offset))
        context.update(data)
        progress(len(data))
    sha1 = context.hexdigest()
    try:
        other_size, other_sha1 = _read_with_pyaff4(path, progress)
    # Whatever a foreign library raises on a volume is a result, not our failure.
    except Exception as exception:  # noqa: BLE001
        note = f"pyaff4: {type(exception).__name__}: {exception}"
        return Comparison(urn, image.size, sha1, None, None, note)
    return Comparison(urn, image.size, sha1, other_size, other_sha1, "")


def _read_with_pyaff4(path: str, progress: Callable[[int], None]) -> tuple[int, str]:
    from pyaff4 import container, rdfvalue

    volume: Any = container.Container.openURNtoContainer(
        rdfvalue.URN.FromFileName(path)
    )
    if volume is None:
        raise Aff4Error(path, None, "pyaff4 does not know this dialect")
    stream = volume.image.dataStream
    size = int(stream.Size())
    context = hashlib.sha1(usedforsecurity=False)
    position = 0
    while position < size:
        stream.SeekRead(position)
        data = stream.Read(min(_STEP, size - position))
        if not data:
            raise Aff4Error(path, position, "pyaff4 stops here")
        context.update(data)
        position += len(data)
        progress(len(data))
    return size, context.hexdigest()
