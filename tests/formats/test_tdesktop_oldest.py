"""Tests of the files of 0.5.0 to 0.7.18 (section 2.6).

No real sample of these versions exists, so the expected bytes are laid out by hand
from the text of section 2.6, and both the writer and the reader are held against them.
"""

from __future__ import annotations

import hashlib
import random
import struct
from pathlib import Path

import pytest

from telegram_forensics.formats import tdesktop_oldest as oldest
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_authorization import AuthKey
from telegram_forensics.formats.tdesktop_settings_blocks import DcKey, DcUser
from tests import helpers
from tests.builders import tdata

USER = 123456789
KEYS = {1: tdata.made_up_key("one"), 2: tdata.made_up_key("two")}
SALT = bytes(range(32))
KEY = hashlib.pbkdf2_hmac("sha1", b"", SALT, 4, 256)

# By hand: u32 block id, value. 666 version, 333 salt and blob, 444 blob, 0x00 key, 0x01
# user, 0x05 send key, 0x19 phone, 0x06 auto start, 0x0d last update check.
HEAD = bytes.fromhex("0000029a 00001b6a")
CONFIG = HEAD + bytes.fromhex("00000006 00000001 0000000d 6553f100")
USER_BLOCK = bytes.fromhex("00000001 075bcd15 00000002")
USER_SETTINGS = (
    bytes.fromhex("00000005 00000001 00000019 00000004 00340039") + USER_BLOCK
)
KEY_BLOCKS = (
    USER_BLOCK
    + bytes.fromhex("00000000 00000001")
    + KEYS[1]
    + bytes.fromhex("00000000 00000002")
    + KEYS[2]
)


def blob(plain: bytes) -> bytes:
    """BYTES of an encrypted blob."""
    encrypted = tdata.encrypt_local(plain, KEY)
    return struct.pack(">I", len(encrypted)) + encrypted


DATA_CONFIG = HEAD + bytes.fromhex("0000014d 00000020") + SALT + blob(USER_SETTINGS)
DATA = HEAD + bytes.fromhex("000001bc") + blob(KEY_BLOCKS)


class FixedSalt(random.Random):
    """Gives the fixed salt first, then zeros: the writer draws salt, then padding."""

    def randbytes(self, n: int) -> bytes:
        """See `random.Random`."""
        return SALT if n == 32 else bytes(n)


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    """A folder that the builder wrote in the oldest layout; tdata lies in it."""
    account = tdata.BuiltAccount(0, USER, 2, KEYS, phone="49")
    tdata.build_tdata(
        tmp_path / "tdata",
        [account],
        layout="oldest",
        version=7018,
        local_key=bytes(256),
        settings=CONFIG[8:],
        rng=FixedSalt(),
    )
    return tmp_path


def test_builder_writes_what_the_text_says(folder: Path) -> None:
    """The three files of the writer are, byte for byte, those laid out by hand."""
    assert (folder / "tdata" / "config").read_bytes() == CONFIG
    assert (folder / "data_config").read_bytes() == DATA_CONFIG
    assert (folder / "data").read_bytes() == DATA


def test_plain_config() -> None:
    """`tdata/config`: version, then global settings in clear."""
    version, stream = oldest.read_plain_config(CONFIG)
    assert version == "0.7.18"
    assert [(block.name, block.value) for block in stream.blocks] == [
        ("auto_start", 1),
        ("last_update_check", 1700000000),
    ]
    assert stream.issue is None


def test_plain_config_with_damage() -> None:
    """The place of the damage counts from the beginning of the file."""
    data = CONFIG + bytes.fromhex("00000777")
    _, stream = oldest.read_plain_config(data)
    assert len(stream.blocks) == 2
    assert stream.issue == (len(CONFIG), "unknown block id 0x777")


def test_user_config() -> None:
    """`data_config`: version, salt, and the user's settings in the blob."""
    config = oldest.read_user_config(DATA_CONFIG)
    assert (config.version, config.salt) == ("0.7.18", SALT)
    assert [(block.block_id, block.value) for block in config.blocks.blocks] == [
        (0x05, 1),
        (0x19, "49"),
        (0x01, DcUser(USER, 2)),
    ]
    assert config.blocks.issue is None


def test_keys() -> None:
    """`data`: version, user and keys, with the salt of the file beside it."""
    version, authorization = oldest.read_keys(DATA, SALT)
    assert version == "0.7.18"
    assert (authorization.user_id, authorization.main_data_center) == (USER, 2)
    assert authorization.keys == [
        AuthKey(dc, tdata.session_identifier(key)) for dc, key in KEYS.items()
    ]
    assert authorization.session_identifier == tdata.session_identifier(KEYS[2])
    assert (authorization.is_complete, authorization.problems) == (True, [])


def test_wrong_salt() -> None:
    """With the salt of another installation the keys do not open."""
    with pytest.raises(FormatError, match="SHA-1") as caught:
        oldest.read_keys(DATA, bytes(32))
    assert caught.value.offset == 12


def test_signature() -> None:
    """Each of the three files begins with the signature, and nothing else is read."""
    for data in (CONFIG, DATA_CONFIG, DATA):
        assert data.startswith(oldest.SIGNATURE)
        other = b"TDF$" + data[4:]
        for read in (
            oldest.read_plain_config,
            oldest.read_user_config,
            lambda other: oldest.read_keys(other, SALT),
        ):
            with pytest.raises(FormatError, match="version block") as caught:
                read(other)
            assert caught.value.offset == 0


def test_one_file_in_the_place_of_another() -> None:
    """A file in another's place is refused with the block that stands there."""
    with pytest.raises(FormatError, match="block 333 instead of 444") as caught:
        oldest.read_keys(DATA_CONFIG, SALT)
    assert caught.value.offset == 8
    with pytest.raises(FormatError, match="block 444 instead of 333"):
        oldest.read_user_config(DATA)


def test_every_truncation() -> None:
    """Cut-off files are refused with the place, the plain one keeps its blocks."""
    for part in helpers.every_truncation(DATA_CONFIG):
        with pytest.raises(FormatError) as caught:
            oldest.read_user_config(part)
        assert 0 <= caught.value.offset <= len(part)
    for part in helpers.every_truncation(DATA):
        with pytest.raises(FormatError) as caught:
            oldest.read_keys(part, SALT)
        assert 0 <= caught.value.offset <= len(part)
    for part in helpers.every_truncation(CONFIG):
        if len(part) < 8:
            with pytest.raises(FormatError):
                oldest.read_plain_config(part)
            continue
        _, stream = oldest.read_plain_config(part)
        assert len(stream.blocks) == (len(part) - 8) // 8
        assert (stream.issue is None) == (len(part) % 8 == 0)
        if stream.issue:
            assert 8 <= stream.issue[0] <= len(part)


def test_mutations_of_the_keys() -> None:
    """Damage never gives another user or key."""
    opened = 0
    for data in helpers.mutations(DATA, 500, "oldest"):
        try:
            _, authorization = oldest.read_keys(data, SALT)
        except FormatError as exception:
            assert 0 <= exception.offset <= len(data)
            continue
        opened += 1
        assert authorization.user_id == USER
        assert authorization.session_identifier == tdata.session_identifier(KEYS[2])
    # The version field and what follows the blob are not covered by any checksum.
    assert opened


def test_keys_stay_out_of_the_repr() -> None:
    """Neither keys nor anything that opens them appear in a log."""
    values = (oldest.read_keys(DATA, SALT), oldest.read_user_config(DATA_CONFIG))
    text = repr(values)
    for key in KEYS.values():
        assert key.hex()[:32] not in text
        assert repr(key[:8])[2:-1] not in text


def test_key_block_in_a_settings_stream() -> None:
    """A key among settings is kept as its identifier only."""
    plain = DATA_CONFIG[:48] + blob(KEY_BLOCKS)
    blocks = oldest.read_user_config(plain).blocks.blocks
    assert [block.value for block in blocks] == [
        DcUser(USER, 2),
        *(DcKey(dc, tdata.session_identifier(key)) for dc, key in KEYS.items()),
    ]
