"""Network state of Telegram for Android: vector, real file, every version, damage."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest

from telegram_forensics.formats import android_tgnet
from telegram_forensics.formats.errors import FormatError
from tests import helpers
from tests.builders import android_small as build
from tests.builders.android_small import Center

SAMPLE = helpers.SHARED / "samples" / "android" / "iped_2021_app7.7.0_empty_slot"
KEY = build.made_up_key("home")
OTHER = build.made_up_key("other")
TEMPORARY = build.made_up_key("temporary")


def vector(kind: str) -> dict[str, Any]:
    """The first vector of a kind."""
    path = helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json"
    vectors = json.loads(path.read_text("utf-8"))["vectors"]
    return next(item for item in vectors if item["kind"] == kind)


def centers(version: int = 13) -> list[Center]:
    """Five data centers, 2 is the home, 4 has a key for media."""
    found = [Center(number, version) for number in range(1, 6)]
    found[1].key, found[1].temporary, found[1].authorized = KEY, TEMPORARY, 1
    found[1].salts = [(1717243600, 1717245400), (1717241800, 1717243600)]
    found[3].key, found[3].authorized = OTHER, 1
    return found


def test_vector() -> None:
    """The published vector, every field."""
    item = vector("tgnet.dat")
    expected = item["expected"]
    state = android_tgnet.read_tgnet(bytes.fromhex(item["hex"]))
    assert state.is_complete and not state.problems
    assert state.version == expected["version"]
    assert state.test_backend is expected["test_backend"]
    assert state.client_blocked is expected["client_blocked"]
    assert state.language_code == expected["last_init_system_langcode"]
    assert state.current_datacenter == expected["current_datacenter_id"]
    assert state.time_difference == expected["time_difference"]
    assert state.last_datacenter_update == expected["last_dc_update_time"]
    assert state.push_session == expected["push_session_id"]
    assert state.registered_for_push is expected["registered_for_internal_push"]
    assert state.last_server_time == expected["last_server_time"]
    assert state.sessions_to_destroy == [
        f"{number % 2**64:016x}" for number in expected["sessions_to_destroy"]
    ]
    first, second = state.datacenters
    assert (first.number, first.permanent_key, first.authorized) == (1, None, 0)
    true = expected["datacenters"][1]
    assert second.permanent_key == true["perm_key_id_hex_le_u64"]
    assert second.permanent_key == f"{true['perm_key_id_signed'] % 2**64:016x}"
    assert second.temporary_keys == [f"{true['temp_key_id_signed'] % 2**64:016x}"]
    assert [(salt.valid_since, salt.valid_until) for salt in second.salts] == [
        tuple(salt[:2]) for salt in true["salts"]
    ]
    assert state.session_identifier == true["perm_key_id_hex_le_u64"]
    # Neither key nor salt leaves the decoder.
    text = repr(state)
    assert item["auth_key_hex_first8"] not in text
    assert "1234605616436508552" not in text


def test_real_file() -> None:
    """The slot that nobody used: it has a key and no session."""
    path = SAMPLE / "files" / "account1" / "tgnet.dat"
    if not path.is_file():
        pytest.skip(helpers.NO_SAMPLES)
    state = android_tgnet.read_tgnet(path.read_bytes())
    assert state.is_complete and not state.problems
    assert (state.current_datacenter, state.time_difference) == (2, -1)
    assert state.push_session == 2102178569499177234
    assert state.installation_identifier == f"{2102178569499177234:016x}"
    assert state.last_server_time == 1623264988
    assert len(state.sessions_to_destroy) == 1
    found = [(item.number, item.version, item.authorized) for item in state.datacenters]
    assert found == [(number, 13, 0) for number in range(1, 6)]
    assert state.key_identifiers == ["c8df57a46e58d132"]
    assert state.session_identifier is None


@pytest.mark.parametrize("version", range(1, 6))
@pytest.mark.parametrize("center_version", range(2, 14))
def test_versions(version: int, center_version: int) -> None:
    """Every version of the configuration with every version of a data center."""
    data = build.tgnet(centers(center_version), version=version, destroy=(1, -2))
    state = android_tgnet.read_tgnet(data)
    assert state.is_complete and not state.problems
    assert state.session_identifier == build.key_identifier(KEY)
    assert state.key_identifiers == [build.key_identifier(key) for key in (KEY, OTHER)]
    temporary = [build.key_identifier(TEMPORARY)] if center_version >= 8 else []
    assert state.temporary_key_identifiers == temporary
    assert state.last_server_time == (1717243200 if version >= 5 else None)
    assert state.language_code == ("en-us" if version >= 4 else None)
    assert state.oldest_salt == 1717241800
    assert state.sessions_to_destroy == [f"{1:016x}", f"{2**64 - 2:016x}"]
    assert state.datacenters[0].addresses[0].address == "149.154.167.51"
    assert state.datacenters[0].addresses[0].kind == (
        "ipv4" if center_version >= 5 else "any"
    )


def test_no_data_centers() -> None:
    """A file of a client that never connected."""
    body = build.struct.pack("<i", 2) + build.FALSE + build.FALSE
    state = android_tgnet.read_tgnet(build.struct.pack("<I", len(body)) + body)
    assert state.is_complete and not state.problems
    assert state.session_identifier is None and not state.is_authorized


def test_home_is_not_logged_in() -> None:
    """A login of another data center names no session."""
    state = android_tgnet.read_tgnet(build.tgnet(centers(), current=1))
    assert state.session_identifier is None
    assert len(state.key_identifiers) == 2
    data_center = Center(2, authorized=1)
    assert not android_tgnet.read_tgnet(build.tgnet([data_center])).is_authorized


def test_wrong_identifier() -> None:
    """A key whose stored identifier is another one: damaged, and said so."""
    data = build.tgnet(centers())
    place = data.index(build.hashlib.sha1(KEY).digest()[12:20])
    damaged = data[:place] + b"\xff" * 8 + data[place + 8 :]
    state = android_tgnet.read_tgnet(damaged)
    assert state.session_identifier == build.key_identifier(KEY)
    ((offset, reason),) = state.problems
    assert offset == place
    assert "ffffffffffffffff" in reason and build.key_identifier(KEY) in reason


def test_truncation() -> None:
    """Cut off at every byte: what is whole is kept, the rest is reported."""
    data = bytes.fromhex(vector("tgnet.dat")["hex"])
    end_of_key = data.index(bytes(range(256))) + 256 + 8
    for prefix in helpers.every_truncation(data):
        try:
            state = android_tgnet.read_tgnet(prefix)
        except FormatError as exception:
            assert len(prefix) < 12
            assert exception.offset <= len(prefix)
            continue
        assert state.problems and not state.is_complete
        assert all(0 <= offset <= len(prefix) for offset, _ in state.problems)
        assert bool(state.key_identifiers) == (len(prefix) >= end_of_key - 8)


def test_damaged_data_center() -> None:
    """A damaged record does not take the ones behind it along."""
    data = bytearray(build.tgnet(centers()))
    place = android_tgnet.read_tgnet(bytes(data)).datacenters[0].offset
    data[place + 16] = 0x77
    state = android_tgnet.read_tgnet(bytes(data))
    assert not state.is_complete
    assert state.problems[0][0] == place + 16
    assert state.session_identifier == build.key_identifier(KEY)
    assert {item.number for item in state.datacenters} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("offset", [4, 8, 12, 16, 24])
def test_damaged_beginning(offset: int) -> None:
    """Keys are found behind a damaged beginning."""
    data = bytearray(build.tgnet(centers()))
    data[offset : offset + 4] = b"\xee\xee\xee\xee"
    state = android_tgnet.read_tgnet(bytes(data))
    assert state.problems and not state.is_complete
    assert set(state.key_identifiers) == {
        build.key_identifier(key) for key in (KEY, OTHER)
    }


def test_wrong_length() -> None:
    """A wrong length is reported, the content counts."""
    data = build.tgnet(centers())
    state = android_tgnet.read_tgnet(b"\x10\0\0\0" + data[4:])
    assert state.session_identifier == build.key_identifier(KEY)
    assert [offset for offset, _ in state.problems] == [0]
    state = android_tgnet.read_tgnet(data + b"tail")
    assert [offset for offset, _ in state.problems] == [0, len(data)]


def test_mutations() -> None:
    """Damage never gives anything but a finding, and never a wrong session silently."""
    data = build.tgnet(centers(), destroy=(7,))
    for mutated in helpers.mutations(data, 3000, "tgnet"):
        try:
            state = android_tgnet.read_tgnet(mutated)
        except FormatError:
            continue
        assert len(state.datacenters) < 100
        session = state.session_identifier
        assert (
            session in (None, build.key_identifier(KEY))
            or state.problems
            or (session == build.key_identifier(OTHER))
        )


@pytest.mark.parametrize("count", [0x7FFFFFFF, 0xFFFFFFFF, 1_000_000])
def test_hostile_counts(count: int) -> None:
    """Counts of lists are compared with what is left."""
    data = build.tgnet([Center(1)])
    number = build.struct.pack("<I", count)
    for place in range(12, len(data) - 4, 4):
        with contextlib.suppress(FormatError):
            android_tgnet.read_tgnet(data[:place] + number + data[place + 4 :])


def test_hostile_size() -> None:
    """Megabytes of records that nearly fit end soon."""
    bad = build.struct.pack("<iiI", 2, 1, 1000) + b"\0\0\0\0\1\0\0\0" * 1000
    bad += build.struct.pack("<I", 77)
    head = build.tgnet([])[4:-4]
    data = head + build.struct.pack("<I", 3000) + (bad + Center(3).pack()) * 500
    started = time.monotonic()
    state = android_tgnet.read_tgnet(build.struct.pack("<I", len(data)) + data)
    assert state.problems and not state.is_complete
    assert time.monotonic() - started < 10


def test_garbage() -> None:
    """Files that are something else."""
    for data in (b"", b"abc", bytes(4096), b"\xff" * 4096, b"<?xml version='1.0'?>"):
        with pytest.raises(FormatError):
            android_tgnet.read_tgnet(data)


# Before 3.2.2.


@pytest.mark.parametrize("version", range(2, 6))
def test_data_config(version: int) -> None:
    """dataconfig.xml and config.dat."""
    values = build.data_config(centers(version))
    state = android_tgnet.read_data_config(values)
    assert state.is_complete and not state.problems
    assert state.session_identifier == build.key_identifier(KEY)
    assert state.sessions_to_destroy == [f"{5:016x}", f"{2**64 - 6:016x}"]
    assert (state.time_difference, state.push_session) == (7, 0x99)
    state = android_tgnet.read_config_dat(build.config_dat(centers(version)))
    assert state.session_identifier == build.key_identifier(KEY)
    assert state.sessions_to_destroy == [f"{5:016x}"]


def test_damaged_data_config() -> None:
    """Damage of the old forms."""
    values = build.data_config(centers(5))
    for name in ("datacenters", "sessionsToDestroy"):
        state = android_tgnet.read_data_config({**values, name: "no base64!"})
        assert state.problems and not state.is_complete
        state = android_tgnet.read_data_config({**values, name: "QUJDRA=="})
        assert name == "sessionsToDestroy" or state.problems
    data = build.config_dat(centers(5))
    for prefix in helpers.every_truncation(data):
        with pytest.raises(FormatError):
            android_tgnet.read_config_dat(prefix)
    with pytest.raises(FormatError):
        android_tgnet.read_config_dat(data + b"\0")
