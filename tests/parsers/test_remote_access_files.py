"""Chats, pictures and recordings of AnyDesk, and the bitmap cache of RDP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parsers import remote_access_support as remote

ROAMING = "Users/Olha/AppData/Roaming/AnyDesk"


@pytest.mark.parametrize(
    ("name", "partner", "alias"),
    [
        (f"{ROAMING}/chat/442226597.txt", "442226597", None),
        (f"{ROAMING}/ad_4a1b/chat/Mark@ad.txt", None, "Mark@ad"),
        ("home/o/.anydesk/chat/1660360496.txt", "1660360496", None),
    ],
)
def test_chat(
    tmp_path: Path, name: str, partner: str | None, alias: str | None
) -> None:
    """Lines as they stand, without a time; whom they were written with."""
    lines = ["2024-03-02 Mark: відкрий Telegram", "", "я: добре"]
    for encoding in ("utf-8", "utf-16"):
        found = remote.parse_lines(tmp_path, name, lines, encoding)
        texts = remote.events(found, "chat_line")
        assert [item.text for item in texts] == [lines[0], lines[2]]
        (whole,) = remote.events(found, "chat_log")
        assert whole.number_of_entries == 2
        assert "not confirmed" in whole.details
        for item in (*texts, whole):
            assert item.remote_identifier == partner
            assert item.remote_name == alias
            assert item.recorded_time is None
            assert item.written_time is not None


def test_other_texts(tmp_path: Path) -> None:
    """A folder "chat" of another program."""
    found = remote.parse_lines(tmp_path, "Roaming/Other/chat/442226597.txt", ["x"])
    assert found.event_data == []


@pytest.mark.parametrize(
    ("name", "partner"),
    [
        ("Users/O/Videos/AnyDesk/2024-03-02 442226597.anydesk", "442226597"),
        ("Users/O/Videos/AnyDesk/1660360496_442226597.anydesk", None),
        ("Users/O/Videos/AnyDesk/20240302.anydesk", None),
    ],
)
def test_recording(tmp_path: Path, name: str, partner: str | None) -> None:
    """Presence; an identifier only if there is no doubt which."""
    found = remote.parse_lines(tmp_path, name, ["x"])
    (event,) = remote.events(found)
    assert (event.event_kind, event.tool) == ("recording", "AnyDesk")
    assert event.remote_identifier == partner
    assert ("not confirmed" in event.details) == (partner is not None)


def test_thumbnail(tmp_path: Path) -> None:
    """Presence of a picture, whatever its name."""
    path = tmp_path / ROAMING / "Thumbnails" / "0c4f.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (event,) = remote.events(remote.parse(path))
    assert (event.event_kind, event.direction) == ("thumbnail", "outgoing")
    other = tmp_path / "Pictures" / "Thumbnails" / "0c4f.png"
    other.parent.mkdir(parents=True)
    other.write_bytes(path.read_bytes())
    assert remote.parse(other).event_data == []


@pytest.mark.parametrize(
    ("name", "head", "is_cache"),
    [
        ("Cache0000.bin", b"RDP8bmp\0", True),
        ("Cache0000.bin", b"other\0\0\0", False),
        ("bcache24.bmc", b"\1\2\3\4", True),
        ("bcache24.txt", b"\1\2\3\4", False),
    ],
)
def test_bitmap_cache(tmp_path: Path, name: str, head: bytes, is_cache: bool) -> None:
    """This computer controlled another one."""
    folder = "Users/O/AppData/Local/Microsoft/Terminal Server Client/Cache"
    path = tmp_path / folder / name
    path.parent.mkdir(parents=True)
    path.write_bytes(head + bytes(40))
    found = remote.events(remote.parse(path))
    assert [(item.event_kind, item.tool, item.direction) for item in found] == (
        [("bitmap_cache", "RDP", "outgoing")] if is_cache else []
    )
