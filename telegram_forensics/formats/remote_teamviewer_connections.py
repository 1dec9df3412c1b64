"""Lists of sessions of TeamViewer: Connections_incoming.txt and connections.txt.

Specification: formats/remote_access.md section 1.2. One line for each finished session.
Names and accounts are free text, so a row is understood from its times: what stands
before them is the partner, what stands behind them account, type and session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

TOOL: Final = "TeamViewer"

_TIME: Final = r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d"
_IS_TIME: Final = re.compile(_TIME)
_MOMENT: Final = re.compile(r"(\d\d)-(\d\d)-(\d{4}) (\d\d):(\d\d):(\d\d)")
_ROW: Final = re.compile(r"[^\S\t]*\d[\d ]{5,13}\s")
_FREE_TIME: Final = re.compile(rf"(?<=\s){_TIME}(?=\s|$)")
_GUID: Final = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_IDENTIFIER: Final = re.compile(r"[\d ]+")
_BLANKS: Final = re.compile(r"\t|\s{2,}")

INCOMING: Final = "incoming"
OUTGOING: Final = "outgoing"


def direction(name: str) -> str | None:
    """Direction of the sessions in a file of this name, None if it is none of these."""
    return {
        "connections_incoming.txt": INCOMING,
        "connections.txt": OUTGOING,
    }.get(name.lower())


def is_connections_file(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is a row."""
    return any(_ROW.match(line.text) and _FREE_TIME.search(line.text) for line in lines)


class ConnectionsDecoder(records.LogDecoder):
    """Decoder of one of the two files."""

    tool = TOOL

    def __init__(self, sessions_direction: str) -> None:
        super().__init__()
        self._direction = sessions_direction

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a row; one that cannot be understood is a record, too."""
        text = line.text.strip("\ufeff")
        if not text.strip():
            return
        if "\t" in text:
            columns = [column.strip() for column in text.split("\t")]
        else:
            columns = self._columns_of_blanks(text)
        index = self._start_column(columns)
        start = self._moment(columns[index]) if index else None
        if index is None or start is None:
            reason = "no start time" if index is None else "start is no time"
            self.reject(line, reason)
            yield self.event(
                line,
                None,
                "unparsed_line",
                direction=self._direction,
                text=text,
                details=reason,
            )
            return
        yield self._session(line, columns, index, start)

    def _start_column(self, columns: list[str]) -> int | None:
        """Index of the column with the start; the name may look like anything."""
        found = [
            index
            for index, column in enumerate(columns)
            if index and _IS_TIME.fullmatch(column)
        ]
        if not found:
            return None
        # The last two times side by side, or the last one of all: a display name may
        # itself be a time.
        for index in reversed(found):
            if index - 1 in found:
                return index - 1
        return found[-1]

    def _columns_of_blanks(self, text: str) -> list[str]:
        """Columns that runs of blanks separate; the account may hold single ones."""
        times = list(_FREE_TIME.finditer(text))
        if not times:
            return [text]
        # Start and end have blanks only between them; a name may look like a time.
        first = len(times) - 1
        if first and not text[times[first - 1].end() : times[first].start()].strip():
            first -= 1
        identifier, _, name = text[: times[first].start()].strip().partition(" ")
        last = times[-1]
        end = last[0] if last is not times[first] else ""
        rest = text[last.end() :]
        tail = [column for column in _BLANKS.split(rest.strip()) if column]
        if len(tail) == 1:
            # Single blanks only: session and type hold none.
            words = tail[0].rsplit(None, 2)
            if len(words) == 3 and _GUID.fullmatch(words[2]):
                tail = words
            elif len(words) > 1 and not _GUID.fullmatch(words[-1]):
                tail = tail[0].rsplit(None, 1)
        return [identifier, name.strip(), times[first][0], end, *tail]

    def _session(
        self, line: TextLine, columns: list[str], index: int, start: records.Moment
    ) -> records.Record:
        record = records.Record(self.tool, offset=line.offset)
        record.direction = self._direction
        record.start = start
        record.start_basis = "connection_arrival"
        identifier = columns[0]
        if _IDENTIFIER.fullmatch(identifier):
            identifier = identifier.replace(" ", "")
        record.remote_identifier = identifier or None
        record.remote_name = "\t".join(columns[1:index]).strip() or None
        notes: list[str] = []
        rest = self._take_end(record, columns[index + 1 :], notes)
        guids = [column for column in rest if _GUID.fullmatch(column)]
        others = [column for column in rest if column not in guids]
        while others and not others[-1]:
            others.pop()
        record.remote_session_identifier = guids[0] if guids else None
        record.local_account = (others[0] or None) if others else None
        record.session_type = (others[1] or None) if len(others) > 1 else None
        if len(others) > 2:
            notes.append("further columns: " + " | ".join(others[2:]))
        if record.end is not None and record.end.value < start.value:
            notes.append("the end lies before the start")
        for note in notes:
            self.reject(line, note.partition(":")[0])
        if record.end is None and not notes:
            notes.append("no end")
        if not guids:
            notes.append("no session identifier")
        record.details = "; ".join(notes) or None
        # The file lists finished sessions; one without an end says nothing.
        record.success = True if record.end is not None else None
        self.seen(start)
        return record

    def _take_end(
        self, record: records.Record, rest: list[str], notes: list[str]
    ) -> list[str]:
        """Takes the end, which may be empty, off the columns behind the start."""
        if not rest:
            return rest
        record.end = self._moment(rest[0])
        if record.end is not None:
            record.end_basis = "connection_list"
        elif _IS_TIME.fullmatch(rest[0]):
            notes.append(f"the end is no time: {rest[0]}")
        elif rest[0]:
            notes.append("the column of the end is missing")
            return rest
        return rest[1:]

    def _moment(self, text: str) -> records.Moment | None:
        match = _MOMENT.fullmatch(text)
        if not match:
            return None
        day, month, year, *clock = (int(value) for value in match.groups())
        value = records.make_datetime(year, month, day, clock[0], clock[1], clock[2])
        if value is None:
            return None
        return records.Moment(value, "second", records.UTC, 0)
