"""Tests of the key file of 7.3 (formats/telegram_desktop_key_file_7_3.md)."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import pytest

from telegram_forensics.formats import tdesktop_kd2 as kd2
from telegram_forensics.formats import tdesktop_key_file as key_files
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_key_file import KeyFile, LocalKey
from telegram_forensics.formats.tdesktop_key_file import PasscodeState as State
from telegram_forensics.formats.tdesktop_passcodes import make_passcodes
from tests import helpers
from tests.builders import tdata

SALT = bytes(range(0x20, 0x40))
WRAP_SALT = bytes(range(32))
LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
VERSION = 7003001
CHEAP = (64, 1, 1)

VECTOR = bytes.fromhex(
    "5444462479db6a0000000020202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c"
    "3d3e3f00000000000000200a9e69c6d8796912aed6a489e6b9f1dd917d39aca7a18c3198249de02965"
    "c30e0000016c4b44320000000002000000010000000100000001000000010001000000000008000000"
    "0100000020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000120"
    "168a8d3a8a59e082a44b94a9ed39511d91b672761b56eaa8c3d553989c770aad59729a7b7c38a6fdc2"
    "a5103f0a629a95238d8b37572d20561591a0e1fb9d01a829cb93e7cbd816b1bf4c76fb3696fcc90fef"
    "8f6c0d48094dbff2619fba454ef5ebf07d4ae1d22e420ca0640257c8742e137f2c04218852b53504f1"
    "5957e5dda5453dda471e55ea70dced6f08f1d323c8414e1720140d5b7bf69c34b3ba92e456e537bb3f"
    "ecee67d53e793147aa34b251e5233a2bba62751cf8e62123c7086279873bf9efe847fa3a6f3711f87f"
    "bb4b4f9f46ee5d27b713b924053ca0dd7a57cee43b54ad510196994ecdd07219b257caac1008fab47a"
    "b657e660dad7cc7af840f074c89a0e5ba5f8e61c90f13a1a2509573a7c7817e0a722970951cc09ec05"
    "41249167474ecc1bedfbe91343efb3d74e"
)


class Wrap(NamedTuple):
    """A wrap to be written."""

    passcode: str = "right"
    generation: int = 1
    kind: int = kd2.KIND_ARGON2ID
    cost: tuple[int, int, int] = CHEAP
    salt: bytes = WRAP_SALT

    def encoded(self) -> bytes:
        """The wrap with the local key inside, where the KDF exists."""
        kdf = "scrypt" if self.kind == kd2.KIND_SCRYPT else "argon2id"
        usable = self.cost in (CHEAP, (64, 8, 1)) and len(self.salt) >= 8
        blob = bytes(288)
        if usable:
            key = tdata.wrap_key(self.passcode, self.salt, kdf, self.cost)
            blob = tdata.encrypt_local(LOCAL_KEY, key)
        numbers = (self.kind, self.generation, *self.cost)
        head = b"".join(map(tdata.u32, numbers))
        return head + tdata.byte_array(self.salt) + tdata.byte_array(blob)


def written(
    *wraps: Wrap,
    committed: int = 1,
    magic: int = kd2.MAGIC,
    version: int = 2,
    is_open: bool = False,
    tail: bytes = b"",
) -> bytes:
    """Writes a key file with these wraps; `is_open`: with a filled second record."""
    head = (magic, version, committed, len(wraps))
    trailer = b"".join(map(tdata.u32, head))
    trailer += b"".join(wrap.encoded() for wrap in wraps) + tail
    open_wrap = tdata.encrypt_local(LOCAL_KEY, tdata.passcode_key("", SALT))
    info = tdata.encrypt_local(tdata.account_list([0], 0), LOCAL_KEY)
    return tdata.tdf([SALT, open_wrap if is_open else b"", info, trailer], VERSION)


def opened(data: bytes, *passcodes: str) -> tuple[KeyFile, LocalKey | None]:
    """Reads a key file and tries passcodes."""
    key_file = key_files.read_key_file(data)
    return key_file, key_file.open(make_passcodes(passcodes))


def reasons(key_file: KeyFile) -> str:
    """All problems of a key file as text."""
    return "; ".join(reason for _, reason in key_file.problems)


def is_expensive(key_file: KeyFile) -> bool:
    """True if a trial takes so long that a test should not pay for it."""
    wraps = key_file.trailer.wraps if key_file.trailer else []
    costs = [wrap.memory * wrap.time * wrap.parallel for wrap in wraps]
    return max(costs, default=0) > 2**17


def test_vector() -> None:
    """The known answer of the page opens with its passcode and with no other."""
    key_file, key = opened(VECTOR, "Test-7.4", "Test-7.3")
    assert key == LocalKey(LOCAL_KEY, 2)
    assert key_file.state(key) is State.SET
    assert key_file.account_list(key) == key_files.AccountList((0,), 0)
    assert (key_file.is_damaged, key_file.problems) == (False, [])
    assert key_file.container.version_text == "7.3.1"
    assert key_file.kdf_name == "Argon2id, 65536 KiB, 8 passes, 1 lanes"
    # No published cracking mode takes an Argon2id wrap.
    assert key_file.recovery_line is None
    trailer = key_file.trailer
    assert trailer is not None
    assert (trailer.version, trailer.generation) == (2, 1)
    assert trailer.live_wrap is trailer.wraps[0]
    assert (trailer.wraps[0].salt, trailer.stale_wraps) == (WRAP_SALT, [])


def test_vector_with_scrypt() -> None:
    """The same file with the scrypt wrap of the page's other known answer."""
    data = tdata.key_data_seven_three(
        LOCAL_KEY,
        [0],
        version=VERSION,
        salt=SALT,
        wrap_salt=WRAP_SALT,
        passcode="Test-7.3",
        kdf="scrypt",
    )
    key_file, key = opened(data, "Test-7.3")
    assert key == LocalKey(LOCAL_KEY, 1)
    assert key_file.kdf_name == "scrypt, N 131072, r 8, p 1"
    assert key_file.recovery_line is None


def test_without_passcode() -> None:
    """Without passcode the second record is filled and opens as before."""
    key_file, key = opened(written(committed=0, is_open=True), "right")
    assert key == LocalKey(LOCAL_KEY, 0)
    assert key_file.state(key) is State.NONE
    assert key_file.account_list(key) == key_files.AccountList((0,), 0)
    assert key_file.problems == []
    assert key_file.trailer is not None
    assert key_file.trailer.live_wrap is None


@pytest.mark.parametrize("null", [True, False])
def test_empty_or_null_second_record(null: bool) -> None:
    """With a passcode the second record may be empty or null; neither is damage."""
    wrap = Wrap().encoded()
    trailer = b"".join(map(tdata.u32, (kd2.MAGIC, 2, 1, 1))) + wrap
    info = tdata.encrypt_local(tdata.account_list([0], 0), LOCAL_KEY)
    data = tdata.tdf([SALT, None if null else b"", info, trailer], VERSION)
    key_file, key = opened(data, "right")
    assert key == LocalKey(LOCAL_KEY, 1)
    assert key_file.problems == []


def test_wrong_passcode() -> None:
    """An undamaged file that no candidate opens is locked."""
    key_file, key = opened(written(Wrap()), "wrong")
    assert key is None
    assert key_file.state(None) is State.LOCKED
    assert key_file.kdf_name == "Argon2id, 64 KiB, 1 passes, 1 lanes"
    assert key_file.problems == []


@pytest.mark.parametrize("first", [True, False])
def test_stale_wrap(first: bool) -> None:
    """The wrap of an interrupted change opens nothing, and is told with its cost."""
    stale = Wrap("old", 2, cost=(64, 1, 1), salt=b"stale salt")
    wraps = (stale, Wrap()) if first else (Wrap(), stale)
    key_file, key = opened(written(*wraps), "old")
    assert key is None
    assert key_file.state(None) is State.LOCKED
    assert key_file.trailer is not None
    (found,) = key_file.trailer.stale_wraps
    assert (found.generation, found.salt) == (2, b"stale salt")
    assert found.kdf_name == "Argon2id, 64 KiB, 1 passes, 1 lanes"
    assert opened(written(*wraps), "old", "right")[1] == LocalKey(LOCAL_KEY, 2)


def test_stale_wrap_of_the_builder() -> None:
    """The writer's own way to leave a second wrap gives the same."""
    data = tdata.key_data_seven_three(
        LOCAL_KEY,
        [0],
        version=VERSION,
        salt=SALT,
        wrap_salt=WRAP_SALT,
        passcode="right",
        cost=CHEAP,
        stale_passcode="old",
    )
    key_file, key = opened(data, "old")
    assert key is None
    assert key_file.trailer is not None
    assert [wrap.generation for wrap in key_file.trailer.stale_wraps] == [2]
    assert opened(data, "right")[1] == LocalKey(LOCAL_KEY, 1)


def test_staged_first_passcode() -> None:
    """A change that was to set the first passcode leaves the file open."""
    key_file, key = opened(written(Wrap("new"), committed=0, is_open=True), "new")
    assert key == LocalKey(LOCAL_KEY, 0)
    assert key_file.state(key) is State.NONE
    assert key_file.problems == []
    assert key_file.trailer is not None
    assert [wrap.generation for wrap in key_file.trailer.stale_wraps] == [1]


@pytest.mark.parametrize(
    ("wraps", "number"), [((Wrap(), Wrap("other")), 2), ((Wrap(generation=2),), 0)]
)
def test_not_exactly_one_live_wrap(wraps: tuple[Wrap, ...], number: int) -> None:
    """Two wraps of the committed generation, or none, make the file invalid."""
    key_file, key = opened(written(*wraps), "right", "other")
    assert key is None
    assert f"{number} wraps have the committed generation 1" in reasons(key_file)
    assert key_file.kdf_name.startswith("unknown")
    assert key_file.recovery_line is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"magic": 0x4B443300}, "trailer begins with 4b443300, not 4b443200"),
        ({"version": 3}, "trailer format version 3 is unknown"),
        ({"version": 1}, "trailer format version 1 is unknown"),
    ],
)
def test_other_trailers(changes: dict[str, Any], reason: str) -> None:
    """Another magic or format version is reported with its place in the file."""
    key_file, key = opened(written(Wrap(), **changes), "right")
    assert key is None
    assert key_file.trailer is None
    place = written(Wrap()).index(b"KD2\0") + (4 if "version" in changes else 0)
    assert (place, reason) in key_file.problems
    assert key_file.kdf_name.startswith("unknown")
    assert key_file.recovery_line is None


def test_unknown_trailer_of_an_open_file() -> None:
    """Without a passcode a file with an unknown trailer still opens."""
    data = written(Wrap(), version=3, is_open=True)
    key_file, key = opened(data)
    assert key == LocalKey(LOCAL_KEY, 0)
    assert "trailer format version 3 is unknown" in reasons(key_file)


def test_more_than_two_wraps() -> None:
    """Three wraps make the trailer invalid."""
    data = written(Wrap(), Wrap(generation=2), Wrap(generation=3))
    key_file, key = opened(data, "right")
    assert key is None
    assert "trailer announces 3 wraps, 2 at most" in reasons(key_file)


@pytest.mark.parametrize("kind", [0, 3, 0xFFFFFFFF])
def test_unknown_derivation(kind: int) -> None:
    """A wrap of kind 0, or of an unknown one, opens nothing and is reported."""
    data = written(Wrap(kind=kind))
    key_file, key = opened(data, "right")
    assert key is None
    place = data.index(b"KD2\0") + 16
    reason = f"wrap has the unknown key derivation {kind}"
    assert (place, reason) in key_file.problems


@pytest.mark.parametrize(
    ("kind", "cost"),
    [
        (1, (262145, 1, 1)),
        (1, (0xFFFFFFFF, 1, 1)),
        (1, (64, 65, 1)),
        (1, (64, 0, 1)),
        (1, (136, 1, 17)),
        (1, (64, 1, 0)),
        (1, (15, 1, 2)),
        (2, (131071, 8, 1)),
        (2, (1, 8, 1)),
        (2, (0, 8, 1)),
        (2, (2**21, 8, 1)),
        (2, (131072, 0, 1)),
        (2, (131072, 8, 0)),
        (2, (131072, 8, 65)),
        (2, (2**19, 1, 2**19)),
    ],
)
def test_cost_out_of_bounds(kind: int, cost: tuple[int, int, int]) -> None:
    """A cost above the limits is never paid: the passcode is unusable, and it says."""
    key_file, key = opened(written(Wrap(kind=kind, cost=cost)), "right")
    assert key is None
    assert key_file.state(None) is State.LOCKED
    assert f"cost of the wrap is out of bounds {cost}" in reasons(key_file)


@pytest.mark.parametrize(
    ("kind", "cost"),
    [
        (1, (262144, 64, 16)),
        (1, (128, 1, 16)),
        (1, (8, 1, 1)),
        (2, (131072, 8, 64)),
        (2, (131072, 8, 1)),
        (2, (2, 1, 1)),
    ],
)
def test_cost_in_bounds(kind: int, cost: tuple[int, int, int]) -> None:
    """The largest and smallest allowed costs are no problem."""
    key_file = key_files.read_key_file(written(Wrap(kind=kind, cost=cost)))
    assert key_file.problems == []
    assert key_file.trailer is not None
    assert key_file.trailer.wraps[0].problem is None


def test_scrypt_of_another_cost() -> None:
    """The stored cost is used, not that of the program."""
    data = written(Wrap(kind=2, cost=(64, 8, 1)))
    assert opened(data, "right")[1] == LocalKey(LOCAL_KEY, 1)


def test_short_salt() -> None:
    """A wrap with a salt below 8 bytes is not used."""
    key_file, key = opened(written(Wrap(salt=b"1234567")), "right")
    assert key is None
    assert "wrap has a salt of 7 bytes, at least 8 expected" in reasons(key_file)


def test_bytes_behind_the_last_wrap() -> None:
    """Bytes behind the announced wraps are reported; the passcode still opens."""
    key_file, key = opened(written(Wrap(), tail=b"abc"), "right")
    assert key == LocalKey(LOCAL_KEY, 1)
    assert "3 bytes behind the last wrap" in reasons(key_file)


def test_trailer_at_every_truncation() -> None:
    """A cut-off trailer is refused at an offset inside it, or read as it stands."""
    wraps = Wrap().encoded() + Wrap(generation=2).encoded()
    data = b"".join(map(tdata.u32, (kd2.MAGIC, 2, 1, 2))) + wraps
    whole = kd2.read_trailer(data)
    assert len(whole.wraps) == 2
    for part in helpers.every_truncation(data):
        with pytest.raises(FormatError) as caught:
            kd2.read_trailer(part)
        assert 0 <= caught.value.offset <= len(part)


@pytest.mark.parametrize("is_open", [True, False])
def test_file_at_every_truncation(is_open: bool) -> None:
    """A cut-off file gives the true key or none, and never a recovery line of noise."""
    wraps = () if is_open else (Wrap(),)
    data = written(*wraps, committed=len(wraps), is_open=is_open)
    line = f"$telegram$2*100000*{SALT.hex()}*{data[48:336].hex()}" if is_open else None
    keys = set()
    for part in helpers.every_truncation(data):
        try:
            key_file, key = opened(part, "right")
        except FormatError as exception:
            assert exception.offset == len(part) < 8
            continue
        assert key_file.is_damaged
        assert key_file.problems
        assert key_file.recovery_line in (None, line)
        keys.add(key.value if key else None)
    assert keys <= {LOCAL_KEY, None}
    # Only what lies before the cut opens: an open wrap, not the wrap at the end.
    assert (LOCAL_KEY in keys) or not is_open


def test_damaged_trailer_gives_no_recovery_line() -> None:
    """What stands at the old offsets of a damaged 7.3 file is no wrapped key."""
    data = written(Wrap())
    for position in (4, data.index(b"KD2\0") + 7, len(data) - 20):
        damaged = bytearray(data)
        damaged[position] ^= 1
        assert key_files.read_key_file(bytes(damaged)).recovery_line is None


def test_mutations() -> None:
    """No damage yields a wrong key, and none goes unnoticed."""
    data = written(Wrap(), Wrap("old", 2))
    found = 0
    for damaged in helpers.mutations(data, 600, "7.3"):
        try:
            key_file = key_files.read_key_file(damaged)
        except FormatError as exception:
            assert exception.offset == len(damaged) < 8
            continue
        if is_expensive(key_file):
            continue
        key = key_file.open(make_passcodes(["right", "old"]))
        assert key_file.is_damaged
        assert key_file.problems
        assert all(0 <= offset <= len(damaged) for offset, _ in key_file.problems)
        found += key is not None
        assert key is None or key.value == LOCAL_KEY
    assert found > 20


def test_trailer_of_random_numbers() -> None:
    """A trailer of the right magic and any content is read or refused."""
    wrap = Wrap().encoded()
    data = b"".join(map(tdata.u32, (kd2.MAGIC, 2, 1, 1))) + wrap
    refused = 0
    for damaged in helpers.mutations(data, 500, "trailer"):
        try:
            trailer = kd2.read_trailer(damaged)
        except FormatError as exception:
            refused += 1
            assert 0 <= exception.offset <= len(damaged)
        else:
            assert len(trailer.wraps) <= 2
    assert refused


def test_numbers_are_big_endian() -> None:
    """The layout of the trailer, byte by byte, as the page has it."""
    trailer = VECTOR[VECTOR.index(b"KD2\0") : -16]
    head = (0x4B443200, 2, 1, 1)
    wrap = (1, 1, 65536, 8, 1)
    assert trailer[:36] == struct.pack(">9I", *head, *wrap)
    read = kd2.read_trailer(trailer).wraps[0]
    numbers = (read.kind, read.generation, read.memory, read.time, read.parallel)
    assert numbers == wrap
    assert (read.offset, len(read.blob)) == (16, 288)
