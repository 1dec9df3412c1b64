"""Tests of the Telegram Desktop parsers on damaged storages.

Each test damages one file of a profile with three accounts and sends the whole profile
through plaso's extraction worker. Whatever the damage is: other accounts do not suffer,
no identifier is ever wrong, and the damaged file is named with offset and reason.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata
from tests.parsers import support

LOCAL_KEY = tdata.made_up_key("local")
FIRST, SECOND, THIRD = support.HASHES[:3]
MUTATIONS = 300
CHUNKS = 10
STEPS = 8

# File -> index of the account that it belongs to, None for the key file.
VICTIMS = {
    "key_datas": None,
    f"{FIRST}s": 0,
    f"{SECOND}s": 1,
    f"{THIRD}s": 2,
    f"{FIRST}/maps": 0,
    f"{SECOND}/maps": 1,
}
# Where the length fields of an undamaged file stand.
LENGTH_FIELDS = {"key_datas": (8, 44, 336), "maps": (8, 12, 16), "login": (8,)}


class Profile:
    """A profile with three accounts, and what comes out of it undamaged."""

    def __init__(self, folder: Path) -> None:
        self.accounts = support.three_accounts()
        self.folder = folder / "tdata"
        tdata.build_tdata(
            self.folder, self.accounts, local_key=LOCAL_KEY, rng=random.Random(4)
        )
        self.ids = {
            str(account.user_id): tdata.session_identifier(
                account.auth_keys[account.main_dc]
            )
            for account in self.accounts
        }
        self.key_identifiers = set()
        for account in self.accounts:
            for key in account.auth_keys.values():
                self.key_identifiers.add(tdata.session_identifier(key))
            for key in account.keys_to_destroy.values():
                self.key_identifiers.add(f"destroy:{tdata.session_identifier(key)}")
        self.engine = support.Engine(hashers="none")
        self.undamaged = self.outcome(self.run())

    def run(self, *, nested: bool = True) -> support.Extraction:
        """Processes the profile as it is now."""
        return self.engine.run([support.os_path_spec(self.folder)], nested=nested)

    @staticmethod
    def outcome(result: support.Extraction) -> list[str]:
        """Everything that was found, times left out, sorted."""
        return sorted(
            repr(
                [
                    (name, value)
                    for name, value in item.GetAttributes()
                    if not name.startswith("_event_") and not name.endswith("_time")
                ]
            )
            for item in result.event_data
        )

    def run_damaged(
        self, victim: str, data: bytes, *, nested: bool = True
    ) -> support.Extraction:
        """Processes the profile with one file replaced, and puts it back."""
        path = self.folder / victim
        original = path.read_bytes()
        assert data != original
        path.write_bytes(data)
        try:
            result = self.run(nested=nested)
        finally:
            path.write_bytes(original)
        self.check(victim, result)
        return result

    def check(self, victim: str, result: support.Extraction) -> None:
        """Checks what holds for every damage."""
        for text in result.warnings:
            assert "Traceback" not in text
            assert support.FAILURE not in text
        name = victim.rpartition("/")[2]
        assert any(
            text.startswith((f"{name}: offset 0x", f"{victim}: offset 0x"))
            and len(text.partition("offset ")[2]) > 10
            for text in result.warnings
        ), f"no warning: {result.warnings}"
        self.check_identifiers(result)

        found = result.session_ids
        index = VICTIMS[victim]
        for number, account in enumerate(self.accounts):
            identity = (str(account.user_id), self.ids[str(account.user_id)])
            is_intact = victim.endswith("maps") or number != index
            if index is not None and is_intact:
                assert identity in found
        if index is None:
            self.check_key_file(result)
        else:
            own = f"('account_slot', '{index}')"
            assert [line for line in self.undamaged if own not in line] == [
                line for line in self.outcome(result) if own not in line
            ]
        assert len(result.sessions) <= 3

    def check_identifiers(self, result: support.Extraction) -> None:
        """No identifier is invented or put to another account."""
        for item in result.event_data:
            account = item.account_identifier
            assert account is None or account in self.ids
            if item.session_identifier is not None:
                assert item.session_identifier == self.ids[account]
            keys = getattr(item, "key_identifiers", None)
            assert set(keys or ()) <= self.key_identifiers
        for item in result.sessions:
            assert item.account_identifier is not None
            # The name is that of the account, or none.
            assert item.account_name in {
                None,
                {"5123456789": "Ann Lee", "640011223": "Bob"}.get(
                    item.account_identifier, "ゾエ"
                ),
            }

    def check_key_file(self, result: support.Extraction) -> None:
        """A key file opens all accounts or none, and then each is reported."""
        if result.sessions:
            assert result.session_ids == set(self.ids.items())
            return
        assert sorted(item.account_slot for item in result.accounts) == list("012")
        for item in result.accounts:
            assert item.passcode_state == "unknown"
            assert item.account_identifier is None
        assert "/settings" in result.nested


@pytest.fixture(name="profile", scope="module")
def _profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return Profile(tmp_path_factory.mktemp("damage"))


def length_fields(victim: str) -> tuple[int, ...]:
    """Offsets of the length fields of a file."""
    if victim == "key_datas":
        return LENGTH_FIELDS["key_datas"]
    return LENGTH_FIELDS["maps" if victim.endswith("maps") else "login"]


def flip_bits(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Flips one to four bits."""
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Cuts the end off."""
    return data[: rng.randrange(len(data))]


def zero(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Zeroes a range."""
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice([1, 16, 64, 512]))
    return data[:start] + bytes(end - start) + data[end:]


def zero_beginning(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Zeroes the signature and what follows."""
    end = rng.choice([1, 4, 8, 12, 64, 512, len(data)])
    return bytes(min(end, len(data))) + data[end:]


def wrong_length(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Writes another number into a length field."""
    offset = rng.choice(length_fields(victim))
    value = rng.choice([0, 1, 15, 31, 33, 255, 289, 2**16, 2**31, 2**32 - 1, 2**32 - 2])
    return data[:offset] + struct.pack(">I", value) + data[offset + 4 :]


def empty(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Leaves nothing."""
    return b""


def noise(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Fills a range with noise, or everything."""
    start = rng.choice([0, rng.randrange(len(data))])
    return data[:start] + rng.randbytes(len(data) - start)


def longer(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Appends slack."""
    return data + rng.choice([bytes(rng.randint(1, 600)), rng.randbytes(40)])


def shifted(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Loses bytes in the middle."""
    start = rng.randrange(len(data) - 1)
    return data[:start] + data[start + rng.randint(1, 40) :]


def cut_and_flip(data: bytes, rng: random.Random, victim: str) -> bytes:
    """A cut-off file that is damaged before the cut as well."""
    return flip_bits(data[: rng.randrange(60, len(data))], rng, victim)


def wrong_version(data: bytes, rng: random.Random, victim: str) -> bytes:
    """Writes another version number."""
    return (
        data[:4]
        + struct.pack("<i", rng.choice([0, -1, 1, 6011, 2**31 - 1]))
        + (data[8:])
    )


MUTATORS: list[Callable[[bytes, random.Random, str], bytes]] = [
    flip_bits,
    flip_bits,
    cut,
    zero,
    zero_beginning,
    wrong_length,
    wrong_length,
    empty,
    noise,
    longer,
    shifted,
    cut_and_flip,
    cut_and_flip,
    wrong_version,
]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_damage(profile: Profile, chunk: int) -> None:
    """300 random mutations over the key file, logins and maps."""
    for number in range(chunk, MUTATIONS, CHUNKS):
        rng = random.Random(number)
        victim = list(VICTIMS)[number % len(VICTIMS)]
        mutate = MUTATORS[number // len(VICTIMS) % len(MUTATORS)]
        original = (profile.folder / victim).read_bytes()
        data = mutate(original, rng, victim)
        if data == original:
            data = empty(original, rng, victim)
        try:
            profile.run_damaged(victim, data)
        except AssertionError as exception:
            raise AssertionError(
                f"mutation {number}, {mutate.__name__} of {victim}: {exception}"
            ) from exception


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.parametrize("victim", ["key_datas", f"{SECOND}s", f"{FIRST}/maps"])
def test_every_truncation(profile: Profile, victim: str, step: int) -> None:
    """A key file, a login and a map, cut off at every length."""
    original = (profile.folder / victim).read_bytes()
    for length in range(step, len(original), STEPS):
        try:
            profile.run_damaged(victim, original[:length], nested=False)
        except AssertionError as exception:
            raise AssertionError(f"cut at {length}: {exception}") from exception


def test_undamaged(profile: Profile) -> None:
    """The yardstick: without damage all three accounts and no warning."""
    result = profile.run()
    assert result.warnings == []
    assert result.session_ids == set(profile.ids.items())
    assert profile.outcome(result) == profile.undamaged
    assert not any(item._corrupted for item in result.event_data)


@pytest.mark.parametrize("victim", VICTIMS)
def test_wrong_md5_alone(profile: Profile, victim: str) -> None:
    """The SHA-1 inside proves the content: everything is found, marked as corrupted."""
    path = profile.folder / victim
    result = profile.run_damaged(victim, support.change_salt_of_md5(path.read_bytes()))
    assert result.session_ids == set(profile.ids.items())
    assert len(result.sessions) == len(result.accounts) == 3
    index = VICTIMS[victim]
    if index is None:
        marked = {
            "local_passcode",
            "account_indexes",
            "active_account",
            "storage_fingerprint",
        }
        assert marked == {
            item.setting_name for item in result.event_data if item._corrupted
        }
        return
    data_type = "account" if victim.endswith("maps") else "session"
    assert [
        (item.data_type, item.account_slot)
        for item in result.event_data
        if item._corrupted
    ] == [(f"telegram:{data_type}", str(index))]
    assert any("MD5 of the container does not fit" in text for text in result.warnings)


@pytest.mark.parametrize("victim", VICTIMS)
def test_unreadable_content_with_fitting_md5(profile: Profile, victim: str) -> None:
    """A file of another installation (its MD5 fits) is not taken for ours."""
    data = (profile.folder / victim).read_bytes()
    middle = len(data) // 2
    changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    path = profile.folder / victim
    path.write_bytes(support.rewrap(changed))
    try:
        result = profile.run()
    finally:
        path.write_bytes(data)
    profile.check_identifiers(result)
    if VICTIMS[victim] is None:
        # An undamaged key file that no passcode opens is a locked one.
        assert {item.passcode_state for item in result.accounts} == {"locked"}
        assert len(result.accounts) == 3
    else:
        assert any("none of the keys" in text for text in result.warnings)


def test_damaged_login_does_not_take_the_account_along(profile: Profile) -> None:
    """If the login is ruined, the owner's record still names the account."""
    result = profile.run_damaged(f"{FIRST}s", b"")
    names = {item.account_identifier: item.account_name for item in result.accounts}
    assert names["5123456789"] == "Ann Lee"
    assert len(result.sessions) == 2


def test_damaged_map_does_not_take_the_session_along(profile: Profile) -> None:
    """If the map is ruined, the login still tells account and session."""
    result = profile.run_damaged(f"{FIRST}/maps", b"TDF$")
    (account,) = [
        item for item in result.accounts if item.account_identifier == "5123456789"
    ]
    assert account.account_name is None
    assert account.session_identifier == profile.ids["5123456789"]
    assert len(result.sessions) == 3


def test_cut_off_login(profile: Profile) -> None:
    """The intact beginning of a login tells account and first key, and says so."""
    data = (profile.folder / f"{FIRST}s").read_bytes()
    result = profile.run_damaged(f"{FIRST}s", data[:400])
    (session,) = [
        item for item in result.sessions if item.account_identifier == "5123456789"
    ]
    assert session._corrupted
    # Its home data center is 4, of which the key is lost.
    assert session.session_identifier is None
    assert session.session_data_center == 4
    assert session.key_identifiers == [tdata.session_identifier(tdata.made_up_key(2))]
    assert any("no checksum vouches" in text for text in result.warnings)


def test_damaged_account_list(profile: Profile) -> None:
    """If only the account list is ruined, the accounts are found all the same."""
    data = bytearray((profile.folder / "key_datas").read_bytes())
    data[345] ^= 0xFF
    result = profile.run_damaged("key_datas", bytes(data))
    assert result.session_ids == set(profile.ids.items())
    assert result.settings("account_indexes") == []
    assert any("account list" in text for text in result.warnings)


@pytest.mark.parametrize("damage", [lambda data: data[:30], lambda data: data[:-1]])
def test_damaged_data_file(profile: Profile, damage: Callable[[bytes], bytes]) -> None:
    """A damaged data file gets one warning, with its name, and no other trouble."""
    (path,) = (profile.folder / SECOND).glob("*[0-9A-F]s")
    data = path.read_bytes()
    path.write_bytes(damage(data))
    try:
        result = support.extract(profile.folder, parsers=f"filestat,{support.PARSERS}")
    finally:
        path.write_bytes(data)
    assert result.session_ids == set(profile.ids.items())
    assert result.warnings
    for text in result.warnings:
        assert text.startswith(f"{path.name}: offset 0x")
    location = f"/accounts/1/draft/{path.name[:-1]}"
    assert location in result.nested
    assert location in {item.filename for item in result.of_type("fs:stat")}


@pytest.mark.parametrize("victim", [f"{SECOND}s", f"{SECOND}/maps", "draft"])
def test_damage_in_a_locked_storage(tmp_path: Path, victim: str) -> None:
    """Damage that can be seen without the passcode is reported without it."""
    folder = tmp_path / "tdata"
    tdata.build_tdata(folder, support.three_accounts(), passcode="unknown one")
    if victim == "draft":
        (path,) = (folder / SECOND).glob("*[0-9A-F]s")
    else:
        path = folder / victim
    path.write_bytes(support.change_salt_of_md5(path.read_bytes()))
    result = support.extract(tmp_path)
    assert len(result.accounts) == 3
    assert {item.passcode_state for item in result.accounts} == {"locked"}
    (warning,) = result.warnings
    assert warning.startswith((f"{path.name}: offset 0x", f"{victim}: offset 0x"))
    assert "MD5" in warning


def _unreadable(*arguments: Any, **named: Any) -> bytes:
    raise OSError("unreadable sector 4711")


@pytest.mark.parametrize("victim", ["key_datas", f"{SECOND}s", "maps"])
def test_unreadable_file(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    """A file whose sectors cannot be read is a warning that names it."""
    from telegram_forensics.vfs import folder as vfs_folder

    original = vfs_folder.DfvfsFolder.read

    def read(self: Any, name: str, *arguments: Any) -> bytes:
        if name == victim:
            return _unreadable()
        return original(self, name, *arguments)

    monkeypatch.setattr(vfs_folder.DfvfsFolder, "read", read)
    result = profile.run()
    profile.check_identifiers(result)
    assert any(
        victim in text and "unreadable sector 4711" in text for text in result.warnings
    )
    if victim == "key_datas":
        assert len(result.accounts) == 3
    else:
        assert len(result.sessions) == (2 if victim.startswith(SECOND) else 3)


def test_many_sizes_of_noise(profile: Profile) -> None:
    """Files of pure noise with the right signature, of every small size."""
    rng = random.Random(1)
    for size in range(0, 120, 3):
        profile.run_damaged(f"{THIRD}s", b"TDF$" + rng.randbytes(size), nested=False)
