"""Numbers in dumps of MTProto that are none: found by fuzzing, and by reading on."""

from __future__ import annotations

import pytest

from telegram_forensics.formats import tdesktop_mtp_dump, tdesktop_mtp_records

# Python makes no number of more digits than this.
TOO_LONG = "7" * 5000
DUMP = """(dc:{name}) Send: {{ messages_getHistory
  hash: {number} [LONG],
  limit: 20 [INT],
}} (dc:2,key:{key})"""


def read(**values: str) -> tdesktop_mtp_dump.Dump:
    """A dump with some of its parts replaced."""
    text = DUMP.format(**{"name": "2_main", "number": "5", "key": "-9", **values})
    dump = tdesktop_mtp_dump.read_dump(text)
    assert dump is not None
    return dump


def test_sound() -> None:
    """What the others are changed from."""
    dump = read()
    assert dump.root.number("hash") == 5
    assert dump.root.number("limit") == 20
    assert dump.key_id == (1 << 64) - 9


@pytest.mark.parametrize("number", [TOO_LONG, f"-{TOO_LONG}", "1" * 21, "٣", "²"])
def test_field(number: str) -> None:
    """The field is left out, the others are read."""
    dump = read(number=number)
    assert dump.root.number("hash") is None
    assert dump.root.number("limit") == 20


@pytest.mark.parametrize("key", [TOO_LONG, "1" * 21, "٣"])
def test_key(key: str) -> None:
    """No key is better than a part of one."""
    assert read(key=key).key_id is None


@pytest.mark.parametrize("name", [TOO_LONG, "²", "²_main", "x"])
def test_data_center(name: str) -> None:
    """A name of a connection that names no data center."""
    connection = tdesktop_mtp_records.Connection(name, None)
    assert connection.data_center is None
    assert tdesktop_mtp_records.Connection("4_main", None).data_center == 4
