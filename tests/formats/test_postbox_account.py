"""Tests of accounts, keys, logins of iOS and macOS (section 11)."""

from __future__ import annotations

import base64
import hashlib
import json
import plistlib
import random
from typing import Any

import pytest

from telegram_forensics.formats import postbox_account as account
from telegram_forensics.formats import postbox_keychain as keychain
from telegram_forensics.formats import postbox_records as records
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.postbox_coding import Problem, read_root
from telegram_forensics.formats.postbox_logins import read_session_review
from tests.builders import nskeyedarchiver as ns
from tests.builders import postbox as write

RECORD = -6510615555426900571
FOLDER = "account-11936128518282651045"
KEY = bytes(range(256))
KEY_ID = -3972359982579920590
SESSION = f"{KEY_ID & 0xFFFFFFFFFFFFFFFF:016x}"
OTHER_KEY = bytes(reversed(range(256)))
OTHER_ID = int.from_bytes(hashlib.sha1(OTHER_KEY).digest()[-8:], "little", signed=True)
OTHER_SESSION = f"{OTHER_ID & 0xFFFFFFFFFFFFFFFF:016x}"


def text(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def test_folders() -> None:
    """Signed in files, unsigned in names (the example of section 11.2)."""
    assert account.folder_name(RECORD) == FOLDER
    assert account.record_of_folder(FOLDER) == RECORD
    assert account.record_of_folder("account-5") == 5
    for name in ("account-", "account--5", "account-99999999999999999999", "x"):
        assert account.record_of_folder(name) is None


def state(value: write.Obj) -> account.AccountState | None:
    """What a state says."""
    return account.read_account_state(read_root(write.root(value), []))


def test_login_that_was_not_finished() -> None:
    """Number, step and kind of code."""
    code = write.Obj("SentAuthorizationCodeType", {"v:i": 0, "l:i": 5})
    contents = write.Obj(
        "UnauthorizedAccountStateContents",
        {"v:i": 2, "num:s": "+1 555 010-0002", "t:o": code},
    )
    found = state(
        write.Obj(
            "UnauthorizedAccountState",
            {"isTestingEnvironment:i": 1, "dc:i": 4, "c:o": contents},
        )
    )
    assert found is not None
    assert (found.is_authorized, found.data_center, found.is_test) == (False, 4, True)
    assert (found.login_state, found.phone) == ("code", "15550100002")
    assert found.code_type == "other_session"
    unknown = write.Obj("UnauthorizedAccountStateContents", {"v:i": 77})
    found = state(write.Obj("UnauthorizedAccountState", {"c:o": unknown}))
    assert found is not None
    assert (found.login_state, found.phone) == ("state 77", None)
    assert state(write.Obj("TelegramUser")) is None


def backup(**changes: Any) -> str:
    """Backup data of a record."""
    content = {
        "peerId": 35064771073,
        "masterDatacenterId": 2,
        "masterDatacenterKey": text(KEY),
        "masterDatacenterKeyId": KEY_ID,
        "notificationEncryptionKeyId": text(bytes(8)),
        "notificationEncryptionKey": text(bytes(256)),
        "additionalDatacenterKeys": [
            4,
            {"id": 4, "keyId": OTHER_ID, "key": text(OTHER_KEY)},
        ],
        **changes,
    }
    return text(json.dumps(content).encode())


def test_atomic_state() -> None:
    """Records, keys, passcode."""
    content = {
        "records": [
            {
                "id": str(RECORD),
                "attributes": [
                    {"environment": {"environment": 0}},
                    {"sortOrder": {"order": 3}},
                    {"backupData": {"data": backup()}},
                ],
            },
            {"id": "5", "attributes": [{"loggedOut": {}}, {"supportUserInfo": {}}]},
            {"id": "6", "attributes": [], "temporarySessionId": "7"},
        ],
        "currentRecordId": str(RECORD),
        "currentAuthRecord": {"id": "6", "attributes": []},
        "accessChallengeData": {"numericalPassword": "1234"},
    }
    found = records.read_atomic_state(json.dumps(content).encode())
    assert found.problems == []
    assert (found.current, found.login) == (RECORD, 6)
    assert found.passcode == records.Passcode("numeric", "1234")
    first, second, third = found.records
    assert (first.identifier, first.folder) == (RECORD, FOLDER)
    assert (first.environment, first.order) == (0, 3)
    assert first.backup is not None
    assert first.backup.peer == 35064771073
    assert first.backup.main == records.DatacenterKey(2, SESSION, SESSION)
    assert first.backup.main.is_consistent
    assert first.backup.others == [
        records.DatacenterKey(4, OTHER_SESSION, OTHER_SESSION)
    ]
    assert (second.is_logged_out, second.is_support) == (True, True)
    assert third.is_temporary
    # No key is handed on.
    assert text(KEY)[:40] not in repr(found)


def test_old_atomic_state() -> None:
    """Alternating ids and records, attributes as stored objects."""
    inner = json.loads(base64.b64decode(backup()))
    attributes = [
        write.Obj("AccountEnvironmentAttribute", {"environment:i": 1}),
        write.Obj("AccountSortOrderAttribute", {"order:i": 2}),
        write.Obj("AccountBackupDataAttribute", {"data:x": json.dumps(inner).encode()}),
        write.Obj("LoggedOutAccountAttribute"),
    ]
    content = {
        "records": [
            RECORD,
            {"attributes": [text(write.root(item)) for item in attributes]},
            8,
            {"id": 8, "attributes": ["bm8=", 7]},
        ]
    }
    found = records.read_atomic_state(json.dumps(content).encode())
    first, second = found.records
    assert (first.identifier, second.identifier) == (RECORD, 8)
    assert (first.environment, first.order, first.is_logged_out) == (1, 2, True)
    assert first.backup is not None
    assert first.backup.main is not None
    assert first.backup.main.identifier == SESSION
    assert found.problems == ["an attribute is no stored object"]
    assert (found.current, found.passcode) == (None, None)


@pytest.mark.parametrize(
    ("challenge", "expected"),
    [
        ({"plaintextPassword": ""}, records.Passcode("text", None)),
        ({"plaintextPassword": "secret"}, records.Passcode("text", "secret")),
        ({"numericalPassword": {"value": "12"}}, records.Passcode("numeric", "12")),
        ({"none": {}}, None),
        ({}, None),
        (None, None),
        ("x", None),
    ],
)
def test_passcode(challenge: Any, expected: records.Passcode | None) -> None:
    """On macOS it is set, but not stored."""
    data = json.dumps({"accessChallengeData": challenge}).encode()
    assert records.read_atomic_state(data).passcode == expected


def test_old_passcode() -> None:
    """The metadata database before about 2020."""
    problems: list[Problem] = []
    for kind, name in ((1, "numeric"), (2, "text")):
        data = write.body({"r:i": kind, "t:s": "1234"})
        found = records.read_old_challenge(data, problems)
        assert found == records.Passcode(name, "1234")
    assert records.read_old_challenge(write.body({"r:i": 0}), problems) is None
    assert not problems


def test_damaged_atomic_state() -> None:
    """Wrong types, wrong keys, no JSON."""
    for data in (b"", b"[]", b"{", b"\xff", b"[" * 5000, b'"x"'):
        with pytest.raises(FormatError):
            records.read_atomic_state(data)
    for content in (
        {"records": 5},
        {"records": [[], None, 5, "x"]},
        {"records": [{"id": "x" * 50}]},
        {"records": [{"id": True, "attributes": {"a": 1}}]},
        {"currentRecordId": "99999999999999999999", "currentAuthRecord": 5},
    ):
        found = records.read_atomic_state(json.dumps(content).encode())
        assert found.current is None
        assert all(item.identifier is None for item in found.records)
    wrong = {
        "records": [
            {
                "id": "5",
                "attributes": [
                    {"backupData": {"data": backup(masterDatacenterKeyId=5)}},
                    {"environment": []},
                ],
            },
            {"id": "6", "attributes": [{"backupData": {"data": "bm8="}}]},
        ]
    }
    found = records.read_atomic_state(json.dumps(wrong).encode())
    key = found.records[0].backup
    assert key is not None
    assert key.main is not None
    assert (key.main.identifier, key.main.stated) == (SESSION, f"{5:016x}")
    assert not key.main.is_consistent
    assert found.records[1].backup is None
    assert len(found.problems) == 1


def test_shared_data() -> None:
    """The file that lets anybody use the sessions."""
    content = {
        "accounts": [
            {
                "id": RECORD,
                "primaryId": 2,
                "isTestingEnvironment": False,
                "peerName": "Alice Sample",
                "datacenters": [
                    4,
                    {"masterKey": {"id": OTHER_ID, "data": text(OTHER_KEY)}},
                    2,
                    {"masterKey": {"id": KEY_ID, "data": text(KEY)}, "addressList": []},
                    5,
                    {"addressList": []},
                ],
                "notificationKey": {"id": text(bytes(8)), "data": text(bytes(256))},
            },
            "x",
        ],
        "proxy": {"host": "192.0.2.1"},
    }
    found = records.read_shared_data(json.dumps(content).encode())
    assert found.has_proxy
    assert found.problems == ["account 1 is no object"]
    (item,) = found.accounts
    assert (item.record, item.data_center, item.name) == (RECORD, 2, "Alice Sample")
    assert [key.data_center for key in item.keys] == [4, 2]
    assert item.session is not None
    assert item.session.identifier == SESSION
    assert item.has_notification_key
    assert records.read_shared_data(b"{}").accounts == []
    with pytest.raises(FormatError):
        records.read_shared_data(b"no")


INITIALIZATION = (
    "apiId=8&deviceModel=iPhone 13 Pro&systemVersion=17.2&appVersion=10.6"
    "&langCode=uk&layer=170&langPack=ios&langPackCode=uk-raw&proxy=&systemCode=abc"
)
CREATED = 1700000000


def rows(**entries: Any) -> list[tuple[bytes, bytes]]:
    """Rows of t1."""
    names = {
        "auth": keychain.AUTH_INFO,
        "clean": keychain.SESSIONS_TO_CLEAN,
        "difference": keychain.TIME_DIFFERENCE,
    }
    return [
        (names[name].encode(), value if isinstance(value, bytes) else ns.archive(value))
        for name, value in entries.items()
    ]


def test_keychain() -> None:
    """Keys, their times, and what was announced."""
    main = ns.auth_info(
        KEY,
        KEY_ID,
        salts=[
            (5, (CREATED + 500) << 32, (CREATED + 900) << 32),
            (0, CREATED << 32 | 4, (CREATED + 1800) << 32),
        ],
        initialization=INITIALIZATION,
    )
    other = ns.auth_info(OTHER_KEY, OTHER_ID, valid_until=CREATED + 86400)
    found = keychain.read_keychain(
        [
            *rows(
                auth={2: main, 1 << 32 | 2: other, 2 << 32 | 4: other},
                clean={KEY_ID: [1, 2]},
                difference=-12.5,
            ),
            (b"master-notification-secret", bytes(256)),
        ]
    )
    assert found.problems == []
    assert [(key.selector, key.data_center) for key in found.keys] == [
        ("persistent", 2),
        ("ephemeral_main", 2),
        ("ephemeral_media", 4),
    ]
    session = found.session(2)
    assert session is not None
    assert session.identifier == session.stated == SESSION
    assert session.created == CREATED
    assert session.last_salt == CREATED + 500
    assert session.valid_until is None
    assert session.initialization == keychain.ApiInitialization(
        "iPhone 13 Pro", "17.2", "10.6", "uk", 170, 8, False
    )
    assert found.keys[1].valid_until == CREATED + 86400
    assert found.keys[1].created is None
    assert found.session(4) is None
    assert found.to_clean == [SESSION]
    assert found.clock_difference == -12.5
    assert "master-notification-secret" in found.names
    assert repr(KEY)[2:40] not in repr(found)


def test_key_with_a_wrong_id() -> None:
    """The id is computed, and held against the stored one."""
    found = keychain.read_keychain(
        rows(auth={2: ns.auth_info(KEY, 5), 4: ns.auth_info(b"short", 6), 5: "x"})
    )
    session = found.session(2)
    assert session is not None
    assert session.identifier == SESSION
    assert not session.is_consistent
    short = found.session(4)
    assert short is not None
    assert (short.identifier, short.stated) == (None, f"{6:016x}")
    assert [reason for _, reason in found.problems] == [
        f"key {SESSION} is stored with the id {5:016x}",
        "key of data center 4 has a wrong size",
        "entry 5 is no key",
    ]


def test_mutable_data() -> None:
    """Bytes stand in an object of their own or not."""
    assert ns.archive(bytearray(KEY)) != ns.archive(KEY)
    assert keychain.read_archive(ns.archive(bytearray(KEY))) == KEY
    assert keychain.read_archive(ns.archive(KEY)) == KEY


@pytest.mark.parametrize(
    "value",
    [
        {2: [None, "text", 1.5, {"a": b"x"}], "k": []},
        ns.Instance("X", {"a": 5, "b": None, "c": ["d"]}),
        [],
        None,
        "plain",
    ],
)
def test_archive(value: Any) -> None:
    """Values of every kind come out as they were put in."""

    def meant(item: Any) -> Any:
        if isinstance(item, ns.Instance):
            return {key: meant(inner) for key, inner in item.fields.items()}
        return item

    assert keychain.read_archive(ns.archive(value)) == meant(value)


def test_archive_against_another_library() -> None:
    """An archive that another library wrote is read; it reads ours."""
    archiver = pytest.importorskip("bpylist2.archiver")
    value = {"a": [1, "two", b"three"], "b": {"c": 4.5}}
    assert keychain.read_archive(archiver.archive(value)) == value
    assert archiver.unarchive(ns.archive(value)) == value


def bomb() -> bytes:
    """An archive whose few objects name each other again and again."""
    objects: list[Any] = ["$null"]
    for number in range(1, 12):
        inner = [plistlib.UID(number + 1)] * 10
        objects.append({"NS.objects": inner, "$class": plistlib.UID(0)})
    objects.append("x")
    content = {"$top": {"root": plistlib.UID(1)}, "$objects": objects}
    return plistlib.dumps(content, fmt=plistlib.FMT_BINARY)


def circle() -> bytes:
    """An archive that contains itself."""
    content = {
        "$top": {"root": plistlib.UID(1)},
        "$objects": ["$null", {"NS.objects": [plistlib.UID(1)]}],
    }
    return plistlib.dumps(content, fmt=plistlib.FMT_BINARY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"bplist00",
        bomb(),
        circle(),
        plistlib.dumps({}),
        plistlib.dumps([]),
        plistlib.dumps({"$top": {}, "$objects": []}),
        plistlib.dumps(
            {"$top": {"root": plistlib.UID(9)}, "$objects": []},
            fmt=plistlib.FMT_BINARY,
        ),
    ],
)
def test_hostile_archive(data: bytes) -> None:
    """Damage and tricks end in an error that the caller gets."""
    with pytest.raises(FormatError):
        keychain.read_archive(data)
    found = keychain.read_keychain([(keychain.AUTH_INFO.encode(), data)])
    assert len(found.problems) == 1
    assert found.keys == []


def test_mutated_archive() -> None:
    """Changed bytes end in an error or a value."""
    data = ns.archive(
        {2: ns.auth_info(KEY, KEY_ID, salts=[(0, CREATED << 32, CREATED << 32)])}
    )
    source = random.Random(4)
    for _ in range(1500):
        changed = bytearray(data)
        for _ in range(source.randint(1, 4)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        keychain.read_keychain([(keychain.AUTH_INFO.encode(), bytes(changed))])
    for size in range(len(data)):
        keychain.read_keychain([(keychain.AUTH_INFO.encode(), data[:size])])


def test_wrong_kinds_in_the_keychain() -> None:
    """Entries of another kind are named."""
    found = keychain.read_keychain(rows(auth=[1], clean="x", difference="y"))
    assert [reason for _, reason in found.problems] == [
        "offset 0x0: no dictionary of data centers",
        "offset 0x0: no dictionary of keys",
        "offset 0x0: no number",
    ]


def test_initialization() -> None:
    """Values are not escaped; names that are missing stay None."""
    read = keychain.read_initialization
    odd = read("apiId=x&deviceModel=Mac & more=1&systemVersion=nil&proxy=socks")
    assert odd.api_id is None
    assert odd.device_model == "Mac & more=1"
    assert odd.system_version is None
    assert odd.has_proxy
    assert read("") == read("nothing") == keychain.ApiInitialization()


def test_differences() -> None:
    """A model that does not fit the device is named, what is not known is not."""
    announced = keychain.read_initialization(INITIALIZATION)
    assert keychain.differences(announced, "iphone 13 pro", "17.2") == []
    assert keychain.differences(announced, None, None) == []
    assert keychain.differences(announced, "MacBook Pro", "17.3") == [
        "device model 'iPhone 13 Pro' was announced, the device has 'MacBook Pro'",
        "system version '17.2' was announced, the device has '17.3'",
    ]
    nothing = keychain.ApiInitialization()
    assert keychain.differences(nothing, "MacBook Pro", "17.3") == []


def test_session_reviews() -> None:
    """Item id and content must agree; early builds stored no time."""
    value = read_root(
        write.root(
            write.Obj(
                "NewSessionReview", {"id:q": 5, "device:s": "D", "location:s": ""}
            )
        ),
        [],
    )
    found = read_session_review((5).to_bytes(8, "little"), value)
    assert (found.authorization_hash, found.device) == (5, "D")
    assert (found.location, found.time, found.is_consistent) == (None, None, True)
    assert not read_session_review((6).to_bytes(8, "little"), value).is_consistent
    assert read_session_review(b"", value).is_consistent
    empty = read_root(write.root(write.Obj("NewSessionReview")), [])
    found = read_session_review((-7 & (1 << 64) - 1).to_bytes(8, "little"), empty)
    assert found.authorization_hash == -7
