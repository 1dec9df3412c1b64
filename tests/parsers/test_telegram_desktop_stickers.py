"""Sticker lists through plaso's worker, in profiles of several versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata
from tests.builders import tdata_stickers as builder
from tests.builders.tdata_stickers import Set, Sticker
from tests.parsers import support

VERSION = 6001002
RECENT = Set(1, "Recent", stickers=[Sticker(11), Sticker(12)], dates=[1700000300, 17])


def build(folder: Path, version: int = VERSION) -> dict[tuple[int, int], Path]:
    """Writes a profile with every list there is; the files by record and place."""
    support.build(folder / "tdata", [support.one_account()], version=version)
    sets = builder.sticker_sets([Set(501, stickers=[Sticker(21)])], version)
    recent = builder.sticker_sets([RECENT], version)
    records: list[tuple[int, list[bytes | None]]] = [
        (0x07, [builder.old_recent([(Sticker(5), 9)], version)]),
        (0x09, [tdata.u32(0x26) + tdata.u32(1) + tdata.u64(77) + b"\0\x08"]),
        (0x0B, [sets]),
        (0x0F, [builder.saved_gifs([Sticker(31, None, "a.mp4")], version)]),
        (0x10, [sets, sets, recent, sets]),
        (0x12, [recent]),
        (0x16, [sets, recent, None]),
        (0x17, [sets, None, sets]),
    ]
    return builder.add_to_account(
        folder / "tdata" / support.HASHES[0], records, support.LOCAL_KEY, version
    )


def seconds(date_time: Any) -> float:
    """A dfDateTime value as seconds since 1970 UTC."""
    return date_time.GetPlasoTimestamp() / 1_000_000


@pytest.mark.parametrize("version", [3002000, VERSION])
def test_lists(tmp_path: Path, version: int) -> None:
    """Every list gives its settings, with times, account and session."""
    build(tmp_path, version)
    found = support.extract(tmp_path)
    assert found.warnings == []
    used = [
        item
        for item in found.of_type("telegram:setting")
        if item.setting_name in ("sticker_last_used", "mask_last_used")
    ]
    assert sorted(
        (item.setting_name, item.setting_value[:11], seconds(item.value_time))
        for item in used
    ) == [
        ("mask_last_used", "document 11", 1700000300),
        ("mask_last_used", "document 12", 17),
        ("sticker_last_used", "document 11", 1700000300),
        ("sticker_last_used", "document 12", 17),
    ]
    for item in used:
        assert item.attribution_basis == "tdata_stickers"
        assert (item.account_identifier, item.record_state) == ("640011223", "current")
        assert item.session_identifier
    assert sorted(found.settings("recent_sticker")) == [
        "document 5, \U0001f600, sticker.webp, rating 9",
        "document 77, rating 8",
    ]
    cats = "Cats (cats_by_ann), set 501, 1 items"
    for name, count in {
        "sticker_set_installed": 2,
        "sticker_set_archived": 1,
        "mask_set_installed": 1,
        "custom_emoji_set_installed": 1,
        "custom_emoji_set_archived": 1,
    }.items():
        assert found.settings(name) == [cats] * count, name
        for item in found.of_type("telegram:setting"):
            if item.setting_name == name:
                assert seconds(item.value_time) == 1650000000
    assert found.settings("saved_gif") == ["document 31, a.mp4"]
    assert len(found.settings("favourite_sticker")) == 2


def test_damaged_list(tmp_path: Path) -> None:
    """A list cut off inside keeps what came before; the warning names the place."""
    files = build(tmp_path)
    path = files[0x10, 2]
    whole = builder.sticker_sets([RECENT], VERSION)
    cut = whole[: whole.rindex(tdata.u64(12)) + 20]
    path.write_bytes(support.encrypted(cut, VERSION))
    found = support.extract(tmp_path)
    (warning,) = found.warnings
    assert warning.startswith(f"{path.name}: offset 0x")
    assert (
        "in decrypted data: in the set 1 at offset 0xc: in the document 12" in warning
    )
    # Its time stands behind the stickers.
    assert "document 11, \U0001f600, sticker.webp" in found.settings("recent_sticker")
    assert len(found.settings("mask_last_used")) == 2
