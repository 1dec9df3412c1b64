"""Tests of the Telegram Desktop parsers: versions, slots and odd profiles."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.builders import tdata
from tests.parsers import support

LOCAL_KEY = support.LOCAL_KEY
VERSION = support.VERSION
ZERO = support.HASHES[0]
ONE = support.HASHES[1]
build = support.build
encrypted = support.encrypted
one_account = support.one_account


def key_file(indexes: list[int], active: int = 0) -> bytes:
    """A key file of the profile that lists other accounts."""
    return tdata.key_data(
        LOCAL_KEY, indexes, version=VERSION, salt=bytes(32), active=active
    )


def test_unlisted_accounts(tmp_path: Path) -> None:
    """An account that the key file does not list (any more) is still found."""
    accounts = support.three_accounts()
    folder = build(tmp_path / "tdata", accounts)
    (folder / "key_datas").write_bytes(key_file([1], active=1))
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids(accounts)
    assert len(result.sessions) == 3
    assert result.settings("account_indexes") == ["1"]
    assert result.settings("active_account") == ["1"]
    assert result.warnings == []


def test_listed_but_missing_accounts(tmp_path: Path) -> None:
    """An account that is listed and not there is a warning, with its file name."""
    accounts = support.three_accounts()
    folder = build(tmp_path / "tdata", accounts)
    (folder / "key_datas").write_bytes(key_file([0, 1, 2, 4]))
    (folder / f"{ONE}s").unlink()
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids([accounts[0], accounts[2]])
    assert len(result.accounts) == 3
    assert sorted(result.warnings) == [
        f"key_datas: account 1 is listed, its authorization file ({ONE}) is missing",
        f"key_datas: account 4 is listed, its files ({support.HASHES[4]}) are missing",
    ]


def test_listed_but_missing_accounts_of_a_locked_storage(tmp_path: Path) -> None:
    """A lone locked key file is reported with its recovery line."""
    folder = tmp_path / "tdata"
    folder.mkdir()
    data = tdata.key_data(
        LOCAL_KEY, [0], version=VERSION, salt=bytes(range(32)), passcode="secret"
    )
    (folder / "key_datas").write_bytes(data)
    result = support.extract(tmp_path)
    (account,) = result.accounts
    assert account.passcode_state == "locked"
    assert account.recovery_line == support.recovery_line(data)
    assert account.client_version == "4.6.5"
    assert result.sessions == []


@pytest.mark.parametrize("keep_keys", [True, False])
@pytest.mark.parametrize("destroy", [True, False])
def test_nobody_logged_in(tmp_path: Path, keep_keys: bool, destroy: bool) -> None:
    """User id 0: keys to destroy say that a login has ended, keys alone do not."""
    key, old_key = tdata.made_up_key(12), tdata.made_up_key("old")
    account = one_account(
        user_id=0,
        auth_keys={2: key} if keep_keys else {},
        keys_to_destroy={2: old_key} if destroy else {},
        first_name=None,
    )
    build(tmp_path / "tdata", [account])
    result = support.extract(tmp_path)
    (session,) = result.sessions
    assert session.record_state == ("removed" if destroy else "unused_slot")
    assert session.account_identifier is None
    assert session.account_name is None
    identifier = tdata.session_identifier(key) if keep_keys else None
    assert session.session_identifier == identifier
    expected = [identifier] if keep_keys else []
    if destroy:
        expected.append(f"destroy:{tdata.session_identifier(old_key)}")
    assert session.key_identifiers == (expected or None)
    assert result.warnings == []


def test_owner_of_a_slot_without_login(tmp_path: Path) -> None:
    """Nobody is logged in: the map's owner is an account, never the session's."""
    account = one_account()
    folder = build(tmp_path / "tdata", [account])
    account.user_id = 0
    (folder / f"{ZERO}s").write_bytes(encrypted(tdata.authorization(account)))
    result = support.extract(tmp_path)
    (session,) = result.sessions
    assert session.record_state == "unused_slot"
    assert session.account_identifier is None
    assert session.account_name is None
    assert session.account_phone is None
    (owner,) = result.accounts
    assert owner.account_identifier == "640011223"
    assert owner.account_name == "Bob Baum"


def test_owner_of_another_account(tmp_path: Path) -> None:
    """The map names somebody else than the login: a warning, and nothing is mixed."""
    account = one_account()
    folder = build(tmp_path / "tdata", [account])
    other = one_account(user_id=999000111, auth_keys={2: tdata.made_up_key("x")})
    (folder / f"{ZERO}s").write_bytes(encrypted(tdata.authorization(other)))
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids([other])
    (session,) = result.sessions
    for name in ("account_name", "account_phone", "account_username"):
        assert getattr(session, name) is None
    accounts = {item.account_identifier: item for item in result.accounts}
    assert sorted(accounts) == ["640011223", "999000111"]
    assert accounts["999000111"].account_name is None
    assert accounts["999000111"].session_identifier == session.session_identifier
    assert accounts["640011223"].account_name == "Bob Baum"
    assert accounts["640011223"].session_identifier is None
    assert accounts["640011223"].session_data_center is None
    (warning,) = result.warnings
    assert "owner's record is of account 640011223" in warning
    assert "account 999000111" in warning
    assert warning.startswith("maps: ")


@pytest.mark.parametrize(
    ("user_id", "wide"),
    [
        (1, True),
        (2**32 + 5, True),
        (2**40 - 1, True),
        (1, False),
        (123456789, False),
        (2**31 - 1, False),
    ],
)
def test_user_identifiers(tmp_path: Path, user_id: int, wide: bool) -> None:
    """64-bit and 32-bit forms of the login give the same decimal identifier."""
    account = one_account(user_id=user_id, wide=wide)
    build(tmp_path / "tdata", [account])
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids([account])
    (session,) = result.sessions
    assert session.account_identifier == str(user_id)
    assert session.session_data_center == 2
    assert session.account_name == "Bob Baum"
    assert result.warnings == []


def test_six_accounts_and_no_active_one(tmp_path: Path) -> None:
    """All six account slots; the active index -1 is given as it is stored."""
    accounts = [
        tdata.BuiltAccount(index, 1000 + index, 2, {2: tdata.made_up_key(index)})
        for index in range(6)
    ]
    build(tmp_path / "tdata", accounts, active=-1)
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids(accounts)
    assert sorted(item.account_slot for item in result.sessions) == list("012345")
    assert result.settings("active_account") == ["-1"]


@pytest.mark.parametrize("passcode", ["", "4711"])
@pytest.mark.parametrize(
    ("layout", "version"),
    [("legacy_map", "2.1.13"), ("mtp_old_blocks", "1.0.14")],
)
def test_legacy_layouts(
    tmp_path: Path, layout: str, version: str, passcode: str
) -> None:
    """Versions before 2.1.14, whose map holds the key."""
    account = one_account()
    folder = build(tmp_path / "tdata", [account], layout=layout, passcode=passcode)
    result = support.extract(tmp_path, ["0000", "4711"])
    assert result.session_ids == support.expected_ids([account])
    assert len(result.sessions) == 1
    for item in [*result.sessions, *result.accounts]:
        assert item.client_version == version
        assert item.account_slot == "0"
    # Owner's records exist since 1.3.17 only.
    (found,) = result.accounts
    known = layout == "legacy_map"
    assert found.account_name == ("Bob Baum" if known else None)
    assert found.account_identifier == "640011223"
    assert found.passcode_state == ("set" if passcode else "none")
    assert result.settings("local_passcode") == [found.passcode_state]
    assert sorted(result.nested) == [
        "/accounts/0/map",
        "/accounts/0/mtp_authorization",
        "/settings",
    ]
    assert result.warnings == []
    if passcode:
        check_locked_legacy(tmp_path, folder, version)


def check_locked_legacy(tmp_path: Path, folder: Path, version: str) -> None:
    """The same without the passcode."""
    result = support.extract(tmp_path, ["0000"])
    assert result.sessions == []
    (found,) = result.accounts
    (map_path,) = (folder / ZERO).glob("map*")
    assert found.passcode_state == "locked"
    assert found.recovery_line == support.recovery_line(
        map_path.read_bytes(), "$telegram$1*4000"
    )
    assert found.passcode_kdf == "PBKDF2-HMAC-SHA1, 4000 rounds"
    assert found.client_version == version
    assert result.settings("auto_start") == ["off"]


def test_oldest_layout(tmp_path: Path) -> None:
    """0.5.0 to 0.7.18: three plain files, two of them beside tdata."""
    account = one_account()
    tdata.build_tdata(tmp_path / "tdata", [account], layout="oldest")
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids([account])
    (session,) = result.sessions
    (found,) = result.accounts
    for item in (session, found):
        assert item.client_version == "0.7.18"
        assert item.client_name == "Telegram Desktop"
        assert item.account_identifier == "640011223"
        assert item.session_data_center == 2
    assert sorted(session.key_identifiers) == sorted(
        tdata.session_identifier(key) for key in account.auth_keys.values()
    )
    assert result.settings("auto_start") == ["off"]
    assert result.settings("logged_phone_number") == ["4915700000001"]
    assert result.warnings == []


@pytest.mark.parametrize("name", ["data", "data_config", "tdata/config"])
def test_oldest_layout_damaged(tmp_path: Path, name: str) -> None:
    """Each of the three files cut off, at every length that keeps its beginning."""
    account = one_account()
    tdata.build_tdata(tmp_path / "tdata", [account], layout="oldest")
    path = tmp_path / name
    whole = path.read_bytes()
    engine = support.Engine()
    complete = engine.run([support.os_path_spec(tmp_path)]).settings("auto_start")
    # Nothing tells a plain file that ends between two blocks from a complete one.
    boundaries = {8, 16, 24} if path.name == "config" else set()
    for length in sorted({*range(4, len(whole), 3)} - boundaries):
        path.write_bytes(whole[:length])
        result = engine.run([support.os_path_spec(tmp_path)])
        assert not any(support.FAILURE in text for text in result.warnings)
        assert result.session_ids <= support.expected_ids([account])
        is_intact = (
            len(result.session_ids) == 1
            and result.settings("auto_start") == complete
            and len(result.settings("dialog_last_path")) == 1
        )
        assert is_intact or any(
            "offset 0x" in text and text.startswith(path.name)
            for text in result.warnings
        ), (length, result.warnings)


@pytest.mark.parametrize(
    ("kdf", "cost", "name"),
    [
        ("argon2id", (64, 2, 1), "Argon2id"),
        ("scrypt", (1024, 8, 1), "scrypt"),
    ],
)
def test_key_file_of_seven_three(
    tmp_path: Path, kdf: str, cost: tuple[int, int, int], name: str
) -> None:
    """The trailer of 7.3: passcode, a wrong one, and an interrupted change."""
    accounts = support.three_accounts()
    build(
        tmp_path / "tdata",
        accounts,
        layout="seven_three",
        passcode="Harbor",
        kdf=kdf,
        kdf_cost=cost,
        stale_passcode="staged",
    )
    result = support.extract(tmp_path, ["wrong", "Harbor"])
    assert result.session_ids == support.expected_ids(accounts)
    for item in result.accounts:
        assert item.passcode_state == "set"
        assert item.passcode_kdf.startswith(name)
        assert item.client_version == "7.3.1"
    (interrupted,) = result.settings("interrupted_passcode_change")
    assert "generation 2, committed 1" in interrupted
    assert result.warnings == []
    # The passcode of the wrap that was never committed must not open it.
    for candidates in (None, ["staged"]):
        locked = support.extract(tmp_path, candidates)
        assert locked.sessions == []
        assert {item.passcode_state for item in locked.accounts} == {"locked"}
        assert {item.recovery_line for item in locked.accounts} == {None}
        assert len(locked.accounts) == 3


def test_seven_three_without_passcode(tmp_path: Path) -> None:
    """Without a passcode the file opens as it always did."""
    accounts = support.three_accounts()
    build(tmp_path / "tdata", accounts, layout="seven_three")
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids(accounts)
    assert result.settings("local_passcode") == ["none"]
    assert result.warnings == []


def test_two_data_sets(tmp_path: Path) -> None:
    """Two data sets (-key NAME) in one folder, one of them locked."""
    accounts = support.three_accounts()
    folder = build(tmp_path / "tdata", accounts)
    work = one_account(user_id=999888777, auth_keys={2: tdata.made_up_key("w")})
    tdata.build_tdata(
        folder, [work], data_name="work", passcode="x1", rng=random.Random(9)
    )
    hash_of_work = tdata.account_hash("work")
    result = support.extract(tmp_path, ["x1"])
    assert result.session_ids == support.expected_ids([*accounts, work])
    assert len(result.sessions) == len(result.accounts) == 4
    assert result.warnings == []
    locked = support.extract(tmp_path)
    assert locked.session_ids == support.expected_ids(accounts)
    states = [item.passcode_state for item in locked.accounts]
    assert sorted(states) == ["locked", "none", "none", "none"]
    assert locked.warnings == []
    assert (folder / f"{hash_of_work}s").exists()


def test_account_without_key_file(tmp_path: Path) -> None:
    """Without any key file nothing can be decrypted, and that is said."""
    folder = build(tmp_path / "tdata", support.three_accounts())
    (folder / "key_datas").unlink()
    result = support.extract(tmp_path)
    assert result.sessions == []
    for name in support.HASHES[:3]:
        assert any(
            text.startswith(f"{name}s: ") and "no key file" in text
            for text in result.warnings
        )


def test_files_out_of_place(tmp_path: Path) -> None:
    """A login of an unknown slot is decrypted; a map outside of any folder is not."""
    accounts = support.three_accounts()
    folder = build(tmp_path / "tdata", accounts)
    (folder / f"{ONE}s").rename(folder / "0123456789ABCDEFs")
    (folder / "maps").write_bytes((folder / ONE / "maps").read_bytes())
    result = support.extract(tmp_path)
    assert result.session_ids == support.expected_ids(accounts)
    (stray,) = [item for item in result.sessions if len(item.account_slot) > 1]
    assert stray.account_slot == "0123456789ABCDEF"
    assert stray.account_identifier == "640011223"
    assert any(text.startswith("maps: lies outside") for text in result.warnings)


def test_damaged_user_tag(tmp_path: Path) -> None:
    """A usertag of the wrong size is a warning, and no identifier is made of it."""
    folder = build(tmp_path / "tdata", support.three_accounts())
    (folder / "usertag").write_bytes(b"1234567")
    result = support.extract(tmp_path)
    assert {item.installation_identifier for item in result.event_data} == {None}
    assert result.warnings == ["usertag: offset 0x0: 7 bytes instead of 8"]
