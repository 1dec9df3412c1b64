"""Marks of a running, killed or updated Telegram Desktop.

Specification: formats/telegram_desktop.md sections 1.6 and 6.2: the crash report
`tdata/working`, the lock file of the single instance in the temporary folder, and the
updater's log, whose time is in its name. Times are local time of the computer.
"""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass
from typing import Final

MAXIMUM_SIZE: Final = 64 * 1024

_LOCK_NAME: Final = re.compile(
    r"[0-9a-f]{32}-\{(?:87A94AB0-E370-4cde-98D3-ACC110C5967D"
    r"|E51FB841-8C0B-4EF9-9E9E-5A0078567627)\}",
    re.IGNORECASE,
)
_UPDATE_NAME: Final = re.compile(r"(\d{8})_(\d{6})_upd\.txt", re.IGNORECASE)
_HEADER_LINE: Final = re.compile(r"([A-Z]\w{1,30}): (.*)")
# A header has at least one of these.
_HEADER_NAMES: Final = frozenset(["ApiId", "Binary", "Launched", "Platform", "Version"])
_LOCK_LINES: Final = (
    "process id",
    "process name",
    "host name",
    "machine id",
    "boot id",
)


class MarkKind(enum.Enum):
    """Kinds of mark, by the file's name."""

    CRASH = "crash_report"
    LOCK = "single_instance_lock"
    UPDATE = "update_applied"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark.

    Attributes:
        text: its content in words.
        moment: local time of the computer, None if it holds none.
        version: version of the client as the report writes it, a number or text.
        user_tag: number of the installation in hex, as the report writes it.
        username: public username of the active account.
        host_name: name of the computer.
    """

    text: str
    moment: datetime.datetime | None = None
    version: str | None = None
    user_tag: str | None = None
    username: str | None = None
    host_name: str | None = None


def mark_kind(name: str) -> MarkKind | None:
    """What a file of this name would be, None if it is no mark of this client."""
    if name == "working":
        return MarkKind.CRASH
    if _LOCK_NAME.fullmatch(name):
        return MarkKind.LOCK
    if _UPDATE_NAME.fullmatch(name):
        return MarkKind.UPDATE
    return None


def read_crash_report(data: bytes) -> Mark | None:
    """Reads the header of a crash report, None if it is none.

    Args:
        data: beginning of the file, MAXIMUM_SIZE bytes at most.
    """
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines()[:64]:
        match = _HEADER_LINE.fullmatch(line.strip())
        if match:
            fields.setdefault(match[1], match[2])
    if not _HEADER_NAMES & fields.keys():
        return None
    moment = None
    launched = fields.get("Launched")
    if launched:
        moment = _time(launched, "%d.%m.%Y %H:%M:%S")
    return Mark(
        "; ".join(f"{name}: {value}" for name, value in fields.items()),
        moment,
        fields.get("Version") or None,
        fields.get("UserTag") or None,
        fields.get("Username") or None,
    )


def read_lock_file(data: bytes) -> Mark | None:
    """Reads the lock file of the single instance, None if it is none.

    Args:
        data: content of the file, MAXIMUM_SIZE bytes at most.
    """
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[0].strip().isdigit() or len(lines) < len(_LOCK_LINES) - 2:
        return None
    found = [
        (name, line.strip())
        for name, line in zip(_LOCK_LINES, lines, strict=False)
        if line.strip()
    ]
    text = "; ".join(f"{name}: {value}" for name, value in found)
    return Mark(text, host_name=dict(found).get("host name"))


def read_update_log(name: str, data: bytes) -> Mark | None:
    """Reads a log of the updater, None if its name holds no date and time."""
    match = _UPDATE_NAME.fullmatch(name)
    moment = _time(match[1] + match[2], "%Y%m%d%H%M%S") if match else None
    if moment is None:
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return Mark(data.decode(encoding, "replace").strip("\r\n\0 "), moment)


def _time(text: str, form: str) -> datetime.datetime | None:
    try:
        # Local time without zone: that is all there is.
        return datetime.datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
