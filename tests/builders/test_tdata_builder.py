"""Compares the tdata builder with known answers that other programs agreed on."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from tests.builders import tdata

SALT = bytes(range(32))
LOCAL_KEY = bytes((7 * i + 3) % 256 for i in range(256))
AUTH_KEY = bytes(255 - i for i in range(256))
VERSION = 6001002

KEY_DATAS = bytes.fromhex(
    "544446246a915b0000000020000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
    "1c1d1e1f00000120168a8d3a8a59e082a44b94a9ed39511d0aac93ddd435e9530c227de3bdbae67c"
    "5e58e36739a467f311305257fd324da1ef1760770d64c88c0d08f16c3c894a7184dfc92dcecc6f36"
    "95a10bcca630306ece4265ba4ee4c0970ad6a20f7e6080bde321438dcef11a8cff9e5d0f2bbaea7c"
    "3241d0720a1acefcfa04fb88910e926f7f1702c59ee56ef735d7127aaf43dcf29d2c4abd3c4357b3"
    "5ee2533e9e3ffad2e94e2278eaaac545b06e2729bbb636a86fbf398be8b88f4f13c552a0fc769ae2"
    "65b09b62e05549a8777427bce3706efb772f6e638006c49fadb9bc41902970e9146f20827cc84f73"
    "367c9e820b81a35bbb0803d37e93ca94a0b78313b15d2c64ee86c24d9fbe2dad7158b738d82add38"
    "063d8d9b550b945151710a50b289200400000030a2f1e3aa675fd74882502cc60c211f9841393651"
    "62f1e920f04294e603410f8c0ff51e4f816c653738433ba4847e9aecdbb99c49afae121488a8db4c"
    "2475f53b"
)
MODERN_MAP = bytes.fromhex(
    "544446246a915b00ffffffffffffffff00000040f99ab0f61f3add2f70bb8b6f178806caa665ce63"
    "e3cc03febdb9cde2aef954464ef0cfea5cd29fa3721f6fa6736d3b998b9349805ae30cb654fc6547"
    "87dda4b0fdee060a28e08badab72b7200f12d010"
)
SETTINGS = bytes.fromhex(
    "544446246a915b0000000020000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
    "1c1d1e1f00000040b4d396c89865211b002ee2f00b95c8ce05e48afa280078bd651a77c95d1f1c43"
    "ec0759972f26bec24663ff79cb3dbb82e0387527797623366efbe0c46d77583cf1ab6a66b8a2c1df"
    "9cc350d3520f54bd"
)
SELF_RECORD = bytes.fromhex(
    "008000013161bf1577ffffffffffffff00000002000000000000000080000000ffffffff00000000"
    "000000060041006e006e00000006004c00650065000000180034003900310037003000310032003300"
    "340035003600370000000c0061006e006e006c00650065000000000000000000000000ffffffff53"
    "5a4c0000000000ffffffff0000000600620069006f"
)
DRAFT = bytes.fromhex(
    "ffffffffffffff06008000013161bf1500000001ffffffffffffffff0000000400680069ffffffff"
    + "00" * 56
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def account(user_id: int = 5123456789) -> tdata.BuiltAccount:
    return tdata.BuiltAccount(0, user_id, 2, {2: AUTH_KEY})


@pytest.mark.parametrize(
    ("passcode", "modern", "legacy"),
    [
        (
            "",
            "d392b2760d13fd232440506d53fd1aa8822ab4a2e342ce7d79d95ea82c0aeb70",
            "cd36db3e5b17ed4aa987cfd75e772e0a1ba4f1dd77d1af33fae3ec651c1133ba",
        ),
        (
            "1234",
            "7d2c0ddef7afec6d3c5c799c5e766d19dae9c430126936c32494769c29409803",
            "1ee41261c5b5381259e182d79ad09c9475b6bdfb81f819a63b7b6ba9a42a8432",
        ),
        (
            "пароль",
            "27b8728e92e0f06440407ce5831041cd1e59b6969c429500409efb2f5d729b1f",
            "1920b82a239949419849026c6349945e5321d54339e80c1e7b306f8860640222",
        ),
    ],
)
def test_passcode_keys(passcode: str, modern: str, legacy: str) -> None:
    assert sha256(tdata.passcode_key(passcode, SALT)) == modern
    assert sha256(tdata.legacy_passcode_key(passcode, SALT)) == legacy


def test_aes_key() -> None:
    key, vector = tdata.local_aes_key(bytes(range(16)), LOCAL_KEY)
    assert key.hex() == (
        "2046980e8fa534929d7deb26a1a7ab10d8e4517f7fb6ea73555ad2531946e80a"
    )
    assert vector.hex() == (
        "f2f933f74cb802b2e4f17c0f68fedf6400581827e9a0378915c4fb847c1a7ab0"
    )


def test_local_encryption() -> None:
    blob = tdata.encrypt_local(bytes.fromhex("0000000100000000"), LOCAL_KEY)
    assert blob.hex() == (
        "2e9b52f05d4a70245699dfaa21fdd513675273023753421653f814cb51656284"
    )
    blob = tdata.encrypt_local(b"hello tdata 0123456789", LOCAL_KEY)
    assert blob.hex() == (
        "c526c73223b0df56a14a74719f373d7cb5be108cd46fe8e99ed020cd9297e66b"
        "8ce5f11edbfd6da24ff9d598462812df"
    )


def test_container() -> None:
    assert tdata.tdf([b"abc"], VERSION).hex() == (
        "544446246a915b00000000036162636c4f85ba90f70ed4fe3f1dcbff84a66a"
    )


def test_key_data_without_passcode() -> None:
    made = tdata.key_data(LOCAL_KEY, [0, 1], version=VERSION, salt=SALT, active=1)
    assert made == KEY_DATAS


def test_key_data_with_passcode() -> None:
    made = tdata.key_data(
        LOCAL_KEY, [0, 1], version=VERSION, salt=SALT, active=1, passcode="1234"
    )
    assert sha256(made) == (
        "f46c2f09ff80e047b450667e2e94b4fbcbe87b70068488862a986a7903214c26"
    )


def test_legacy_map_wraps_key() -> None:
    made = tdata.map_file(b"", LOCAL_KEY, VERSION, legacy_salt=SALT, passcode="1234")
    assert made[8:44] == tdata.byte_array(SALT)
    assert made[44:48] == tdata.u32(288)
    assert sha256(made[48 : 48 + 288]) == (
        "6b236dfbbda8e356407cf8af7cede2d1569dba1fafc88227d4753da69fb0d8c2"
    )


def test_authorization() -> None:
    plain = tdata.authorization(account())
    assert len(plain) == 296
    assert sha256(plain) == (
        "7ddaf8bc09149bb38c9d758c0ff93f67a7feb93e43f604c68c751537a76998d4"
    )
    whole = tdata.tdf([tdata.encrypt_local(plain, LOCAL_KEY)], VERSION)
    assert sha256(whole) == (
        "55d45de83ef5107e9f3264c32b4620e9a3a0a0cbd32405179b8be03725be9b90"
    )
    narrow = tdata.authorization(account(123456789), wide=False)
    assert sha256(narrow) == (
        "a887dafc3e1e7a71c2017a3572fbce47e277f2a08a80d8845b2fa6f6b75f2504"
    )


def test_session_identifier() -> None:
    assert tdata.session_identifier(AUTH_KEY) == "134a728f0eb1d196"


def test_modern_map() -> None:
    records = bytes.fromhex(
        "000000040123456789abcdef00000001000000011122334455667788008000013161bf15"
    )
    assert tdata.map_file(records, LOCAL_KEY, VERSION) == MODERN_MAP


def test_settings() -> None:
    blocks = tdata.settings_blocks(
        auto_start=1, last_update_check=1700000000, dialog_last_path="C:/tmp"
    )
    assert tdata.settings_file(blocks, VERSION, SALT) == SETTINGS


def test_records() -> None:
    owner = account()
    owner.first_name = "Ann"
    owner.last_name = "Lee"
    owner.phone = "491701234567"
    owner.username = "annlee"
    owner.about = "bio"
    assert tdata.self_record(owner, VERSION) == SELF_RECORD
    assert tdata.draft(5123456789, "hi", VERSION) == DRAFT


@pytest.mark.parametrize(
    ("data_name", "name"),
    [
        ("data", "D877F783D5D3EF8C"),
        ("data#2", "A7FDF864FBC10B77"),
        ("data#3", "F8806DD0C461824F"),
        ("data#4", "C2B05980D9127787"),
        ("data#5", "0CA814316818D8F6"),
        ("data#6", "45D0FC5B5101406D"),
    ],
)
def test_account_hash(data_name: str, name: str) -> None:
    assert tdata.account_hash(data_name) == name


def test_file_key_name() -> None:
    assert tdata.file_key_name(0x0123456789ABCDEF) == "FEDCBA9876543210"


def test_key_file_of_seven_three() -> None:
    wrap_salt, open_salt = bytes(range(32)), bytes(range(32, 64))
    key = tdata.wrap_key("Test-7.3", wrap_salt, "argon2id")
    assert sha256(key) == (
        "1406da330adf912e344fa7e648edf7db09da3d57083a4b8c5df7d4b6b328bbbd"
    )
    assert sha256(tdata.encrypt_local(LOCAL_KEY, key)) == (
        "1d1f924581d080a73e81ea6fd64c578d8da868079a4b3c5aa712d25fd1472c44"
    )
    made = tdata.key_data_seven_three(
        LOCAL_KEY,
        [0],
        version=7003001,
        salt=open_salt,
        wrap_salt=wrap_salt,
        passcode="Test-7.3",
    )
    assert len(made) == 468
    assert sha256(made) == (
        "659184d59ad9dab45330db4f2171a54a0910ba69ea81207a662d57d4403a1ea8"
    )


def test_scrypt_of_seven_three() -> None:
    key = tdata.wrap_key("Test-7.3", bytes(range(32)), "scrypt")
    assert sha256(key) == (
        "3750b122cbe6fd9b9daf31f2e34916842bc25962df00b7e573d8a05f643600ce"
    )


@pytest.mark.parametrize("layout", tdata.LAYOUTS)
def test_same_arguments_give_same_bytes(tmp_path: Path, layout: str) -> None:
    contents = []
    for name in ("first", "second"):
        folder = tmp_path / name / "tdata"
        owner = account(123456789)
        owner.first_name = "Ann"
        owner.drafts = [(42, "unsent")]
        tdata.build_tdata(
            folder, [owner], layout=layout, usertag=7, rng=random.Random(5)
        )
        files = (path for path in folder.parent.rglob("*") if path.is_file())
        contents.append(
            {path.relative_to(folder.parent): path.read_bytes() for path in files}
        )
    assert contents[0] == contents[1]
    assert len(contents[0]) >= 5


def test_folder_of_the_oldest_layout(tmp_path: Path) -> None:
    tdata.build_tdata(
        tmp_path / "tdata", [account(123456789)], layout="oldest", version=5000
    )
    names = sorted(
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()
    )
    assert names == ["data", "data_config", "tdata/config"]


def test_refuses_what_a_layout_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passcode"):
        tdata.build_tdata(tmp_path, [account(1)], layout="oldest", passcode="x")
    second = account(1)
    second.index = 1
    with pytest.raises(ValueError, match="one account"):
        tdata.build_tdata(tmp_path, [second], layout="legacy_map")
