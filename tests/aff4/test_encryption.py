"""Tests of encrypted volumes (section 8)."""

from __future__ import annotations

import hashlib

import pytest

from telegram_forensics.aff4 import classify, local
from telegram_forensics.aff4.encryption import (
    EncryptedSource,
    open_encrypted,
    unwrap_key,
)
from telegram_forensics.aff4.errors import Aff4Error, EncryptedVolumeError
from telegram_forensics.aff4.logical import build_tree, open_file
from telegram_forensics.aff4.volume_set import VolumeSet
from tests.aff4 import support
from tests.builders import aff4

SALT = "d973b449b3d8e6751d086bb551b03df6"
WRAPPED = (
    "9f67b66db9cf1f238eb7c50f5c1afa76ae777834cea07579c569cd79332a518faa50cfb9089a6aab"
)
STREAM = "aff4://4e035b29-b5b2-4a1a-9845-a2004466077a"


def sample() -> bytes:
    """The encrypted sample."""
    return support.sample("py_encrypted.aff4").read_bytes()


def decrypted() -> EncryptedSource:
    """What is inside of it."""
    return open_encrypted(support.open_volume(sample()), "password")


def test_check_values() -> None:
    """Derived key, unwrapped key and first chunk are those of the specification."""
    wrapping_key = hashlib.pbkdf2_hmac(
        "sha256", b"password", bytes.fromhex(SALT), 147256, 32
    )
    assert wrapping_key.hex() == (
        "785e8c5a562602e6e62af84e231d43d03bd40176e68fa948067a28dd321aaa52"
    )
    key = unwrap_key(wrapping_key, bytes.fromhex(WRAPPED))
    assert key is not None
    assert key.hex() == (
        "fa2ccfcc0ca8bdea0cd985ec1c14aba235f5f5ca10f4c6111d60f5cb4728d346"
    )
    bevy = support.open_volume(sample()).open_segment(STREAM, "/00000000")
    assert bevy is not None
    assert bevy.read_at(0, 16).hex() == "8db2d394e3084e860691a9acc4d55a83"
    inner = decrypted()
    assert inner.size == 12131
    assert inner.read_at(0, 4) == b"PK\x03\x04"


def test_rfc_3394_vectors() -> None:
    """Key unwrap gives the values of RFC 3394, sections 4.3 and 4.6."""
    key = bytes.fromhex(
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
    )
    wrapped = bytes.fromhex("64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")
    plain = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    assert unwrap_key(key, wrapped) == plain
    wrapped = bytes.fromhex(
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    )
    assert unwrap_key(key, wrapped) == plain + bytes.fromhex(
        "000102030405060708090A0B0C0D0E0F"
    )
    for position in range(len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[position] ^= 1
        assert unwrap_key(key, bytes(damaged)) is None


def test_content() -> None:
    """The files inside are those that EXPECTED.tsv describes."""
    volumes = local.open_path(support.sample("py_encrypted.aff4"), password="password")
    tree = build_tree(volumes)
    assert tree.problems == {}
    contents = {}
    for node in tree.files():
        assert node.record is not None
        contents[node.location] = support.read_all(open_file(volumes, node.record))
    assert sorted(contents) == ["/dir/data.bin", "/note.txt"]
    assert contents["/note.txt"] == b"secret of the sample\n"
    assert hashlib.sha1(contents["/dir/data.bin"]).hexdigest() == (
        "fee6010edc23bbdc67e6e1cc60eb116b18b4d747"
    )


def test_reads_at_any_place() -> None:
    """The decrypted volume reads the same in any steps."""
    inner = decrypted()
    whole = inner.read_at(0, inner.size)
    for step in (1000, 512, 511, 7000):
        fresh = decrypted()
        parts = [
            fresh.read_at(offset, min(step, inner.size - offset))
            for offset in range(0, inner.size, step)
        ]
        assert b"".join(parts) == whole
    assert inner.read_at(inner.size, 0) == b""
    for offset, size in [(-1, 1), (inner.size, 1), (0, inner.size + 1), (0, -1)]:
        with pytest.raises(Aff4Error):
            inner.read_at(offset, size)


def test_kind() -> None:
    """An encrypted volume is recognised, its content is logical."""
    assert classify.classify(support.source(sample())) is classify.Kind.ENCRYPTED
    assert classify.kind_of(VolumeSet(decrypted())) is classify.Kind.LOGICAL


@pytest.mark.parametrize(
    "password", ["", "Password", "password ", "pässword", "\udc80"]
)
def test_wrong_password(password: str) -> None:
    """A wrong password is an error that says so."""
    with pytest.raises(EncryptedVolumeError, match="password is wrong"):
        open_encrypted(support.open_volume(sample()), password)


def test_no_password() -> None:
    """Without a password the error says what is needed, and how to give it."""
    with pytest.raises(EncryptedVolumeError, match="--credential password:"):
        local.open_path(support.sample("py_encrypted.aff4"))


def encrypted(
    *bags: tuple[str, str | int | None], bag_type: str = "PasswordWrappedKeyBag"
) -> aff4.AFF4Volume:
    """A volume with an encrypted stream and one key bag."""
    volume = aff4.AFF4Volume(dialect="C")
    volume.add_object(
        STREAM, ["EncryptedStream"], ("keyBag", aff4.iri("aff4://bag")), ("size", 512)
    )
    volume.add_object("aff4://bag", [bag_type], *bags)
    return volume


def test_certificate_only() -> None:
    """A volume for a certificate says which certificate is needed."""
    volume = encrypted(
        ("serialNumber", 5),
        ("x509SubjectName", aff4.literal("CN=examiner,O=Lab")),
        bag_type="PublicKeyEncryptedKeyBag",
    )
    for password in (None, "password"):
        with pytest.raises(EncryptedVolumeError, match="CN=examiner,O=Lab"):
            open_encrypted(support.open_volume(volume.build()), password)
    volume = aff4.AFF4Volume()
    volume.add_object(STREAM, ["EncryptedStream"], ("size", 512))
    with pytest.raises(EncryptedVolumeError, match="unknown"):
        open_encrypted(support.open_volume(volume.build()), "password")
    with pytest.raises(Aff4Error, match="no encrypted stream"):
        open_encrypted(support.open_volume(aff4.AFF4Volume().build()), "password")


GOOD: dict[str, str | int | None] = {
    "salt": aff4.literal(SALT, "xsd:hexBinary"),
    "wrappedKey": aff4.literal(WRAPPED, "xsd:hexBinary"),
    "iterations": 147256,
    "keySizeInBytes": 32,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("salt", aff4.literal("xyz")),
        ("salt", None),
        ("wrappedKey", aff4.literal(WRAPPED[:-2])),
        ("wrappedKey", None),
        ("iterations", 0),
        ("iterations", 1 << 40),
        ("iterations", None),
        ("keySizeInBytes", 31),
        ("keySizeInBytes", None),
        ("keySizeInBytes", aff4.literal("many")),
    ],
)
def test_damaged_key_bag(name: str, value: str | int | None) -> None:
    """A key bag that makes no sense is an error that names it, at once."""
    volume = encrypted(*{**GOOD, name: value}.items())
    with pytest.raises(Aff4Error) as caught:
        open_encrypted(support.open_volume(volume.build()), "password")
    assert caught.value.segment == "aff4://bag"
    assert not isinstance(caught.value, EncryptedVolumeError)


def test_several_bags() -> None:
    """Any of several passwords opens a volume."""
    volume = encrypted(*{**GOOD, "salt": aff4.literal("00" * 16)}.items())
    volume.add_object(STREAM, (), ("keyBag", aff4.iri("aff4://good")))
    volume.add_object("aff4://good", ["PasswordWrappedKeyBag"], *GOOD.items())
    source = open_encrypted(support.open_volume(volume.build()), "password")
    assert source.size == 512
    with pytest.raises(Aff4Error, match="bevy is missing"):
        source.read_at(0, 1)


@pytest.mark.parametrize("sector", [1, 500, 1 << 40])
def test_impossible_sectors(sector: int) -> None:
    """Sectors that AES cannot work on are an error at open."""
    volume = encrypted(*GOOD.items())
    volume.add_object(STREAM, (), ("chunkSize", sector))
    with pytest.raises(Aff4Error):
        open_encrypted(support.open_volume(volume.build()), "password")


@pytest.mark.parametrize("length", [0, 100, 511])
def test_incomplete_sector(length: int) -> None:
    """A sector that is not complete is an error, not noise; the next one is read."""
    volume = encrypted(*GOOD.items())
    del volume.objects[STREAM][-1]
    volume.add_object(STREAM, (), ("size", 64 * 512 * 2), ("chunkSize", 512))
    volume.add_stream(
        STREAM, bytes(64 * 512 * 2), "stored", described=False, chunks_in_segment=2048
    )
    name = volume.member_name(STREAM, "/00000000.index")
    index = volume.members[name].data
    volume.members[name].data = (
        index[:12]
        + (512).to_bytes(8, "little")
        + length.to_bytes(4, "little")
        + index[24:]
    )
    source = open_encrypted(support.open_volume(volume.build()), "password")
    with pytest.raises(Aff4Error, match="sector 1 is not complete") as caught:
        source.read_at(0, 10)
    assert caught.value.offset == 512
    assert len(source.read_at(64 * 512, 512)) == 512
