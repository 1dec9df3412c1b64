"""Cached values compared with TGArtifacts, a tool of somebody else for the same files.

    pip install --no-deps tgartifacts==0.2.0

It wants another build of a module that another tool of the tests brings along, so it is
in no extra. It decrypts value files and puts lists of parts together; it does not cut
off the padding, and knows neither index nor slices.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata_cache as builder
from tests.helpers import MemoryFolder, extract_sample, open_storage, tdata_samples
from tests.parsers import support as runs
from tests.vfs import support

pytest.importorskip("tgcrypto")


@pytest.fixture(name="decryptor")
def _decryptor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Class of the other tool; what it needs to guess extensions is left out."""
    pytest.importorskip("tgartifacts")
    if "magic" not in sys.modules:
        monkeypatch.setitem(sys.modules, "magic", types.ModuleType("magic"))
    return pytest.importorskip("tgartifacts.crypto.decryptor").Decryptor


@tdata_samples()
def test_values(sample_name: str, tmp_path: Path, decryptor: Any) -> None:
    """Every value of the real client: the same bytes, here without the padding."""
    sample = extract_sample(sample_name, tmp_path)
    for folder in sample.folders.values():
        storage = open_storage(MemoryFolder.load(folder), sample.passcode)
        keys = [
            slot.local_key for slots in storage.key_slots.values() for slot in slots
        ]
        values = {
            path.name: path
            for path in folder.glob("user_data*/*/*/*/*")
            if path.is_file()
        }
        if not values:
            continue
        (key,) = {key.value for key in keys if key is not None}
        with runs.given_passcodes([sample.passcode]):
            file_system = support.mount(support.os_file(folder / "key_datas"))
            found = {
                location: support.read(file_system, location)
                for location in support.files(file_system)
                if "cache/" in location and not location.endswith("/binlog")
            }
        assert len(found) == len(values)
        for location, data in found.items():
            name = location.rpartition("/")[2][:12]
            expected = decryptor(key).decrypt_tdef(values[name])
            assert expected.startswith(data), location
            assert len(expected) - len(data) < 16


@pytest.mark.parametrize("parts", [[0, 1, 4, 6], [2, 3], [6]])
def test_list_of_parts(parts: list[int], tmp_path: Path, decryptor: Any) -> None:
    """A list of parts in one value: the same file, holes as zero bytes."""
    content = bytes(range(251)) * 3200
    content = content[: 6 * builder.PART + 1234]
    (value,) = builder.stream(content, parts, []).values()
    runs.build(tmp_path / "tdata", [runs.one_account()])
    builder.build_cache(
        tmp_path / "tdata" / "user_data" / "media_cache",
        [builder.Value(builder.slice_key(7, 0), value)],
        runs.LOCAL_KEY,
    )
    file_system = support.mount(support.os_file(tmp_path / "tdata" / "key_datas"))
    (location,) = [
        location for location in support.files(file_system) if "/joined/" in location
    ]
    data = support.read(file_system, location)
    assert decryptor.parse_streaming_cache_data(value) == data
