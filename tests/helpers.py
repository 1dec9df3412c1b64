"""What several test modules share: samples, folders in memory, damage."""

from __future__ import annotations

import dataclasses
import json
import random
import struct
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.errors import FormatError, Issue
from telegram_forensics.formats.tdesktop_folder import MAXIMUM_FILE_SIZE, FolderEntry
from telegram_forensics.formats.tdesktop_passcodes import make_passcodes
from telegram_forensics.formats.tdesktop_slots import KeySlot
from telegram_forensics.formats.tdesktop_storage import Account, TdataStorage
from tests.builders import tdata

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
TDATA_SAMPLES = SHARED / "samples" / "tdata"
NO_SAMPLES = "the samples (../shared/samples) are not here"


def sample_names() -> list[str]:
    """Names of the tdata samples, none where they are absent."""
    return sorted(path.parent.name for path in TDATA_SAMPLES.glob("*/truth.json"))


def tdata_samples() -> pytest.MarkDecorator:
    """Runs a test once for each tdata sample, with its name as `sample_name`."""
    names: list[Any] = list(sample_names())
    if not names:
        names = [pytest.param("", marks=pytest.mark.skip(reason=NO_SAMPLES))]
    return pytest.mark.parametrize("sample_name", names)


@dataclasses.dataclass
class TdataSample:
    """An extracted sample.

    Attributes:
        name: of the sample.
        truth: content of truth.json.
        folders: the tdata folders, by "before" and "after" for the stock-* samples,
            else by "tdata".
    """

    name: str
    truth: dict[str, Any]
    folders: dict[str, Path]

    @property
    def passcode(self) -> str:
        """The local passcode, "" if none is set."""
        return str(self.truth["passcode"])


def extract_sample(name: str, folder: Path) -> TdataSample:
    """Extracts a tdata sample into a folder; skips the test where it is absent."""
    source = TDATA_SAMPLES / name
    if not source.is_dir():
        pytest.skip(NO_SAMPLES)
    truth = json.loads((source / "truth.json").read_text("utf-8"))
    for archive in source.glob("*.tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    folders = {
        path.parent.name if path.parent.name in ("before", "after") else "tdata": path
        for path in sorted(folder.rglob("tdata"))
    }
    return TdataSample(name, truth, folders)


class MemoryFolder:
    """A folder in memory (protocol `Folder`): path below it -> content.

    Attributes:
        files: contents by relative path with slashes.
        modified: modification times in microseconds, by the same paths.
    """

    def __init__(
        self, files: dict[str, bytes], modified: dict[str, int] | None = None
    ) -> None:
        self.files = files
        self.modified = modified or {}

    @classmethod
    def load(cls, folder: Path) -> MemoryFolder:
        """Reads a folder of the disk."""
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return cls(
            {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        )

    def changed(self, changes: Mapping[str, bytes | None]) -> MemoryFolder:
        """A copy with other contents; None takes a file away."""
        files = {**self.files, **changes}
        kept = {path: data for path, data in files.items() if data is not None}
        return MemoryFolder(kept, dict(self.modified))

    def entries(self) -> dict[str, FolderEntry]:
        """See `Folder`."""
        entries = {}
        for path, data in self.files.items():
            name, slash, _ = path.partition("/")
            if slash:
                entries[name] = FolderEntry(name, True, 0, None)
            else:
                modified = self.modified.get(path)
                entries[name] = FolderEntry(name, False, len(data), modified)
        return entries

    def read(self, name: str, maximum: int = MAXIMUM_FILE_SIZE) -> bytes:
        """See `Folder`."""
        if name not in self.files:
            raise FileNotFoundError(name)
        if len(self.files[name]) > maximum:
            raise FormatError(maximum, f"larger than {maximum} bytes, not read")
        return self.files[name]

    def folder(self, name: str) -> MemoryFolder | None:
        """See `Folder`."""
        prefix = f"{name}/"

        def below(paths: dict[str, Any]) -> dict[str, Any]:
            return {
                path[len(prefix) :]: value
                for path, value in paths.items()
                if path.startswith(prefix)
            }

        files = below(self.files)
        return MemoryFolder(files, below(self.modified)) if files else None


def open_storage(folder: Any, *passcodes: str) -> TdataStorage:
    """Opens a tdata folder with some passcodes."""
    return TdataStorage(folder, make_passcodes(passcodes))


def person(index: int, user_id: int | None = None) -> tdata.BuiltAccount:
    """An account with keys, an old key, an owner and a draft."""
    return tdata.BuiltAccount(
        index=index,
        user_id=user_id or (715203344, 8123456701, 98127736)[index],
        main_dc=(2, 4, 5)[index],
        auth_keys={
            number: tdata.made_up_key(f"{index} {user_id} {number}")
            for number in (1, (2, 4, 5)[index])
        },
        keys_to_destroy={3: tdata.made_up_key(f"old {index}")},
        first_name=f"Name{index}",
        phone=f"49{index}",
        drafts=[(42, "unsent")],
    )


PEOPLE = [person(index) for index in range(3)]


def built(path: Path, people: list[tdata.BuiltAccount], **options: Any) -> MemoryFolder:
    """A folder of the builder in memory."""
    tdata.build_tdata(path / "tdata", people, **options)
    return MemoryFolder.load(path / "tdata")


def check_account(account: Account | None, true: tdata.BuiltAccount) -> None:
    """Compares an account with what was built."""
    assert account is not None
    authorization = account.authorization
    assert authorization is not None
    assert authorization.user_id == true.user_id
    assert authorization.main_data_center == true.main_dc
    found = {key.data_center: key.identifier for key in authorization.keys}
    assert found == {
        center: tdata.session_identifier(key) for center, key in true.auth_keys.items()
    }
    assert authorization.session_identifier == found[true.main_dc]


def all_key_slots(storage: TdataStorage) -> list[KeySlot]:
    """Every key file of a storage, those inside legacy maps included."""
    slots = [slot for group in storage.key_slots.values() for slot in group]
    for account in storage.accounts:
        slots += [slot for slot in account.key_slots if slot not in slots]
    return slots


def all_issues(storage: TdataStorage) -> list[Issue]:
    """Reads everything that a storage offers and collects its issues."""
    issues = [issue for slot in all_key_slots(storage) for issue in slot.issues]
    for account in storage.accounts:
        for authorization_slot in account.authorization_slots:
            issues += authorization_slot.issues
        for map_slot in account.map_slots:
            issues += map_slot.issues
    return issues + storage.issues


def every_truncation(data: bytes) -> Iterator[bytes]:
    """Every proper prefix of the data, the empty one included."""
    for size in range(len(data)):
        yield data[:size]


_WRONG_LENGTHS = (0, 1, 0x10, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def mutations(data: bytes, count: int, seed: int | str) -> Iterator[bytes]:
    """Damaged copies of the data, always the same ones for the same arguments.

    Bit flips, cut-off ends, zeroed ranges, wrong 32-bit numbers, inserted and removed
    bytes; never the data itself.
    """
    generator = random.Random(f"{seed} {len(data)}")
    made = 0
    while made < count:
        mutated = _mutation(data, generator)
        if mutated != data:
            made += 1
            yield mutated


def _mutation(data: bytes, generator: random.Random) -> bytes:
    mutated = bytearray(data)
    position = generator.randrange(len(data))
    size = generator.choice((1, 2, 4, 16, 64, len(data)))
    kind = generator.randrange(6)
    if kind == 0:
        for _ in range(generator.choice((1, 1, 3))):
            mutated[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    elif kind == 1:
        del mutated[position:]
    elif kind == 2:
        end = min(position + size, len(data))
        mutated[position:end] = bytes(end - position)
    elif kind == 3:
        # Half of them near the beginning, where the lengths stand.
        start = position if generator.randrange(2) else position % 64
        start = max(0, min(start & ~3, len(data) - 4))
        numbers = (*_WRONG_LENGTHS, len(data), generator.getrandbits(9))
        number = generator.choice(numbers)
        mutated[start : start + 4] = struct.pack(">I", number)
    elif kind == 4:
        mutated[position:position] = generator.randbytes(size)
    else:
        del mutated[position : position + size]
    return bytes(mutated)
