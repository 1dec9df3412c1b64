"""localStorage of Chromium: strings, states and the time of each record."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from telegram_forensics.formats.browser_local_storage import (
    LocalStorage,
    LocalStorageEntry,
    TimeBasis,
    decode_string,
    origin_of,
    read_extension_settings,
)
from telegram_forensics.formats.errors import FormatError
from tests.browser_samples import folder
from tests.builders.leveldb import (
    Entry,
    varint,
    write_batch,
    write_log,
    write_table,
)

ORIGIN = "https://web.telegram.org"
EPOCH = 11_644_473_600_000_000
# Of the commits, microseconds since 1970.
T1, T2, T3 = 1_795_300_000_000_001, 1_795_300_010_000_002, 1_795_300_020_000_003


def put(key: str, value: str = "v", origin: str = ORIGIN) -> Entry:
    name = b"_" + origin.encode() + b"\0\x01" + key.encode("latin-1")
    return 1, name, b"\x01" + value.encode("latin-1")


def delete(key: str, origin: str = ORIGIN) -> Entry:
    return 0, put(key, origin=origin)[1], b""


def meta(time: int, origin: str = ORIGIN) -> Entry:
    value = b"\x08" + varint(time + EPOCH) + b"\x10" + varint(21)
    return 1, b"META:" + origin.encode(), value


def access(time: int, origin: str = ORIGIN) -> Entry:
    return 1, b"METAACCESS:" + origin.encode(), b"\x08" + varint(time + EPOCH)


Batches = Sequence[Sequence[Entry]]


def as_log(batches: Batches) -> dict[str, bytes]:
    payloads, sequence = [], 1
    for batch in batches:
        payloads.append(write_batch(sequence, batch))
        sequence += len(batch)
    return {"000003.log": write_log(payloads)}


def as_table(batches: Batches, without: Sequence[int] = ()) -> dict[str, bytes]:
    records, sequence = [], 1
    for batch in batches:
        for kind, key, value in batch:
            if sequence not in without:
                records.append((sequence, kind, key, value))
            sequence += 1
    return {"000005.ldb": write_table(records)}


def entries(files: dict[str, bytes]) -> list[LocalStorageEntry]:
    storage = LocalStorage(folder(files))
    found = sorted(storage.entries(), key=lambda entry: entry.source.sequence)
    assert not storage.issues
    return found


def times(files: dict[str, bytes]) -> list[tuple[str, str, int | None]]:
    return [(entry.key, entry.time_basis.value, entry.time) for entry in entries(files)]


# The same three commits as each generation of Chromium orders them.
OLD = [
    [meta(T1), put("a"), put("b")],
    [meta(T2), put("a", "w"), delete("b")],
    [delete("a"), meta(T3), put("c")],
]
MIDDLE = [
    [meta(T1), access(T1), put("a"), put("b")],
    [meta(T2), access(T2), put("a", "w"), delete("b")],
    [delete("a"), meta(T3), access(T3), put("c")],
]
NEW = [
    [put("a"), put("b"), access(T1), meta(T1)],
    [put("a", "w"), delete("b"), access(T2), meta(T2)],
    [delete("a"), put("c"), access(T3), meta(T3)],
]
KEYS = ["a", "b", "a", "b", "a", "c"]
COMMITS = [T1, T1, T2, T2, T3, T3]


@pytest.mark.parametrize("batches", [OLD, MIDDLE, NEW])
def test_times_in_a_log(batches: Batches) -> None:
    assert times(as_log(batches)) == [
        (key, "batch", time) for key, time in zip(KEYS, COMMITS, strict=True)
    ]


def test_times_in_a_table_of_new_chromium() -> None:
    assert times(as_table(NEW)) == [
        (key, "before_meta", time) for key, time in zip(KEYS, COMMITS, strict=True)
    ]


@pytest.mark.parametrize("batches", [OLD, MIDDLE])
def test_times_in_a_table_of_older_chromium(batches: Batches) -> None:
    """A delete directly before a META may belong to either commit."""
    found = entries(as_table(batches))
    assert [(entry.key, entry.time_basis.value, entry.time) for entry in found] == [
        ("a", "after_meta", T1),
        ("b", "after_meta", T1),
        ("a", "after_meta", T2),
        ("b", "interval", None),
        ("a", "interval", None),
        ("c", "after_meta", T3),
    ]
    assert [(entry.earliest, entry.latest) for entry in found[3:5]] == [(T2, T3)] * 2


def test_states_and_values() -> None:
    found = entries(as_log(NEW))
    assert [(e.key, e.value, e.source.state.value) for e in found] == [
        ("a", "v", "overwritten"),
        ("b", "v", "deleted"),
        ("a", "w", "deleted"),
        ("b", None, "deleted"),
        ("a", None, "deleted"),
        ("c", "v", "current"),
    ]


def test_commit_without_metaaccess_followed_by_a_visit() -> None:
    """Seen with Chromium 156: META alone, then a METAACCESS of a later visit."""
    batches = [
        [put("a"), access(T1), meta(T1)],
        [put("b"), meta(T2)],
        [access(T3)],
    ]
    assert times(as_table(batches)) == [
        ("a", "before_meta", T1),
        ("b", "before_meta", T2),
    ]


def test_visit_directly_before_a_commit_that_begins_with_meta() -> None:
    batches = [
        [meta(T1), access(T1), put("a")],
        [access(T2)],
        [meta(T3), access(T3), put("b")],
    ]
    assert times(as_table(batches)) == [
        ("a", "after_meta", T1),
        ("b", "after_meta", T3),
    ]


def test_gap_makes_an_interval() -> None:
    """A merge of tables dropped the META of the first commit."""
    # Sequences 3 and 4 are METAACCESS and META of the first commit.
    found = entries(as_table(NEW, without=[3, 4, 7, 8]))
    assert [entry.time_basis for entry in found[:4]] == [TimeBasis.INTERVAL] * 4
    assert [(entry.earliest, entry.latest) for entry in found[:4]] == [(None, T3)] * 4
    assert [entry.time for entry in found[4:]] == [T3, T3]


def test_update_of_the_browser_between_two_commits() -> None:
    batches = [MIDDLE[0], [put("c"), access(T2), meta(T2)]]
    found = entries(as_table(batches))
    assert [entry.time_basis for entry in found] == [TimeBasis.INTERVAL] * 3
    assert {(entry.earliest, entry.latest) for entry in found} == {(T1, T2)}


def test_two_origins_do_not_mix() -> None:
    other = "https://other.example"
    batches = [
        [put("a"), access(T1), meta(T1)],
        [put("b", origin=other), access(T2, other), meta(T2, other)],
        [put("c"), access(T3), meta(T3)],
    ]
    for files in (as_log(batches), as_table(batches)):
        assert [time for _, _, time in times(files)] == [T1, T2, T3]
    storage = LocalStorage(folder(as_log(batches)))
    only = list(storage.entries(lambda key: key == other))
    assert [(entry.storage_key, entry.key) for entry in only] == [(other, "b")]


def test_no_meta_at_all() -> None:
    found = entries(as_log([[put("a")]]))
    assert found[0].time_basis is TimeBasis.NONE
    found = entries(as_log([[put("a")], [put("b"), access(T1), meta(T1)]]))
    assert [(e.time_basis.value, e.latest) for e in found] == [
        ("interval", T1),
        ("batch", None),
    ]


def test_metas() -> None:
    storage = LocalStorage(folder(as_log([*NEW, [access(T3 + 5)]])))
    assert [(m.is_access, m.time, m.size) for m in storage.metas] == [
        (True, T1, None),
        (False, T1, 21),
        (True, T2, None),
        (False, T2, 21),
        (True, T3, None),
        (False, T3, 21),
        (True, T3 + 5, None),
    ]


def test_damaged_meta_and_strings() -> None:
    name = put("a")[1]
    files = as_log(
        [
            [(1, b"META:" + ORIGIN.encode(), b"\x08"), (1, name, b"\x07abc")],
            [(1, name, b"\0abc"), (1, b"_nothing", b"\x01v")],
        ]
    )
    storage = LocalStorage(folder(files))
    found = list(storage.entries())
    assert [entry.value for entry in found] == ["\x07abc", "\0abc", "v"]
    reasons = " / ".join(issue.reason for issue in storage.issues)
    assert "time of https://web.telegram.org" in reasons
    assert "string of kind 7" in reasons
    assert "half a character" in reasons
    assert "without a separator" in reasons


def test_strings() -> None:
    assert decode_string(b"\x01caf\xe9") == "café"
    assert decode_string(bytes.fromhex("001f04400438043204350442 04")) == "Привет"
    assert decode_string(b"\x01") == ""
    # JavaScript allows half of a pair.
    assert decode_string(b"\0\x3d\xd8") == "\ud83d"
    for wrong in (b"", b"\x02abc", b"\0abc"):
        with pytest.raises(FormatError):
            decode_string(wrong)


def test_origin() -> None:
    assert origin_of("https://web.telegram.org") == ORIGIN
    assert origin_of("https://web.telegram.org/") == ORIGIN
    assert origin_of("https://web.telegram.org/^0https://embedder.example") == ORIGIN


def test_extension_settings() -> None:
    log = write_log(
        [
            write_batch(
                1,
                [
                    (1, b"dc", b"2"),
                    (1, b"user_auth", b'{"dcID":2,"id":5211046831}'),
                    (1, b"odd", b"{"),
                    (1, b"deep", b"[" * 100_000),
                    (0, b"dc", b""),
                ],
            )
        ]
    )
    found = list(read_extension_settings(folder({"000003.log": log})))
    assert [(entry.key, entry.value, entry.is_json) for entry in found] == [
        ("dc", 2, True),
        ("user_auth", {"dcID": 2, "id": 5211046831}, True),
        ("odd", None, False),
        ("deep", None, False),
        ("dc", None, False),
    ]
    assert found[4].text is None
    assert found[0].source.state.value == "deleted"
