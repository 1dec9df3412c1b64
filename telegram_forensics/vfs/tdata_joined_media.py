"""Files of a `media_cache`, joined from their slices.

Nothing is held but where the bytes lie: each read decrypts just what it needs. Missing
ranges read as zero bytes.

    document_<id>.mp4               complete
    document_<id>.end_unknown.mp4   nothing is missing up to where the slices end; how
                                    long the file is is not stored
    document_<id>.partial.mp4       ranges are missing
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import tdesktop_cache as cache
from telegram_forensics.formats import tdesktop_media_slices as media_slices
from telegram_forensics.formats import tdesktop_tdef as tdef
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.file_types import file_type
from telegram_forensics.formats.tdesktop_cache_keys import media_cache_key_meaning
from telegram_forensics.vfs.folder import DfvfsFolder

FOLDER_NAME: Final = "joined"
_HEAD_SIZE: Final = 64
_MAXIMUM_OPEN_SLICES: Final = 4
_COMPARE_SIZE: Final = 1 << 20
# A crafted index could ask for gigabytes of zero bytes with a few stored ones: so many
# for each stored byte, and in any case so many.
_MAXIMUM_HOLES: Final = 512
_FREE_HOLES: Final = 1 << 20


@dataclass(slots=True)
class JoinedTimes:
    """Times of a joined file, in the form of a dfVFS file entry.

    Attributes:
        creation_time: the oldest of its slices was stored, by the index; None where a
            compaction has taken a slice's time.
        modification_time: the newest of its slices was stored, by the index.
        access_time: the newest last use of its slices.
    """

    creation_time: Any = None
    modification_time: Any = None
    access_time: Any = None


@dataclass(slots=True)
class JoinedMedia:
    """A joined file.

    Attributes:
        base: base key of its slices.
        stores: the index record of each slice that has bytes in it.
        layout: where the bytes lie.
        times: see `JoinedTimes`.
        extension: by the first bytes.
    """

    base: cache.CacheKey
    stores: dict[int, cache.Store]
    layout: media_slices.JoinedLayout
    times: JoinedTimes
    _readers: _SliceReaders = field(repr=False)
    extension: str = ""

    @property
    def size(self) -> int:
        """Number of bytes, holes included."""
        return self.layout.size

    @property
    def is_too_sparse(self) -> bool:
        """True if it is not offered as a file: next to nothing but holes."""
        stored = self.layout.stored_size
        return self.size - stored > max(_MAXIMUM_HOLES * stored, _FREE_HOLES)

    @property
    def state(self) -> str:
        """State of the layout, or `too_sparse`."""
        return "too_sparse" if self.is_too_sparse else self.layout.state

    @property
    def label(self) -> str:
        """What it is."""
        return _label(self.base)

    @property
    def name(self) -> str:
        """Name of the file."""
        state = "" if self.layout.state == "complete" else f".{self.layout.state}"
        return f"{self.label}{state}.{self.extension}"

    @property
    def note(self) -> str:
        """State and missing ranges, for a manifest."""
        missing = ", ".join(self.layout.missing)
        if not missing:
            return "complete"
        return f"{self.state.replace('_', ' ')}; missing bytes: {missing}"

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads at an offset, holes as zero bytes.

        Raises:
            FormatError, OSError: if a slice cannot be read.
        """
        return media_slices.read_joined(self.layout, offset, size, self._read_slice)

    def _read_slice(self, number: int, offset: int, size: int) -> bytes:
        return self._readers.get(self.stores[number].path).read_at(offset, size)

    def differences(self) -> Iterator[tuple[int, int]]:
        """Offset and size of bytes that are stored twice and are not the same.

        Raises:
            FormatError, OSError: if a slice cannot be read.
        """
        for dropped, kept in self.layout.overlaps:
            for start in range(0, dropped.size, _COMPARE_SIZE):
                size = min(_COMPARE_SIZE, dropped.size - start)
                first, second = (
                    self._read_slice(
                        piece.slice_number, piece.value_offset + start, size
                    )
                    for piece in (dropped, kept)
                )
                if first != second:
                    yield dropped.start, dropped.size
                    break


class MediaJoiner:
    """Joins the slices of one generation of a `media_cache`.

    Attributes:
        problems: what is wrong with the slices that were looked at so far, in words.
    """

    def __init__(
        self, folder: DfvfsFolder, keys: list[bytes], index: cache.CacheIndex
    ) -> None:
        """Finds out what there is to join; opens no value file.

        Args:
            folder: folder of the generation.
            keys: local keys.
            index: its index.
        """
        self.problems: list[str] = []
        self._index = index
        self._readers = _SliceReaders(folder, keys)
        # A value file belongs to one key: the one that was stored last.
        self._owners = {store.path: store.key for store in index.entries.values()}
        groups = media_slices.group_slices((key.high, key.low) for key in index.entries)
        self._groups = {
            _label(cache.CacheKey(*base)): (cache.CacheKey(*base), sorted(numbers))
            for base, numbers in groups.items()
        }
        self._joined: dict[str, JoinedMedia | None] = {}

    def get(self, name: str) -> JoinedMedia | None:
        """The file of a name, None if there is none."""
        joined = self._get(name.partition(".")[0])
        if joined is None or joined.is_too_sparse or joined.name != name:
            return None
        return joined

    def files(self) -> Iterator[JoinedMedia]:
        """All files that slices give bytes of, those that are too sparse included."""
        for label in sorted(self._groups):
            joined = self._get(label)
            if joined is not None:
                yield joined

    def _get(self, label: str) -> JoinedMedia | None:
        if label not in self._joined:
            group = self._groups.get(label)
            self._joined[label] = self._join(*group) if group else None
        return self._joined[label]

    def _join(self, base: cache.CacheKey, numbers: list[int]) -> JoinedMedia | None:
        layouts: dict[int, media_slices.SliceLayout] = {}
        stores: dict[int, cache.Store] = {}
        label = _label(base)

        def report(number: int, reason: str) -> None:
            key = cache.CacheKey(base.high, base.low + number)
            path = self._index.entries[key].path
            self.problems.append(
                f"value file {path}, slice {number} of {label}: {reason}"
            )

        for number in numbers:
            key = cache.CacheKey(base.high, base.low + number)
            store = self._index.entries[key]
            if self._owners[store.path] != key:
                report(number, f"is that of another key, {self._owners[store.path]}")
                continue
            try:
                reader = self._readers.get(store.path)
                layout = media_slices.read_slice(
                    number, store.size, min(store.size, reader.size), reader.read_at
                )
            except FileNotFoundError:
                # The event of the stored value says that it is missing.
                continue
            except (FormatError, OSError) as exception:
                report(number, str(exception))
                continue
            layouts[number] = layout
            if layout.pieces:
                stores[number] = store
        joined_layout = media_slices.join(layouts, set(numbers) - layouts.keys())
        for number, reason in joined_layout.problems:
            report(number, reason)
        if not stores or not media_slices.is_streamed(layouts):
            return None
        joined = JoinedMedia(
            base,
            stores,
            joined_layout,
            self._times(list(stores.values())),
            self._readers,
        )
        try:
            head = joined.read_at(0, min(_HEAD_SIZE, joined.size))
        except (FormatError, OSError):
            # Reading the file reports it.
            head = b""
        joined.extension = file_type(head)[0]
        return joined

    def _times(self, stores: list[cache.Store]) -> JoinedTimes:
        # After a compaction the store time is lost: `relative` is the last use.
        stored = [
            store.time.system
            for store in stores
            if store.time is not None and not store.is_compacted
        ]
        used = [
            self._index.last_used[store.key]
            for store in stores
            if store.key in self._index.last_used
        ]
        times = JoinedTimes()
        if stored:
            times.modification_time = _posix_time(max(stored))
            if len(stored) == len(stores):
                times.creation_time = _posix_time(min(stored))
        if used:
            times.access_time = _posix_time(max(used))
        return times


class _SliceReaders:
    """Opens value files, and keeps the last few open."""

    def __init__(self, folder: DfvfsFolder, keys: list[bytes]) -> None:
        self._folder = folder
        self._keys = keys
        self._open: OrderedDict[str, tdef.TdefReader] = OrderedDict()
        self._sub_folder = functools.lru_cache(maxsize=256)(folder.folder)

    def get(self, path: str) -> tdef.TdefReader:
        """Reader of a value file.

        Raises:
            FormatError, OSError: if it cannot be opened.
        """
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        name, _, child = path.partition("/")
        folder = self._sub_folder(name)
        entry = folder.file_entries().get(child) if folder else None
        if folder is None or entry is None or not entry.IsFile():
            raise FileNotFoundError(path)
        reader = tdef.TdefReader(folder.open(child), entry.size or 0, self._keys)
        self._open[path] = reader
        if len(self._open) > _MAXIMUM_OPEN_SLICES:
            self._open.popitem(last=False)
        return reader


def _label(base: cache.CacheKey) -> str:
    meaning = media_cache_key_meaning(base)
    return f"{meaning.kind.partition(' ')[0]}_{meaning.identifier}"


def _posix_time(seconds: int) -> Any:
    return dfdatetime_posix_time.PosixTime(timestamp=seconds)
