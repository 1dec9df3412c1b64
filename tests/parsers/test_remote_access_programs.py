"""Remote control programs outside the folders of their installers."""

from __future__ import annotations

from pathlib import Path

import pytest

from telegram_forensics.formats import remote_programs
from tests.parsers import remote_access_support as support

KIND = "program_outside_install_folder"


def program(folder: Path, name: str, *libraries: str) -> Path:
    """A program, as far as its first bytes tell, with files beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for library in libraries:
        (folder / library).write_bytes(b"MZ library")
    path = folder / name
    path.write_bytes(b"MZ" + bytes(200))
    return path


def test_copy_with_a_library(tmp_path: Path) -> None:
    """Place, libraries and time are told, nothing else."""
    folder = tmp_path / "Users" / "Зоя" / "AppData" / "Roaming" / "svc"
    path = program(folder, "TeamViewer.exe", "msimg32.dll", "AVICAP32.DLL", "x.cfg")
    found = support.parse(path, f"{support.PARSERS},pe")
    (event,) = support.events(found, KIND)
    assert event.tool == "TeamViewer"
    assert event.program_path == str(path)
    assert event.details == "libraries beside it: AVICAP32.DLL, msimg32.dll"
    assert event.written_time is not None


@pytest.mark.parametrize("name", ["AnyDesk.exe", "anydesk (1).exe", "rustdesk-1.3.exe"])
def test_portable_copies(tmp_path: Path, name: str) -> None:
    """A download is told, too: it is a fact, not an accusation."""
    found = support.parse(program(tmp_path / "Downloads", name))
    (event,) = support.events(found, KIND)
    assert event.details == "no libraries beside it"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Program Files/TeamViewer", "TeamViewer_Service.exe"),
        ("Program Files (x86)/TeamViewer/Version9", "TeamViewer.exe"),
        ("Program Files (x86)/AnyDesk", "AnyDesk.exe"),
        ("Users/Ann/AppData/Local/rustdesk", "rustdesk.exe"),
        ("Downloads", "setup.exe"),
        ("Downloads", "TeamViewer.txt"),
    ],
)
def test_no_event(tmp_path: Path, folder: str, name: str) -> None:
    """Installed programs and others say nothing."""
    assert not support.events(support.parse(program(tmp_path / folder, name)), KIND)


def test_many_libraries() -> None:
    """The list is bounded, the number is not."""
    words = remote_programs.describe_libraries(f"{n:03}.dll" for n in range(5000))
    assert words.endswith("and 4900 more")
    assert len(words) < 2000
