"""TF-030 to TF-032: copies of tdata in traces of the file system; neutral facts.

A burst of creations under the files' own names in a folder is what a copy, an unpacked
archive and a restored backup have in common; the client itself, since 1.9.17, renames
temporary files instead (formats/telegram_desktop.md section 1.4). Nothing of this tells
who did it or why. What is outside the time of a change journal has no trace in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final

from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.records import (
    Evidence,
    FileTrace,
    Grade,
    NameTrace,
    StorageDevice,
)

# Between two files of one copy: the cache, which is large, lies between them.
_BURST_GAP: Final = 120.0
# The coarsest times of file systems are 2 seconds.
_TOLERANCE: Final = 2.0
_NEAR_DEVICE: Final = 3600.0
_SMALLEST_BURST: Final = 2
_MAXIMUM_LISTED: Final = 5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)

_OWN_NAME: Final = (
    "the files were made under their own names; the client, since version 1.9.17, "
    "makes them under temporary names and renames them"
)
_OLDER: Final = "they were last modified before they were created, as copies are"
_ENTRY_AGREES: Final = (
    "$FILE_NAME, whose times programs cannot set, has the same times of creation"
)
_ENTRY_LATER: Final = (
    "$FILE_NAME has later times of creation: the files came to the folder with older "
    "times"
)
_ONLY_FOLDER: Final = (
    "no other folder with files of these names is known on this image: it may be the "
    "only place of this data set, whatever made it"
)


def find_copies(evidence: Evidence) -> list[Finding]:
    """TF-030: files of a tdata folder that were made as copies are made."""
    folders: dict[tuple[str, str], list[FileTrace]] = defaultdict(list)
    for trace in evidence.files:
        folders[trace.place.image, trace.folder].append(trace)
    findings = []
    for (image, folder), traces in sorted(folders.items()):
        others = sorted(
            other
            for known, other in folders
            if known == image
            and other != folder
            and any(_is_anchor(item.name) for item in folders[known, other])
        )
        for burst in _find_bursts(traces):
            findings.append(_describe(evidence, folder, others, burst))
    return findings


def _is_anchor(name: str) -> bool:
    """True for names that no other program uses: `key_datas`, `D877F783D5D3EF8Cs`."""
    return not name.startswith(("settings", "map"))


def _is_copied(trace: FileTrace) -> bool:
    if trace.created is None:
        return False
    if trace.kind == "journal":
        return True
    return (
        trace.modified is not None and trace.modified + _TOLERANCE < trace.created
    ) or _came_later(trace)


def _came_later(trace: FileTrace) -> bool:
    """True if all times that programs can set are older than the folder entry.

    A file that the client saves may get the creation time of the one that it replaces
    (NTFS keeps it for a moment), but not its time of modification.
    """
    if trace.created is None or trace.entry_created is None:
        return False
    latest = max(trace.created, trace.modified or trace.created)
    return latest + _TOLERANCE < trace.entry_created


def _time(trace: FileTrace) -> float:
    """When the file came to its folder."""
    if _came_later(trace) and trace.entry_created is not None:
        return trace.entry_created
    return trace.created or 0.0


def _find_bursts(traces: list[FileTrace]) -> Iterator[list[FileTrace]]:
    """Files that came to a folder within a short time."""
    copied = sorted(
        (trace for trace in traces if _is_copied(trace)),
        key=lambda trace: (_time(trace), trace.name, str(trace.place)),
    )
    burst: list[FileTrace] = []
    for trace in [*copied, None]:
        if burst and (trace is None or _time(trace) - _time(burst[-1]) > _BURST_GAP):
            names = {item.name for item in burst}
            if len(names) >= _SMALLEST_BURST and any(map(_is_anchor, names)):
                yield burst
            burst = []
        if trace is not None:
            burst.append(trace)


def _describe(
    evidence: Evidence, folder: str, others: list[str], burst: list[FileTrace]
) -> Finding:
    image = burst[0].place.image
    start, end = _time(burst[0]), _time(burst[-1])
    names = sorted({trace.name for trace in burst})
    journal = [trace for trace in burst if trace.kind == "journal"]
    timed = [trace for trace in burst if trace.kind != "journal"]
    agreeing = [
        trace
        for trace in timed
        if trace.entry_created is not None
        and trace.created is not None
        and abs(trace.entry_created - trace.created) <= _TOLERANCE
    ]
    # One record alone makes no burst, so that a grade needs two.
    strong = {trace.name for trace in [*journal, *agreeing]}
    finding = Finding(
        "TF-030",
        f"Files of a tdata folder came to {folder or 'a folder'} on {image} within "
        f"{round(end - start)} seconds: {', '.join(names)}.",
        Grade.A if len(strong) >= _SMALLEST_BURST else Grade.C,
        start=start,
        end=end,
        evidence=[(trace.place, _words(trace)) for trace in burst],
    )
    if any(trace.name.endswith("s") for trace in journal):
        finding.supports.append(_OWN_NAME)
    if any(not _came_later(trace) for trace in timed):
        finding.supports.append(_OLDER)
    if agreeing:
        finding.supports.append(_ENTRY_AGREES)
    if any(map(_came_later, timed)):
        finding.supports.append(_ENTRY_LATER)
    for other in others[:_MAXIMUM_LISTED]:
        finding.supports.append(f"another folder has files of these names: {other}")
    if not others:
        finding.contradicts.append(_ONLY_FOLDER)
    for device in _near(evidence.devices, image, start, end):
        finding.supports.append(
            f"a removable device or mount point within an hour: {device.name}, "
            f"{device.words} {_iso(device.time)}"
        )
        finding.evidence.append((device.place, f"{device.name}: {device.words}"))
    _leave_open(finding, burst)
    return finding


def _leave_open(finding: Finding, burst: list[FileTrace]) -> None:
    """Notes what else explains the files, and what would decide."""
    finding.not_excluded = [
        "a backup program or a synchronization service made the copy",
        "the owner moved or copied the data to another computer or profile",
        "a reinstallation, an update or a restored backup put the files there",
    ]
    if any(not trace.name.endswith("s") for trace in burst):
        finding.not_excluded.append(
            "a client before version 1.9.17 made the files itself"
        )
    if any(trace.kind != "journal" for trace in burst):
        finding.not_excluded.append("a program set the times of the files")
    finding.would_decide = [
        "the later states of both data sets: separate use shows in caches and settings",
        "the logs of backup and synchronization programs, and removable devices of "
        "that time",
    ]


def _near(
    devices: list[StorageDevice], image: str, start: float, end: float
) -> list[StorageDevice]:
    near = [
        device
        for device in devices
        if device.place.image == image
        and start - _NEAR_DEVICE <= device.time <= end + _NEAR_DEVICE
    ]
    near.sort(key=lambda device: (device.time, device.name, device.words))
    return near[:_MAXIMUM_LISTED]


def _words(trace: FileTrace) -> str:
    if trace.kind == "journal":
        return f"{trace.name}: created {_iso(trace.created)} (change journal)"
    words = f"{trace.name}: created {_iso(trace.created)}"
    if trace.modified is not None:
        words += f", modified {_iso(trace.modified)}"
    if trace.entry_created is not None:
        words += f", $FILE_NAME created {_iso(trace.entry_created)}"
    return words if trace.is_allocated else f"{words} (deleted)"


def find_names(evidence: Evidence) -> list[Finding]:
    """TF-031: names of archives and lists of used items that tell of tdata."""
    groups: dict[tuple[str, str, str], list[NameTrace]] = defaultdict(list)
    for trace in evidence.names:
        groups[trace.place.image, trace.kind, trace.name].append(trace)
    findings = []
    for (image, kind, name), traces in sorted(groups.items()):
        traces.sort(key=lambda item: (item.time or 0.0, item.words, str(item.place)))
        times = [item.time for item in traces if item.time is not None]
        words = f"An archive whose name tells of tdata is recorded on {image}: {name}."
        doubts = [
            "the archive holds something else: its name says nothing of its content",
            "the owner's own backup",
        ]
        decides = "the archive itself, and where it was brought to"
        if kind == "folder":
            words = f"A tdata folder is in a list of used items on {image}: {name}."
            doubts = [
                "the owner, or a program that shows files, opened the folder without "
                "copying anything"
            ]
            decides = "other records of that user and that time"
        findings.append(
            Finding(
                "TF-031",
                words,
                Grade.A,
                start=min(times, default=None),
                end=max(times, default=None),
                evidence=[
                    (
                        item.place,
                        item.words
                        if item.time is None
                        else f"{item.words}: {_iso(item.time)}",
                    )
                    for item in traces
                ],
                not_excluded=doubts,
                would_decide=[decides],
            )
        )
    return findings


def find_journals(evidence: Evidence) -> list[Finding]:
    """TF-032: the time of which change journals can tell anything."""
    return [
        Finding(
            "TF-032",
            f"A change journal of {journal.place.image} begins at "
            f"{_iso(journal.first)} and ends at {_iso(journal.last)}: of copies made "
            "before or after that it says nothing.",
            Grade.A,
            start=journal.first,
            end=journal.last,
            evidence=[(journal.place, f"{journal.number} records")],
        )
        for journal in evidence.journals
    ]


def _iso(time: float | None) -> str:
    if time is None:
        return "?"
    try:
        moment = _EPOCH + timedelta(seconds=round(time))
    except OverflowError:
        return "?"
    return moment.isoformat().replace("+00:00", "Z")
