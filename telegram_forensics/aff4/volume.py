"""One AFF4 volume: a ZIP file with metadata.

Specification: formats/aff4.md sections 1.2 to 1.4.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error, NotAff4Error
from telegram_forensics.aff4.member_names import candidates
from telegram_forensics.aff4.source import BaseSource, ByteSource, SliceSource
from telegram_forensics.aff4.turtle import Statement, TurtleParser
from telegram_forensics.aff4.zip_directory import (
    LOCAL_SIGNATURE,
    METHOD_DEFLATED,
    METHOD_STORED,
    Member,
    ZipDirectory,
)

TURTLE_MEMBER: Final = "information.turtle"
MAXIMUM_TURTLE_SIZE: Final = 1 << 30
_MAXIMUM_SMALL_MEMBER: Final = 64 * 1024
_KNOWN_MAJOR_VERSIONS: Final = (0, 1, 2)


class Volume:
    """An AFF4 volume.

    Attributes:
        source: the file.
        directory: its members.
        urn: URN of the volume.
        version: lines of version.txt; empty before the standard.
        problems: what was worked around, in words.
    """

    def __init__(self, source: ByteSource) -> None:
        """Opens a volume; of the metadata nothing is read yet.

        Raises:
            NotAff4Error: if the file is no AFF4 volume.
            Aff4Error: if it is a damaged one.
        """
        self.source = source
        self.directory = ZipDirectory(source)
        self.problems: dict[str, None] = {}
        if TURTLE_MEMBER not in self.directory:
            raise NotAff4Error(source.name, None, f"ZIP file without {TURTLE_MEMBER}")
        self.urn = self._read_urn()
        self.version = self._read_version()
        for offset, reason in self.directory.problems:
            self.problems[f"{source.name}, offset {offset}: {reason}"] = None

    @property
    def tool(self) -> str:
        """Program that wrote the volume, "" if unknown."""
        return self.version.get("tool", "")

    def _read_urn(self) -> str:
        comment = self.directory.comment.decode("ascii", "replace").strip()
        description = ""
        if "container.description" in self.directory:
            try:
                description = self._small("container.description").strip("\0\r\n ")
            except Aff4Error as exception:
                if not comment.startswith("aff4:"):
                    raise
                self.problems[str(exception)] = None
        if description.startswith("aff4:") and comment.startswith("aff4:"):
            if description != comment:
                self.problems[
                    f"container.description ({description}) and comment ({comment}) "
                    f"differ"
                ] = None
            return description
        for urn in (description, comment):
            if urn.startswith("aff4:"):
                return urn
        raise NotAff4Error(self.source.name, None, "ZIP file without an AFF4 URN")

    def _read_version(self) -> dict[str, str]:
        if "version.txt" not in self.directory:
            return {}
        try:
            text = self._small("version.txt")
        except Aff4Error as exception:
            self.problems[str(exception)] = None
            return {}
        version = {}
        for line in text.replace("\r", "\n").split("\n"):
            name, equals, value = line.partition("=")
            if equals:
                version[name.strip()] = value.strip()
        try:
            major = int(version.get("major", "1"))
        except ValueError:
            major = 1
        if major not in _KNOWN_MAJOR_VERSIONS:
            raise Aff4Error(self.source.name, None, f"unsupported AFF4 version {major}")
        return version

    def _small(self, name: str) -> str:
        return self.directory.read(name, _MAXIMUM_SMALL_MEMBER).decode(
            "utf-8", "replace"
        )

    def statements(self) -> Iterator[Statement]:
        """The metadata.

        Raises:
            Aff4Error: on damage, or if the text names no AFF4 name space.
        """
        parser = TurtleParser(f"{self.source.name}: {TURTLE_MEMBER}")
        pieces = self.directory.chunks(TURTLE_MEMBER, MAXIMUM_TURTLE_SIZE)
        yield from parser.parse(pieces)

    def find(self, urn: str, suffix: str = "") -> Member | None:
        """The member of a URN, None if there is none.

        Raises:
            Aff4Error: if its directory entry is damaged.
        """
        for name in candidates(urn, self.urn, suffix):
            if name in self.directory:
                return self.directory.member(name)
        return None

    def open_member(self, member: Member) -> ByteSource:
        """Opens a member for random access.

        Raises:
            Aff4Error: if it is damaged.
        """
        name = f"{self.source.name}: {member.name}"
        offset = self.directory.data_offset(member)
        stored = SliceSource(self.source, offset, member.stored_size, name)
        if member.method == METHOD_STORED:
            return stored
        if member.method == METHOD_DEFLATED:
            return DeflatedSource(stored, member.size, name)
        raise Aff4Error(name, None, f"ZIP method {member.method} is unknown")


class DeflatedSource(BaseSource):
    """Random access to a deflated member.

    c-aff4 puts whole images into one. The state of the inflater is kept every few
    megabytes, so that a read costs at most one such step.
    """

    _STEP: Final = 4 * 1024 * 1024
    _INPUT: Final = 256 * 1024
    _MAXIMUM_STATES: Final = 1024

    def __init__(self, stored: ByteSource, size: int, name: str) -> None:
        super().__init__(size, name)
        self._stored = stored
        # (plain offset, stored offset of the next input, inflater) in order.
        self._states: list[tuple[int, int, zlib._Decompress]] = [
            (0, 0, zlib.decompressobj(-15))
        ]
        self._spacing = max(self._STEP, size // self._MAXIMUM_STATES)
        self._block: tuple[int, bytes] = (0, b"")

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource`."""
        self._check(offset, size)
        parts = []
        while size:
            start, block = self._block
            if not start <= offset < start + len(block):
                self._load(offset)
                start, block = self._block
            part = block[offset - start : offset - start + size]
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)

    def _load(self, offset: int) -> None:
        """Makes the block that holds an offset the current one."""
        number = len(self._states) - 1
        while self._states[number][0] > offset:
            number -= 1
        plain, position, state = self._states[number]
        inflater = state.copy()
        pending = b""
        while True:
            pieces = []
            length = 0
            start = plain
            while (
                length < self._STEP and start + length < self._size and not inflater.eof
            ):
                if not pending:
                    # May be nothing: output can wait in the inflater.
                    step = min(self._INPUT, self._stored.size - position)
                    pending = self._stored.read_at(position, step)
                    position += step
                try:
                    piece = inflater.decompress(pending, self._STEP - length)
                except zlib.error as exception:
                    raise Aff4Error(
                        self._name, start + length, f"damaged: {exception}"
                    ) from exception
                pending = inflater.unconsumed_tail
                pieces.append(piece)
                length += len(piece)
                if not piece and not pending and position == self._stored.size:
                    break
            if not length:
                raise Aff4Error(
                    self._name, start, f"deflated data ends here, not at {self._size}"
                )
            plain = start + length
            if plain > self._size:
                raise self._wrong_end()
            if plain == self._size:
                self._check_end(inflater.copy(), pending, position)
            if plain >= self._states[-1][0] + self._spacing:
                self._states.append((plain, position - len(pending), inflater.copy()))
            if offset < plain:
                self._block = (start, b"".join(pieces))
                return

    def _check_end(
        self, inflater: zlib._Decompress, pending: bytes, position: int
    ) -> None:
        """Damage that still inflates shows: the stream does not end at its size."""
        try:
            while not inflater.eof:
                if not pending:
                    step = min(self._INPUT, self._stored.size - position)
                    if not step:
                        break
                    pending = self._stored.read_at(position, step)
                    position += step
                if inflater.decompress(pending, 1):
                    break
                pending = inflater.unconsumed_tail
        except zlib.error as exception:
            raise Aff4Error(
                self._name, self._size, f"damaged: {exception}"
            ) from exception
        if not inflater.eof:
            raise self._wrong_end()

    def _wrong_end(self) -> Aff4Error:
        return Aff4Error(
            self._name,
            self._size,
            f"damaged: deflated data does not end after {self._size} bytes",
        )


def looks_like_aff4(source: ByteSource) -> bool:
    """Tells an AFF4 volume from other ZIP files (section 1.3), cheaply.

    A damaged AFF4 volume counts as one: opening it says what is wrong.
    """
    try:
        if source.size < 4 or source.read_at(0, 4) != LOCAL_SIGNATURE:
            return False
        volume = Volume(source)
        for piece in volume.directory.chunks(TURTLE_MEMBER, MAXIMUM_TURTLE_SIZE):
            text = piece.decode("utf-8", "replace")
            return any(name_space in text for name_space in lexicon.NAME_SPACES)
    except NotAff4Error:
        return False
    except Aff4Error:
        return _has_description(source)
    return False


# version.txt alone would fit other ZIP files, too.
_FIRST_MEMBERS: Final = (
    b"container.description",
    b"information.turtle",
    b"aff4://",
    b"aff4%3A%2F%2F",
)


def _has_description(source: ByteSource) -> bool:
    """True if the first member is one that nothing but AFF4 begins with."""
    try:
        size = int.from_bytes(source.read_at(26, 2), "little")
        name = source.read_at(30, min(size, 64))
    except Aff4Error:
        return False
    return name.startswith(_FIRST_MEMBERS)
