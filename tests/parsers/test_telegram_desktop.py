"""Tests of the Telegram Desktop parsers on real samples and whole profiles."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from dfvfs.path import factory
from plaso.lib import errors
from plaso.parsers import manager as parsers_manager
from telegram_forensics.parsers import telegram_desktop

from tests.builders import tdata
from tests.parsers import support

SAMPLES = [
    "desktop-ana-one-account-no-passcode",
    "desktop-marta-copied-tdata",
    "desktop-marta-one-account-no-passcode",
    "desktop-marta-two-accounts-passcode",
    "made-7.3-argon2",
    "made-7.3-no-passcode",
    "stock-nopass",
    "stock-passcode-ascii",
    "stock-passcode-nonascii",
    "stock-wide-id-draft",
]
WITH_PASSCODE = [
    "desktop-marta-two-accounts-passcode",
    "made-7.3-argon2",
    "stock-passcode-ascii",
    "stock-passcode-nonascii",
]
# Names, phone numbers and biographies that the made-up service gave the accounts.
OWNERS = {
    "5920118833": ("Marta Okonjo", "4915712345678", "marta_okonjo", "bio of Marta"),
    "198765432": ("Marta Work", "4915700001111", "marta_work", "second account"),
    "411223344": ("Ana Söderberg", "46701234567", "anasod", "bio of Ana"),
}


def key_lists(account: dict[str, Any]) -> tuple[str, list[str]]:
    """Session identifier and key identifiers of an account, out of the keys alone."""
    keys = support.auth_keys(account)
    identifiers = [tdata.session_identifier(key) for key in keys.values()]
    to_destroy = [
        bytes.fromhex(value if isinstance(value, str) else value["key_hex"])
        for value in account.get("keys_to_destroy", {}).values()
    ]
    identifiers += [f"destroy:{tdata.session_identifier(key)}" for key in to_destroy]
    return tdata.session_identifier(keys[account["main_dc"]]), identifiers


def version_of(truth: dict[str, Any]) -> str:
    """Version of the client as text: 4006005 -> 4.6.5."""
    number = truth.get("written_with_version") or truth.get("version") or 4006005
    return f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"


def check_open_sample(name: str, result: support.Extraction) -> None:
    """Compares everything that was found with the ground truth."""
    truth = support.truth(name)
    assert result.warnings == []
    assert len(result.sessions) == len(truth["accounts"])
    sessions = {item.account_slot: item for item in result.sessions}
    accounts = {item.account_slot: item for item in result.accounts}
    assert len(result.accounts) == len(accounts) == len(truth["accounts"])
    for known in truth["accounts"]:
        slot = str(known["index"])
        identifier, identifiers = key_lists(known)
        for item in (sessions[slot], accounts[slot]):
            assert item.account_identifier == str(known["user_id"])
            assert item.session_identifier == identifier
            assert item.session_data_center == known["main_dc"]
            assert item.client_name == "Telegram Desktop"
            assert item.client_version == version_of(truth)
            owner = OWNERS.get(item.account_identifier, (None, None, None, None))
            if not name.startswith("desktop"):
                owner = (None, None, None, None)
            assert item.account_name == owner[0]
            assert item.account_phone == owner[1]
            assert item.account_username == owner[2]
            assert not item._corrupted
        session = sessions[slot]
        assert session.record_state == "current"
        assert session.attribution_basis == "tdata_authorization"
        assert session.key_identifiers == identifiers
        assert accounts[slot].account_about == owner[3]
        state = "set" if truth["passcode"] else "none"
        assert accounts[slot].passcode_state == state
        assert accounts[slot].recovery_line is None
    indexes = ", ".join(str(known["index"]) for known in truth["accounts"])
    assert result.settings("account_indexes") == [indexes]
    active = truth.get("active_index", 0)
    assert result.settings("active_account") == [str(active)]
    assert result.settings("local_passcode") == [state]


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_with_its_passcode(name: str, tmp_path: Path) -> None:
    """Every sample: one session and one account each, nothing else, no warning."""
    folder = support.unpack_sample(name, tmp_path)
    passcode = support.truth(name)["passcode"]
    candidates = ["wrong one", passcode, "another"] if passcode else None
    result = support.extract(folder.parent, candidates)
    check_open_sample(name, result)
    if (folder / "usertag").exists():
        (tag,) = struct.unpack("<Q", (folder / "usertag").read_bytes())
        for item in result.event_data:
            assert item.installation_identifier == f"{tag:016x}"
    for item in result.sessions:
        path = folder / f"{support.HASHES[int(item.account_slot)]}s"
        modified = path.stat().st_mtime_ns // 1000
        assert item.written_time.GetPlasoTimestamp() == modified


@pytest.mark.parametrize("candidates", [None, ["wrong", "Pier8", "12345"]])
@pytest.mark.parametrize("name", WITH_PASSCODE)
def test_sample_without_its_passcode(
    name: str, candidates: list[str] | None, tmp_path: Path
) -> None:
    """A locked storage tells its accounts, the lock and the recovery line."""
    if candidates and "argon2" in name:
        candidates = candidates[:1]
    folder = support.unpack_sample(name, tmp_path)
    truth = support.truth(name)
    result = support.extract(folder.parent, candidates)
    assert result.sessions == []
    slots = sorted(item.account_slot for item in result.accounts)
    assert slots == [str(known["index"]) for known in truth["accounts"]]
    line: str | None = support.recovery_line((folder / "key_datas").read_bytes())
    if "7.3" in name:
        line = None  # No published mode for the key file of 7.3 with a passcode.
    for item in result.accounts:
        assert item.passcode_state == "locked"
        assert item.recovery_line == line
        assert item.attribution_basis == "tdata_key_file"
        assert item.client_version == version_of(truth)
        assert item.account_identifier is None
        assert item.account_name is None
        assert item.session_identifier is None
    kdf = "Argon2id, 65536 KiB" if "7.3" in name else "PBKDF2-HMAC-SHA512, 100000 "
    assert all(item.passcode_kdf.startswith(kdf) for item in result.accounts)
    assert result.settings("local_passcode") == ["locked"]
    assert not any(location.startswith("/accounts") for location in result.nested)
    assert result.warnings == []
    if (folder / "settingss").exists():
        assert result.settings("auto_update") == ["on"]
        assert result.nested == ["/settings"]


def test_copied_storage_has_the_same_session(tmp_path: Path) -> None:
    """A stolen copy: same session and installation, another time of other files."""
    original = support.unpack_sample(
        "desktop-marta-one-account-no-passcode", tmp_path / "a"
    )
    copy = support.unpack_sample("desktop-marta-copied-tdata", tmp_path / "b")
    assert original != copy
    (first,) = support.extract(tmp_path / "a").sessions
    (second,) = support.extract(tmp_path / "b").sessions
    assert first.session_identifier == second.session_identifier == "ba17aaf2eb518876"
    assert first.key_identifiers == second.key_identifiers
    assert first.installation_identifier == second.installation_identifier
    # In one run over both, each still has its own.
    assert len(support.extract(tmp_path).sessions) == 2


@pytest.mark.parametrize("passcode", ["", "Ключ"])
def test_three_accounts(tmp_path: Path, passcode: str) -> None:
    """Three accounts of one storage: sessions, owners, key lists."""
    accounts = support.three_accounts()
    tdata.build_tdata(
        tmp_path / "tdata", accounts, passcode=passcode, usertag=0x1122334455667788
    )
    result = support.extract(tmp_path, [passcode] if passcode else None)
    assert result.warnings == []
    assert len(result.sessions) == len(result.accounts) == 3
    assert result.session_ids == support.expected_ids(accounts)
    names = {item.account_identifier: item.account_name for item in result.accounts}
    assert names == {
        "5123456789": "Ann Lee",
        "640011223": "Bob",
        "1370042042": "ゾエ",
    }
    for item in result.accounts:
        assert item.attribution_basis == "tdata_self_record"
        assert item.last_seen_time.timestamp == 1700000000
        assert item.passcode_state == ("set" if passcode else "none")
    for item in result.event_data:
        assert item.installation_identifier == "1122334455667788"
    (destroying,) = [
        item
        for item in result.sessions
        if len(item.key_identifiers) == 2
        and (item.key_identifiers[1].startswith("destroy:"))
    ]
    assert destroying.account_identifier == "640011223"
    assert destroying.key_identifiers[1] == (
        f"destroy:{tdata.session_identifier(tdata.made_up_key(99))}"
    )


def test_nested_files_are_handed_to_plaso(tmp_path: Path) -> None:
    """Each decrypted file becomes an event source with times and hashes."""
    tdata.build_tdata(tmp_path / "tdata", support.three_accounts(), passcode="x")
    result = support.extract(
        tmp_path, ["a", "b", "x"], parsers=f"filestat,{support.PARSERS}"
    )
    assert len(result.nested) == len(set(result.nested)) == 8
    nested = [spec for spec in result.sources if support.is_nested(spec)]
    for spec in nested:
        assert spec.identifier == 3
        assert spec.parent.location == str(tmp_path / "tdata" / "key_datas")
    stats = {
        item.filename: item
        for item in result.of_type("fs:stat")
        if item.file_system_type == "TDATA"
    }
    assert sorted(stats) == sorted(result.nested)
    login = stats["/accounts/2/mtp_authorization"]
    assert login.file_size == len(tdata.authorization(support.three_accounts()[2]))
    modified = (tmp_path / "tdata" / f"{support.HASHES[2]}s").stat().st_mtime_ns
    assert login.modification_time.GetPlasoTimestamp() == pytest.approx(
        modified / 1000, abs=1
    )
    assert result.warnings == []


def test_all_parsers_together(tmp_path: Path) -> None:
    """With every stock parser active, ours find the same and nothing complains."""
    accounts = support.three_accounts()
    tdata.build_tdata(tmp_path / "tdata", accounts, usertag=1)
    result = support.extract(tmp_path, parsers="")
    assert result.warnings == []
    assert len(result.sessions) == len(result.accounts) == 3
    assert result.session_ids == support.expected_ids(accounts)


def test_images(tmp_path: Path) -> None:
    """The committed disk images, against their ground truth."""
    text = (support.ROOT / "test_data" / "ground_truth.json").read_text("utf-8")
    new = factory.Factory.NewPathSpec
    for image, truth in json.loads(text).items():
        ewf = new(
            "EWF", parent=support.os_path_spec(support.ROOT / "test_data" / image)
        )
        for known in truth["tdata"]:
            if "windows" in image:
                volume = new("GPT", location="/p1", parent=ewf)
                location = known["path"].replace("/", "\\")
                folder = new("NTFS", location=location, parent=volume)
            else:
                folder = new("EXT", location=known["path"], parent=ewf)
            candidates = [known["passcode"]] if known["passcode"] else None
            result = support.extract(folder, candidates)
            assert result.warnings == []
            found = {
                (item.account_slot, item.account_identifier, item.session_identifier)
                for item in result.sessions
            }
            assert len(result.sessions) == len(known["accounts"])
            assert found == {
                (str(item["index"]), str(item["user_id"]), item["session_identifier"])
                for item in known["accounts"]
            }


@pytest.mark.parametrize("parser_class", telegram_desktop.PARSERS)
def test_alternate_data_streams_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parser_class: type
) -> None:
    """An NTFS stream of a storage file is not the storage file."""
    tdata.build_tdata(tmp_path / "tdata", support.three_accounts())
    path = tmp_path / "tdata" / "key_datas"
    if parser_class is telegram_desktop.TelegramDesktopDamagedParser:
        path.write_bytes(b"\x00" + path.read_bytes()[1:])
    seen = []
    original = parser_class.ParseFileObject

    def parse(self: Any, parser_mediator: Any, file_object: Any) -> None:
        if parser_mediator.GetFileEntry().name != "key_datas":
            raise errors.WrongParser("not asked for")
        # What NTFS gives for the stream: the same path specification, with its name.
        file_object._path_spec.data_stream = "copy"
        try:
            original(self, parser_mediator, file_object)
        except errors.WrongParser as exception:
            seen.append(str(exception))
            raise
        finally:
            del file_object._path_spec.data_stream

    monkeypatch.setattr(parser_class, "ParseFileObject", parse)
    result = support.extract(path)
    assert seen == ["Not the default data stream."]
    assert result.event_data == []
    assert result.warnings == []


def test_parsers_are_registered() -> None:
    """Both are known to plaso, one by signature and one without."""
    found = parsers_manager.ParsersManager.GetParserObjects(
        parser_filter_expression=support.PARSERS
    )
    for parser_class in telegram_desktop.PARSERS:
        assert isinstance(found[parser_class.NAME], parser_class)
    _, without_signature = parsers_manager.ParsersManager.GetFormatsWithSignatures(
        parser_filter_expression=support.PARSERS
    )
    assert list(without_signature) == ["telegram_desktop_damaged"]


def test_unrelated_files_are_left_alone(tmp_path: Path) -> None:
    """Other programs' files, empty ones and look-alikes give nothing at all."""
    (tmp_path / "D877F783D5D3EF8Cs").write_bytes(b"")
    (tmp_path / "maps").write_bytes(b"{}")
    (tmp_path / "config0").write_bytes(b"text")
    (tmp_path / "key_cachess").write_bytes(b"some other key file")
    (tmp_path / "version").write_bytes(b"\x00\x00\x02\x9a")
    (tmp_path / "data.bin").write_bytes(b"\x00\x00\x02\x9a" + os.urandom(64))
    result = support.extract(tmp_path)
    assert result.event_data == []
    assert result.warnings == []


def test_container_under_another_name(tmp_path: Path) -> None:
    """A renamed storage file is not passed over in silence."""
    tdata.build_tdata(tmp_path / "tdata", support.three_accounts())
    (tmp_path / "tdata" / f"{support.HASHES[0]}s").rename(
        tmp_path / "tdata" / "recovered.tdf"
    )
    warnings = support.extract(tmp_path).warnings
    assert any(
        text.startswith("recovered.tdf: offset 0x0: Telegram Desktop container")
        and "version 4.6.5" in text
        for text in warnings
    )
    assert any(
        "account 0 is listed, its authorization file" in text for text in warnings
    )


def test_lost_passcode_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passcode file that has gone by now is a warning; the rest goes on."""
    accounts = support.three_accounts()
    tdata.build_tdata(tmp_path / "tdata", accounts)
    variable = support.passcode_file.PASSCODES_VARIABLE
    monkeypatch.setenv(variable, str(tmp_path / "gone.txt"))
    result = support.Engine().run([support.os_path_spec(tmp_path)], nested=False)
    assert result.session_ids == support.expected_ids(accounts)
    assert result.warnings
    assert all("gone.txt" in text for text in result.warnings)


SECRET_SAMPLES = [
    "desktop-marta-two-accounts-passcode",
    "made-7.3-argon2",
    "stock-passcode-nonascii",
]


def _forms(secret: bytes) -> set[str]:
    """How a secret could turn up in text."""
    return {
        secret.hex(),
        base64.b64encode(secret).decode().rstrip("="),
        base64.urlsafe_b64encode(secret).decode().rstrip("="),
        repr(secret)[2:-1],
        repr(list(secret))[1:-1],
    }


def secrets_of(name: str, folder: Path) -> dict[str, set[str]]:
    """Everything that must stay in the evidence, in all its forms, lower case."""
    truth = support.truth(name)
    found = {"local key": _forms(bytes.fromhex(truth["local_key_hex"]))}
    for known in truth["accounts"]:
        for data_center, key in support.auth_keys(known).items():
            found[f"auth key {known['index']}/{data_center}"] = _forms(key)
            # Half a key is as bad.
            found[f"half of {known['index']}/{data_center}"] = _forms(key[:128])
            found[f"SHA-1 of {known['index']}/{data_center}"] = _forms(
                hashlib.sha1(key).digest()
            )
    salt = (folder / "key_datas").read_bytes()[12:44]
    found["salt"] = _forms(salt)
    found["passcode"] = {truth["passcode"], truth["passcode"].encode().hex()}
    return {label: {form.lower() for form in forms} for label, forms in found.items()}


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("name", SECRET_SAMPLES)
def test_secrets_stay_in_the_evidence(
    name: str, is_open: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No key, salt or passcode in any event, warning, path or log record."""
    folder = support.unpack_sample(name, tmp_path / "evidence")
    passcode = support.truth(name)["passcode"]
    candidates = ["not it", passcode] if is_open else ["not it"]
    caplog.set_level(logging.DEBUG)
    result = support.extract(
        folder.parent, candidates, parsers=f"filestat,{support.PARSERS}"
    )
    assert any("sha256_hash" in record.getMessage() for record in caplog.records)
    texts = [record.getMessage() for record in caplog.records]
    texts += [repr(record.args) for record in caplog.records]
    texts += result.warnings
    texts += [repr(spec.CopyToDict()) for spec in result.sources]
    for item in result.event_data:
        for attribute, value in item.GetAttributes():
            if attribute != "recovery_line":
                texts.append(repr(value))
                texts.append(str(value))
    whole = "\n".join(texts).lower()
    # The search itself works: what may be seen is found.
    if is_open:
        assert key_lists(support.truth(name)["accounts"][0])[0] in whole
    for label, forms in secrets_of(name, folder).items():
        for form in forms:
            assert form not in whole, label


def test_mutating_order_of_files_changes_nothing(tmp_path: Path) -> None:
    """Whichever file a worker gets first, the outcome is the same."""
    tdata.build_tdata(tmp_path / "tdata", support.three_accounts())
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    engine = support.Engine()
    outcomes = set()
    for seed in range(3):
        order = list(paths)
        random.Random(seed).shuffle(order)
        result = engine.run([support.os_path_spec(path) for path in order])
        assert result.warnings == []
        outcomes.add(
            tuple(
                sorted(
                    f"{item.data_type} {item.account_identifier} {item.account_name} "
                    f"{item.session_identifier} {getattr(item, 'setting_name', '')}"
                    for item in result.event_data
                )
            )
        )
    assert len(outcomes) == 1
