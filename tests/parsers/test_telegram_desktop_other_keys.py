"""A locked storage that the key file of an earlier version or of a copy opens."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.path import factory

from telegram_forensics.formats.tdesktop_key_file import PasscodeState
from telegram_forensics.formats.tdesktop_other_keys import OtherKeyFile
from telegram_forensics.formats.tdesktop_storage import TdataStorage
from tests import helpers
from tests.builders import tdata
from tests.parsers import support

SUFFIX = "+other_key_file"
IMAGE = support.ROOT / "test_data" / "windows_shadow_copy.E01"
LOCATION = "\\Users\\Zoë\\AppData\\Roaming\\Telegram Desktop\\tdata"


def image_folder(store: int | None = None) -> Any:
    """Path specification of the tdata folder, today's or the shadow copy's."""
    make = factory.Factory.NewPathSpec
    volume = make(
        dfvfs_definitions.TYPE_INDICATOR_EWF, parent=support.os_path_spec(IMAGE)
    )
    if store is not None:
        volume = make(
            dfvfs_definitions.TYPE_INDICATOR_VSHADOW,
            location=f"/vss{store + 1}",
            parent=volume,
            store_index=store,
        )
    return make(dfvfs_definitions.TYPE_INDICATOR_NTFS, location=LOCATION, parent=volume)


def test_shadow_copy_opens_the_storage_of_today() -> None:
    """The whole storage is read, and every event says with whose key."""
    found = support.extract(image_folder())
    assert found.warnings == []
    (session,) = found.sessions
    key = tdata.made_up_key("vss 4")
    assert session.session_identifier == tdata.session_identifier(key)
    assert session.account_identifier == "8123456701"
    assert session.attribution_basis == f"tdata_authorization{SUFFIX}"
    (draft,) = found.of_type("telegram:draft")
    assert draft.text == "after"
    assert draft.attribution_basis == f"tdata_draft{SUFFIX}"
    assert found.settings("storage_key_source") == ["shadow copy vss1"]
    assert found.settings("local_passcode") == ["locked"]
    assert {account.passcode_state for account in found.accounts} == {"locked"}
    assert all(account.recovery_line for account in found.accounts)
    # The decrypted files are there for stock parsers and hashers, too.
    assert "/accounts/0/mtp_authorization" in " ".join(found.nested)


def test_shadow_copy_itself_needs_nothing() -> None:
    """The older version has no passcode and is not marked."""
    found = support.extract(image_folder(0))
    assert found.warnings == []
    assert found.settings("storage_key_source") == []
    assert found.settings("local_passcode") == ["none"]
    (draft,) = found.of_type("telegram:draft")
    assert (draft.text, draft.attribution_basis) == ("before", "tdata_draft")


def test_given_passcode_is_preferred() -> None:
    """With the passcode of today no other key file is asked."""
    found = support.extract(image_folder(), ["sesame open 99"])
    assert found.settings("local_passcode") == ["set"]
    assert found.settings("storage_key_source") == []
    assert [item.attribution_basis for item in found.sessions] == [
        "tdata_authorization"
    ]


def profiles(folder: Path, other: str, **options: Any) -> Path:
    """A locked profile with another one beside it."""
    people = support.three_accounts()
    support.build(folder / "tdata", people, passcode="unknown to us")
    tdata.build_tdata(folder / other, people, **options)
    return folder / "tdata"


@pytest.mark.parametrize("passcode", ["", "known"])
def test_copy_beside_the_folder(tmp_path: Path, passcode: str) -> None:
    """A copy of before, open or with a passcode that is known, opens it as well."""
    folder = profiles(
        tmp_path, "tdata - Kopie", local_key=support.LOCAL_KEY, passcode=passcode
    )
    found = support.extract(folder, [passcode] if passcode else None)
    assert found.warnings == []
    assert found.session_ids == support.expected_ids(support.three_accounts())
    assert found.settings("storage_key_source") == [
        "the folder 'tdata - Kopie' beside it"
    ]
    assert {item.attribution_basis for item in found.sessions} == {
        f"tdata_authorization{SUFFIX}"
    }


def test_other_storage_opens_nothing(tmp_path: Path) -> None:
    """Another installation beside it has another key: the storage stays locked."""
    folder = profiles(tmp_path, "other", local_key=tdata.made_up_key("not that one"))
    found = support.extract(folder)
    assert found.sessions == []
    assert found.settings("local_passcode") == ["locked"]
    assert {account.passcode_state for account in found.accounts} == {"locked"}


def test_damaged_copy_opens_nothing(tmp_path: Path) -> None:
    """Garbage in the place of a key file costs nothing."""
    folder = profiles(tmp_path, "copy", local_key=support.LOCAL_KEY)
    key_file = tmp_path / "copy" / "key_datas"
    for number, data in enumerate(helpers.mutations(key_file.read_bytes(), 40, 1)):
        target = tmp_path / f"copy {number}"
        target.mkdir()
        (target / "key_datas").write_bytes(data)
    shutil.rmtree(tmp_path / "copy")
    found = support.extract(folder)
    # Damage behind the wrapped key leaves the key itself whole.
    sources = found.settings("storage_key_source")
    assert bool(sources) == bool(found.sessions)
    assert found.warnings == []


def test_key_is_borrowed_only_if_it_fits(tmp_path: Path) -> None:
    """Pure: the candidates are tried in turn, the first that fits is named."""
    people = support.three_accounts()
    locked = helpers.built(
        tmp_path / "a", people, passcode="x y z", local_key=support.LOCAL_KEY
    )
    fits = helpers.built(tmp_path / "b", people, local_key=support.LOCAL_KEY)
    wrong = helpers.built(tmp_path / "c", people)
    asked = []

    def others(logical_name: str) -> Any:
        asked.append(logical_name)
        yield OtherKeyFile("no key file", b"TDF$ or not")
        yield OtherKeyFile("another storage", wrong.files["key_datas"])
        yield OtherKeyFile("an earlier one", fits.files["key_datas"])
        raise AssertionError("asked for more than needed")

    storage = TdataStorage(locked, other_key_files=others)
    (slot,) = storage.key_slots["data"]
    assert asked == ["key_data"]
    assert slot.local_key is not None
    assert slot.local_key.source == "an earlier one"
    assert slot.state is PasscodeState.LOCKED
    assert support.LOCAL_KEY.hex() not in repr(slot)
    for account, person in zip(storage.accounts, people, strict=False):
        helpers.check_account(account, person)
