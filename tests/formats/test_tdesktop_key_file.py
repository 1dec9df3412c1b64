"""Tests of the key file up to 6.1.2 and of the legacy map's key (2.3 to 2.7)."""

from __future__ import annotations

import hashlib
import struct

import pytest

from telegram_forensics.formats import tdesktop_key_file as key_files
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_key_file import KeyFile, PasscodeState
from telegram_forensics.formats.tdesktop_passcodes import make_passcodes
from tests import helpers
from tests.builders import tdata
from tests.builders.test_tdata_builder import KEY_DATAS

SALT = bytes(range(32))
LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
VERSION = 6001002
PROTECTED = tdata.key_data(
    LOCAL_KEY, [0, 1], version=VERSION, salt=SALT, active=1, passcode="1234"
)
LEGACY_RECORDS = bytes.fromhex("000000040123456789abcdef")
LEGACY = tdata.map_file(
    LEGACY_RECORDS, LOCAL_KEY, 2001013, legacy_salt=SALT, passcode="1234"
)
# Section 9.3: the wrapped key, 2.1.14 and later, then before.
_WRAPPED = (
    "168a8d3a8a59e082a44b94a9ed39511d38b9480d7629a86f4a20ff1b607e6ebcec5049535b44877b63"
    "5a351d01a4b0596f7941e118ceefc5bca3208b3cc19604ba0df22f26d58cc9949b89b4a29bffb31208"
    "af8fa802788a226eda1f220489168de70a590796ac78849d531510f6680c5edf7e9cfeeb00733d74b9"
    "b5ac287dca9d333ff9fb9b4919cf6bd76067c80d335c36d55d18dc64d2a47831e4f839a1546c95b7d2"
    "76ad188f51f7ce851b7203c8734049f9dac44f5779768bfb997e3fa802649698feff99eb7a317fece3"
    "e0b038845173270afcaea4797fa629db56ffe6ce273a7f21ae95c3e40f4982caa799b10b09c0b6c181"
    "c82069e2b565cc27a37148ff3191c5218e6a5937609347428c6e80fef1ab813836cabde6eaa9a669ec"
    "b4"
)
_LEGACY_WRAPPED = (
    "168a8d3a8a59e082a44b94a9ed39511d92ff561714ccca5c130f06a9bde8d60465b6369ba49d384c44"
    "412fac4815fd7dade8944cc9c80652cd4bfadf17392f0f03824c30f7dfe563b94f9d30b26d3c100141"
    "7d858d6bcb8328acf935b61b82f5942e16adca05a8e07d70060eeae050c3c1cb1e004f2d19bf0e5382"
    "3c4aea665b8e697adb6ef304f9e14dd75f6c16afe54e1c00f9d0e2f9e4d2e1ecf8e691575495660aea"
    "a8a9b648276d83a885ad4263d1deca608487b13144e8163ca1921fb65d7196298b2ad00f4731e6eab7"
    "5a940c528e766fe35542c3d3626f75049399686009b92496754fb7bb059dce6a9a97b379c2102549a0"
    "096f8e7f7a1a575c3f77b6e23e46f2ad42738b6509caad46f8d210e878bda2b56acddeb8cdc640578e"
    "9b"
)
RECOVERY_LINE = f"$telegram$2*100000*{SALT.hex()}*{_WRAPPED}"
LEGACY_RECOVERY_LINE = f"$telegram$1*4000*{SALT.hex()}*{_LEGACY_WRAPPED}"


def opened(data: bytes, *passcodes: str) -> tuple[KeyFile, key_files.LocalKey | None]:
    """Reads a key file and tries passcodes."""
    key_file = key_files.read_key_file(data)
    return key_file, key_file.open(make_passcodes(passcodes))


def legacy_map(data: bytes) -> KeyFile:
    """Reads a map that carries its key."""
    key_file = key_files.read_legacy_map(data)
    assert key_file is not None
    return key_file


def test_without_passcode() -> None:
    """The file of section 9.3 opens with the empty passcode and lists two accounts."""
    key_file, key = opened(KEY_DATAS)
    assert key == key_files.LocalKey(LOCAL_KEY, 0)
    assert key_file.account_list(key) == key_files.AccountList((0, 1), 1)
    assert (key_file.is_damaged, key_file.problems) == (False, [])
    assert key_file.kind is key_files.KeyFileKind.KEY_DATA
    assert key_file.trailer is None
    assert key_file.kdf_name == "PBKDF2-HMAC-SHA512, 100000 rounds"
    assert key_file.state(key) is PasscodeState.NONE


def test_with_passcode() -> None:
    """The passcode 1234 opens the file that section 9.3 gives the digest of."""
    assert hashlib.sha256(PROTECTED).hexdigest() == (
        "f46c2f09ff80e047b450667e2e94b4fbcbe87b70068488862a986a7903214c26"
    )
    key_file, key = opened(PROTECTED, "12345", "1234", "x")
    assert key == key_files.LocalKey(LOCAL_KEY, 2)
    assert key_file.state(key) is PasscodeState.SET
    assert key_file.account_list(key) == key_files.AccountList((0, 1), 1)


def test_wrong_passcode() -> None:
    """An undamaged file that no candidate opens is locked, not damaged."""
    key_file, key = opened(PROTECTED, "4321", "1234 ", "１２３４")
    assert key is None
    assert key_file.state(None) is PasscodeState.LOCKED
    assert key_file.problems == []


def test_recovery_line() -> None:
    """The line for hashcat mode 24500 is exactly that of section 9.3."""
    assert key_files.read_key_file(PROTECTED).recovery_line == RECOVERY_LINE


def test_legacy_recovery_line() -> None:
    """The line for hashcat mode 22600 is exactly that of section 9.3."""
    assert legacy_map(LEGACY).recovery_line == LEGACY_RECOVERY_LINE


def test_first_candidate_and_order() -> None:
    """The candidate known already is tried first, and nothing after the right one."""
    trials: list[int] = []
    key_file = key_files.read_key_file(PROTECTED)
    passcodes = make_passcodes(["a", "b", "1234", "c"])
    key = key_file.open(passcodes, first=3, progress=lambda: trials.append(1))
    assert key == key_files.LocalKey(LOCAL_KEY, 3)
    assert len(trials) == 1
    for first in (-1, 5, 99):
        trials.clear()
        assert key_file.open(
            passcodes, first=first, progress=lambda: trials.append(1)
        ) == key_files.LocalKey(LOCAL_KEY, 3)
        assert len(trials) == 4


def test_legacy_map_with_passcode() -> None:
    """A legacy map opens with its passcode and gives the map as its content."""
    key_file = legacy_map(LEGACY)
    key = key_file.open(make_passcodes(["x", "1234"]))
    assert key == key_files.LocalKey(LOCAL_KEY, 2)
    assert key_file.content(key) == LEGACY_RECORDS
    assert key_file.kdf_name == "PBKDF2-HMAC-SHA1, 4000 rounds"
    assert key_file.kind is key_files.KeyFileKind.LEGACY_MAP
    assert key_file.state(key) is PasscodeState.SET


def test_legacy_map_without_passcode() -> None:
    """A legacy map without passcode opens with the empty one."""
    data = tdata.map_file(LEGACY_RECORDS, LOCAL_KEY, 7019, legacy_salt=SALT)
    key_file = legacy_map(data)
    key = key_file.open(make_passcodes())
    assert key == key_files.LocalKey(LOCAL_KEY, 0)
    assert key_file.state(key) is PasscodeState.NONE
    assert key_file.content(key) == LEGACY_RECORDS


def test_legacy_derivation_does_not_open_key_data() -> None:
    """The two derivations are kept apart: neither opens the other's file."""
    _, key = opened(LEGACY, "1234")
    assert key is None
    assert legacy_map(PROTECTED).open(make_passcodes(["1234"])) is None


@pytest.mark.parametrize("empty", [None, b""])
def test_modern_map_is_no_key_file(empty: bytes | None) -> None:
    """A map that begins with a null or empty record has its key elsewhere."""
    data = tdata.tdf([empty, empty, b"x" * 64], VERSION)
    assert key_files.read_legacy_map(data) is None
    assert key_files.read_legacy_map(tdata.tdf([], VERSION)) is None


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("position", [8, 44, 336])
def test_damaged_length_is_worked_around(position: int, length: int) -> None:
    """One damaged length field costs neither the key nor the account list."""
    number = struct.pack(">I", length)
    data = PROTECTED[:position] + number + PROTECTED[position + 4 :]
    key_file, key = opened(data, "1234")
    assert key == key_files.LocalKey(LOCAL_KEY, 1)
    assert key_file.account_list(key) == key_files.AccountList((0, 1), 1)
    assert key_file.is_damaged
    assert key_file.recovery_line == RECOVERY_LINE
    reasons = [reason for _, reason in key_file.problems]
    assert "MD5 of the container does not fit" in reasons
    # Where the first two records could not be read by their lengths, it says so.
    assert any("usual offsets" in reason for reason in reasons) == (position != 336)


@pytest.mark.parametrize("position", [8, 44, 336])
def test_damaged_length_of_a_legacy_map(position: int) -> None:
    """The same holds for a legacy map."""
    data = LEGACY[:position] + b"\x7f\xff\xff\xff" + LEGACY[position + 4 :]
    key_file = legacy_map(data)
    key = key_file.open(make_passcodes(["1234"]))
    assert key == key_files.LocalKey(LOCAL_KEY, 1)
    assert key_file.content(key) == LEGACY_RECORDS


@pytest.mark.parametrize("position", [20, 100])
def test_damaged_key_leaves_the_passcode_unknown(position: int) -> None:
    """Damage of salt or wrapped key cannot be told from a passcode."""
    for data in (KEY_DATAS, PROTECTED):
        damaged = bytearray(data)
        damaged[position] ^= 1
        key_file, key = opened(bytes(damaged), "1234")
        assert key is None
        assert key_file.state(None) is PasscodeState.UNKNOWN


def test_damaged_account_list() -> None:
    """A damaged account list is refused at its offset, the key is still found."""
    damaged = bytearray(KEY_DATAS)
    damaged[380] ^= 1
    key_file, key = opened(bytes(damaged))
    assert key == key_files.LocalKey(LOCAL_KEY, 0)
    with pytest.raises(FormatError, match="SHA-1") as caught:
        key_file.account_list(key)
    assert caught.value.offset == 340


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (tdata.account_list([], 0), key_files.AccountList((), 0)),
        (tdata.account_list([2], -1), key_files.AccountList((2,), -1)),
        (tdata.account_list([5, 0, 3], 3), key_files.AccountList((5, 0, 3), 3)),
        (tdata.account_list([0], 0)[:-4], key_files.AccountList((0,), None)),
    ],
)
def test_account_lists(plain: bytes, expected: key_files.AccountList) -> None:
    """The stored order and the stored active index (-1 too, or missing) come out."""
    wrapped = tdata.encrypt_local(LOCAL_KEY, tdata.passcode_key("", SALT))
    info = tdata.encrypt_local(plain, LOCAL_KEY)
    key_file, key = opened(tdata.tdf([SALT, wrapped, info], VERSION))
    assert key is not None
    assert key_file.account_list(key) == expected


@pytest.mark.parametrize("plain", [b"", "ffffffff", "00000041", "00000002000000000000"])
def test_impossible_account_lists(plain: bytes | str) -> None:
    """A list that cannot be one is refused, whoever encrypted it."""
    content = bytes.fromhex(plain) if isinstance(plain, str) else plain
    wrapped = tdata.encrypt_local(LOCAL_KEY, tdata.passcode_key("", SALT))
    info = tdata.encrypt_local(content, LOCAL_KEY)
    key_file, key = opened(tdata.tdf([SALT, wrapped, info], VERSION))
    assert key is not None
    with pytest.raises(FormatError):
        key_file.account_list(key)


def test_wrapped_key_of_another_size() -> None:
    """A record that decrypts to something else than 256 bytes is no local key."""
    wrapped = tdata.encrypt_local(b"x" * 255, tdata.passcode_key("", SALT))
    assert len(wrapped) == 288
    key_file, key = opened(tdata.tdf([SALT, wrapped, b"y" * 32], VERSION))
    assert key is None
    assert key_file.state(None) is PasscodeState.LOCKED


@pytest.mark.parametrize("data", [KEY_DATAS, PROTECTED], ids=["open", "protected"])
def test_every_truncation(data: bytes) -> None:
    """A cut-off file gives the true key or none, and always says that it is damaged."""
    sizes = []
    for part in helpers.every_truncation(data):
        try:
            key_file, key = opened(part, "1234")
        except FormatError as exception:
            assert exception.offset == len(part) < 8
            continue
        assert key_file.is_damaged
        assert key_file.problems
        assert all(0 <= offset <= len(part) for offset, _ in key_file.problems)
        assert key_file.recovery_line in (
            None,
            f"$telegram$2*100000*{SALT.hex()}*{data[48:336].hex()}",
        )
        if key is None:
            assert key_file.state(None) is PasscodeState.UNKNOWN
            continue
        sizes.append(len(part))
        assert key.value == LOCAL_KEY
    # The key is whole from the end of the second record on.
    assert sizes == list(range(336, len(data)))


def test_every_truncation_of_a_legacy_map() -> None:
    """A cut-off legacy map gives the true key or none."""
    sizes = []
    for part in helpers.every_truncation(LEGACY):
        if len(part) < 12:
            continue
        key = legacy_map(part).open(make_passcodes(["1234"]))
        if key is not None:
            sizes.append(len(part))
            assert key.value == LOCAL_KEY
    assert sizes == list(range(336, len(LEGACY)))


def test_mutations() -> None:
    """No damage yields a wrong key or list, and none goes unnoticed."""
    found = 0
    for data in helpers.mutations(KEY_DATAS, 1500, "key file"):
        try:
            key_file, key = opened(data)
        except FormatError as exception:
            assert exception.offset == len(data) < 8
            continue
        assert key_file.is_damaged
        assert all(0 <= offset <= len(data) for offset, _ in key_file.problems)
        assert key_file.problems
        if key is None:
            assert key_file.state(None) is PasscodeState.UNKNOWN
            continue
        found += 1
        assert key == key_files.LocalKey(LOCAL_KEY, 0)
        try:
            accounts = key_file.account_list(key)
        except FormatError:
            continue
        assert accounts == key_files.AccountList((0, 1), 1)
    assert found > 100


def test_mutations_of_a_legacy_map() -> None:
    """No damage of a legacy map yields a wrong key or content."""
    open_map = tdata.map_file(LEGACY_RECORDS, LOCAL_KEY, 2001013, legacy_salt=SALT)
    for data in helpers.mutations(open_map, 500, "legacy map"):
        try:
            key_file = key_files.read_legacy_map(data)
        except FormatError:
            continue
        key = key_file.open(make_passcodes()) if key_file else None
        if key_file is None or key is None:
            continue
        assert key.value == LOCAL_KEY
        try:
            assert key_file.content(key) == LEGACY_RECORDS
        except FormatError as exception:
            assert 0 <= exception.offset <= len(data)


def test_repr_keeps_the_key_out() -> None:
    """The local key does not appear in what gets logged."""
    key_file, key = opened(KEY_DATAS)
    text = repr((key_file, key))
    assert repr(LOCAL_KEY[64:90])[2:-1] not in text
    assert LOCAL_KEY.hex()[:32] not in text
