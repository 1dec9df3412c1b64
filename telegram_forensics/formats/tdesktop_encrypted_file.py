"""Files whose single payload record is encrypted with the local key or settings key.

Specification: formats/telegram_desktop.md sections 2.1, 2.2 and 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from telegram_forensics.formats import tdesktop_crypto as crypto
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError

# Index of the encrypted record, and its offset in an undamaged file.
PLAIN_FILE = (0, tdf.HEADER_SIZE + 4)
MODERN_MAP = (2, tdf.HEADER_SIZE + 12)


@dataclass(slots=True)
class DecryptedFile:
    """An encrypted file that a key opened.

    Attributes:
        version: AppVersion of the program that wrote the file.
        data: decrypted data; kept out of `repr`, since it may hold keys.
        key_number: which of the given keys opened it.
        is_damaged: the container is not the one that was written. The data itself is
            proven by its own SHA-1, unless `is_partial`.
        is_partial: the file is cut off; nothing vouches for `data`.
        problems: (file offset, reason).
    """

    version: int
    data: bytes = field(repr=False)
    key_number: int
    is_damaged: bool
    is_partial: bool
    problems: list[tuple[int, str]]

    @property
    def version_text(self) -> str | None:
        """Version of the program that wrote the file, e.g. 4.6.5."""
        return tdf.version_text(self.version)


def decrypt_file(
    data: bytes, keys: Sequence[bytes], place: tuple[int, int] = PLAIN_FILE
) -> DecryptedFile:
    """Decrypts a file.

    Args:
        data: the whole file.
        keys: keys to try, in this order.
        place: where the encrypted record stands: PLAIN_FILE or MODERN_MAP.

    Raises:
        FormatError: if no key opens it; the reason says whether the file is damaged.
    """
    container = tdf.read_container(data)
    offset = place[1]
    for blob, start in _candidates(data, container, place):
        offset = start
        for number, key in enumerate(keys):
            try:
                plain = crypto.decrypt_local(blob, key)
            except crypto.DecryptionError:
                continue
            return DecryptedFile(
                container.version,
                plain,
                number,
                not container.md5_valid,
                False,
                list(container.problems),
            )
    offset = min(offset, len(data))
    if not keys:
        raise FormatError(offset, "no key to decrypt it with")
    if container.md5_valid:
        raise FormatError(offset, "none of the keys of this folder decrypts it")
    raise FormatError(
        offset, f"damaged, cannot be decrypted: {_in_words(container.problems)}"
    )


def decrypt_cut_off_file(data: bytes, key: bytes) -> DecryptedFile | None:
    """Decrypts the beginning of a file whose end is missing.

    Returns:
        A partial file (data begins behind the length field), None if the file is not
        cut off or too short.
    """
    container = tdf.read_container(data)
    record = container.records[0] if container.records else None
    if record is None or not record.is_truncated:
        return None
    plain = crypto.decrypt_prefix(record.data or b"", key)
    expected = record.announced_size - 16
    length = int.from_bytes(plain[:4], "little")
    # The only thing that can be checked: the length field fits the announced size.
    if len(plain) < 16 or not expected - 16 < length <= expected:
        return None
    return DecryptedFile(
        container.version, plain[4:], 0, True, True, list(container.problems)
    )


def _candidates(
    data: bytes, container: tdf.TdfContainer, place: tuple[int, int]
) -> Iterator[tuple[bytes, int]]:
    """The encrypted record by its length; in a damaged file also by its offset."""
    index, usual_offset = place
    if index < len(container.records):
        record = container.records[index]
        if record.data:
            yield record.data, record.offset
    if not container.md5_valid:
        blob = data[usual_offset : len(data) - tdf.DIGEST_SIZE]
        yield blob, usual_offset


def _in_words(problems: list[tuple[int, str]]) -> str:
    return "; ".join(f"{reason} (offset 0x{offset:x})" for offset, reason in problems)
