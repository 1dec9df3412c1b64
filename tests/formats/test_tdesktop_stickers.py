"""Sticker lists of all versions: values, truncation at every byte, damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_stickers as stickers
from tests.builders import tdata_stickers as builder
from tests.builders.tdata import i32, u32
from tests.builders.tdata_stickers import Set, Sticker
from tests.helpers import mutations

by_version = pytest.mark.parametrize("version", builder.LAYOUTS)
MODERN = 6001002
USED = [Sticker(11), Sticker(12, "\u2764", "love.tgs"), Sticker(13, "")]
DATES = [1700000300, 1700000200, 0]
SETS = [
    Set(501, stickers=[Sticker(21), Sticker(22)]),
    Set(502, "Dogs", "dogs", count=-7),
    Set(503, "Own", "", install_date=1, stickers=[Sticker(23)]),
]


def facts(role: str, data: bytes, version: int) -> list[tuple[str, str, int | None]]:
    """Facts of a sound file."""
    content = stickers.read_sticker_file(role, data, version)
    assert content.problem is None
    return [
        (fact.name, fact.value, fact.time)
        for fact in stickers.sticker_facts(role, content)
    ]


@by_version
def test_last_use(version: int) -> None:
    """Each sticker with its time; before there were times, without."""
    for role, family in (("stickers_recent", "sticker"), ("masks_recent", "mask")):
        data = builder.sticker_sets(
            [Set(0xFFFFFFFFFFFFFFFC, "Recent", stickers=USED, dates=DATES)], version
        )
        has_dates = version > 1002008
        name = f"{family}_last_used" if has_dates else f"recent_{family}"
        first, second = DATES[:2] if has_dates else (None, None)
        assert facts(role, data, version) == [
            (name, "document 11, \U0001f600, sticker.webp", first),
            (name, "document 12, \u2764, love.tgs", second),
            (f"recent_{family}", "document 13, sticker.webp", None),
        ]


@by_version
@pytest.mark.parametrize("state", ["installed", "archived"])
def test_installation(version: int, state: str) -> None:
    """Sets with the time of their installation; a default date is none."""
    data = builder.sticker_sets(SETS, version)
    for family in ("sticker", "mask", "custom_emoji"):
        role = f"{family}_{state}" if family == "custom_emoji" else f"{family}s_{state}"
        time = 1650000000 if version > 1002008 else None
        assert facts(role, data, version) == [
            (f"{family}_set_{state}", "Cats (cats_by_ann), set 501, 2 items", time),
            (f"{family}_set_{state}", "Dogs (dogs), set 502, 7 items", time),
            (f"{family}_set_{state}", "Own (), set 503, 1 items", None),
        ]


@by_version
def test_other_lists(version: int) -> None:
    """Featured sets say nothing of the user; favourites and GIFs have no time."""
    data = builder.sticker_sets(SETS, version)
    assert facts("stickers_featured", data, version) == []
    assert [name for name, _, _ in facts("stickers_old", data, version)] == [
        "sticker_set_installed"
    ] * 3
    favourites = builder.sticker_sets([Set(1, stickers=USED)], version)
    assert facts("faved_stickers", favourites, version)[1] == (
        "favourite_sticker",
        "document 12, \u2764, love.tgs",
        None,
    )
    gifs = builder.saved_gifs([Sticker(31, None, "a.mp4"), Sticker(32)], version)
    assert facts("saved_gifs", gifs, version) == [
        ("saved_gif", "document 31, a.mp4", None),
        ("saved_gif", "document 32, \U0001f600, sticker.webp", None),
    ]


@pytest.mark.parametrize("version", [7005, 7021, 8013])
def test_old_recent(version: int) -> None:
    """Ratings of the oldest list; a negative one is that of an own sticker."""
    data = builder.old_recent([(Sticker(1), 5), (Sticker(2), -3)], version)
    emoji = ", \U0001f600" if version >= 7021 else ""
    assert facts("recent_stickers_old", data, version) == [
        ("recent_sticker", f"document 1{emoji}, sticker.webp, rating 5", None),
        ("recent_sticker", f"document 2{emoji}, sticker.webp, rating -3", None),
    ]


@by_version
def test_truncated_at_every_byte(version: int) -> None:
    """What is whole is kept, with place, set and document of the damage."""
    sets = [*SETS, Set(504, stickers=USED, dates=DATES)]
    data = builder.sticker_sets(sets, version)
    whole = stickers.read_sticker_file("stickers_recent", data, version)
    count = 0
    for size in range(len(data)):
        cut = stickers.read_sticker_file("stickers_recent", data[:size], version)
        at_order = version < 9061 and size == len(data)
        assert cut.problem is not None or at_order or len(cut.sets) == len(sets)
        if cut.problem:
            offset, reason = cut.problem
            assert 0 <= offset <= size
            assert reason
            if "in the document" in reason:
                assert "in the set 50" in reason
        number = sum(len(item.documents) for item in cut.sets)
        assert number >= count
        count = number
        assert [item.identifier for item in cut.sets] == [
            item.identifier for item in whole.sets[: len(cut.sets)]
        ]
        list(stickers.sticker_facts("stickers_recent", cut))
    gifs = builder.saved_gifs(USED, version)
    for size in range(len(gifs)):
        cut = stickers.read_sticker_file("saved_gifs", gifs[:size], version)
        assert cut.problem is not None
        assert len(cut.documents) < len(USED)


def test_old_recent_truncated_at_every_byte() -> None:
    """Only a cut between two stickers goes unnoticed: the list has no end."""
    one = builder.old_recent([(Sticker(1), 5)], 8013)
    data = one * 3
    for size in range(len(data)):
        cut = stickers.read_sticker_file("recent_stickers_old", data[:size], 8013)
        assert len(cut.documents) == size // len(one)
        assert (cut.problem is None) == (size % len(one) == 0)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (u32(0xFFFFFFFF) + i32(5) + i32(0), "version 5 of a sticker list is unknown"),
        (u32(0xFFFFFFFF) + i32(4) + i32(-1), "list of -1 elements"),
        (u32(0xFFFFFFFF) + i32(4) + i32(0x7FFFFFFF), "list of 2147483647 elements"),
        (builder.sticker_sets([], MODERN) + b"more", "4 bytes behind"),
        (
            builder.sticker_sets([Set(7, stickers=USED, dates=[1, 2])], MODERN),
            "in the set 7 at offset 0xc: 2 dates for 3 stickers",
        ),
        (
            builder.sticker_sets([Set(7, stickers=USED)], MODERN).replace(
                i32(0x7FFFFFFF) + i32(6), i32(0x7FFFFFFF) + i32(7), 1
            ),
            "in the document 11",
        ),
    ],
)
def test_damage(data: bytes, text: str) -> None:
    """Unknown versions and impossible numbers."""
    content = stickers.read_sticker_file("stickers_recent", data, MODERN)
    assert content.problem is not None
    assert text in content.problem[1]


@by_version
def test_mutations(version: int) -> None:
    """Damaged files end in a problem or in what they say, nothing else."""
    files = {
        "stickers_recent": builder.sticker_sets(
            [Set(504, stickers=USED, dates=DATES), *SETS], version
        ),
        "saved_gifs": builder.saved_gifs(USED, version),
        "recent_stickers_old": builder.old_recent([(Sticker(1), 5)] * 3, version),
    }
    for role, data in files.items():
        for damaged in mutations(data, 150, f"{role} {version}"):
            content = stickers.read_sticker_file(role, damaged, version)
            list(stickers.sticker_facts(role, content))


@given(st.binary(max_size=300), st.sampled_from(sorted(stickers.ROLES)))
def test_any_bytes(data: bytes, role: str) -> None:
    """No bytes raise anything."""
    for version in builder.LAYOUTS:
        content = stickers.read_sticker_file(role, data, version)
        list(stickers.sticker_facts(role, content))
