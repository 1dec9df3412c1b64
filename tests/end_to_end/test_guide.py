"""The examiner's guide: every command of the worked case, with the output it shows.

A fenced block is a session of a terminal: lines with `$` are commands, what follows is
their output. `...` stands for what was left out. Lines with `sqlite>` are given to the
sqlite3 before them. `$ cat NAME` of a file that is not there makes it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "docs" / "guide"
VARIABLE = "TELEGRAM_FORENSICS_GUIDE"
PAGES = ("collect", "read", "locked", "timeline", "report", "verify")
# Tools of the examiner: where one is not here, its output is not compared.
OTHER_TOOLS = {"ewfverify": "ewfverify", "sqlite3": "sqlite3", "xxd": "xxd"}
# It takes long, and needs a device that it can compute on.
NOT_RUN = ("hashcat",)


def sessions(text: str) -> Iterator[list[str]]:
    """Lines of the fenced blocks; files that a page gives under their name."""
    for name, block in re.findall(
        r"(?:`([\w.]+)`:\n\n)?^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    ):
        lines = block.splitlines()
        if name:
            lines = [f"$ cat {name}", *lines]
        if any(line.startswith(("$ ", "sqlite> ")) for line in lines):
            yield lines


def steps(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Commands with the output below them; continued lines as one."""
    command, output = "", []
    is_continued = False
    for line in lines:
        if is_continued:
            command += "\n" + line.removeprefix("   ...> ").strip()
        elif line.startswith(("$ ", "sqlite> ")):
            if command:
                yield command, output
            command, output = line, []
        else:
            output.append(line)
            continue
        is_sql = command.startswith("sqlite> ")
        is_continued = not command.endswith(";") if is_sql else command.endswith("\\")
    if command:
        yield command, output


class Terminal:
    """Runs the commands of the guide, one after another.

    Attributes:
        compared: number of lines of the guide that were found in an output.
    """

    def __init__(self, folder: Path) -> None:
        self._top = folder
        self._folder = folder
        self._database = ""
        self.compared = 0
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**os.environ, "PATH": path, "TZ": "UTC"}

    def back(self) -> None:
        """Goes to the folder of the case."""
        self._folder = self._top

    def step(self, command: str, output: list[str]) -> None:
        """One command: runs it and compares what the guide shows."""
        if command.startswith("sqlite> "):
            if self._database:
                words = command.removeprefix("sqlite> ")
                self._compare(command, self._run(self._database, words), output)
            return
        line = command.removeprefix("$ ")
        name = line.split()[0]
        if name == "cd":
            self._folder = (self._folder / line.split(maxsplit=1)[1]).resolve(
                strict=True
            )
        elif name == "cat" and not (self._folder / line.split()[1]).exists():
            text = "\n".join(output) + "\n"
            (self._folder / line.split()[1]).write_text(text, encoding="utf-8")
        elif name == "python" and "peer.py" in line:
            # The second tool is one of the tests' own, not of every Python.
            if importlib.util.find_spec("opentele") is not None:
                self._compare(line, self._run(line), output)
        elif name in NOT_RUN or not shutil.which(OTHER_TOOLS.get(name, "sh")):
            return
        elif name == "sqlite3":
            self._database = line
        else:
            self._compare(line, self._run(line), output)

    def _run(self, line: str, given: str = "") -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            env=self._environment,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        return done.stdout

    def _compare(self, line: str, real: str, shown: list[str]) -> None:
        found = " ".join(real.split())
        for expected in shown:
            for piece in re.split(r"\.\.\.|…", expected):
                words = " ".join(piece.split())
                if words:
                    assert words in found, (line, expected, real)
                    self.compared += 1


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get(VARIABLE), reason=f"takes minutes: make guide, or {VARIABLE}=1"
)
def test_worked_case(tmp_path: Path) -> None:
    """All pages in their order, in one folder."""
    case = tmp_path / "case"
    case.mkdir()
    os.symlink(REPOSITORY / "test_data", tmp_path / "test_data")
    shutil.copytree(REPOSITORY / "test_data" / "case", case / "evidence")
    terminal = Terminal(case)
    ran = 0
    for name in PAGES:
        terminal.back()
        for session in sessions((GUIDE / f"{name}.md").read_text("utf-8")):
            for command, output in steps(session):
                terminal.step(command, output)
                ran += 1
    assert ran > 40
    assert terminal.compared > 90
    # Nothing of it touched the evidence.
    for path in (case / "evidence").iterdir():
        assert (
            path.read_bytes()
            == (REPOSITORY / "test_data/case" / path.name).read_bytes()
        )


def test_comparison_sees(tmp_path: Path) -> None:
    """The test itself: an output that is not there fails."""
    terminal = Terminal(tmp_path)
    terminal.step("$ echo one two", ["one ... two"])
    assert terminal.compared == 2
    with pytest.raises(AssertionError):
        terminal.step("$ echo one", ["two"])
    with pytest.raises(AssertionError):
        terminal.step("$ false", [])
