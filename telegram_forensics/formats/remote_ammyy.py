"""access.log of Ammyy Admin.

Specification: formats/remote_access.md section 4, where the line's form is not
confirmed in detail. Times are local.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

TOOL: Final = "Ammyy Admin"

_LINE: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\w*))?\s*-?\s*(?:\[(\d+)\])?\s*(.*)"
)
_PASSED: Final = re.compile(
    r"PASSED\s+authorization\b.*?\bremoteId=(\d+)(.*)", re.IGNORECASE
)
_ENDED: Final = re.compile(r"ENDED\s+authorized session\b(.*)", re.IGNORECASE)
_FAILED: Final = re.compile(
    r"(?:FAILED|REJECTED|DENIED)\s+authorization\b(.*)", re.IGNORECASE
)
_IDENTIFIER: Final = re.compile(r"\bremoteId=(\d+)", re.IGNORECASE)
_ROUTER: Final = re.compile(r"\bby router (\S+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b")
_FRACTION: Final = re.compile(r"\d{3}|\d{6}")
_MAXIMUM_OPEN: Final = 256


def is_log(lines: list[TextLine]) -> bool:
    """Whether one of the first lines of a file is one of the log."""
    return any(
        match is not None and "author" in match[9].lower()
        for match in (_LINE.match(line.text) for line in lines)
    )


class AmmyyLogDecoder(records.LogDecoder):
    """Decoder of access.log."""

    tool = TOOL

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[tuple[str, str], records.Record] = {}

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _LINE.fullmatch(line.text.strip())
        if not match:
            yield self.unparsed(line, "not the form of a line")
            return
        moment = self._time(match)
        if moment is None:
            self.reject(line, "no time")
        self.seen(moment)
        key = (match[8] or "", match[7] or "")
        text = match[9]
        if found := _PASSED.match(text):
            yield from self._passed(line, moment, key, found)
        elif found := _ENDED.match(text):
            yield self._ended(line, moment, key, found)
        elif found := _FAILED.match(text):
            identifier = _IDENTIFIER.search(text)
            event = self.event(
                line,
                moment,
                "authentication_failed",
                direction="incoming",
                remote_identifier=identifier[1] if identifier else None,
                success=False,
                text=line.text,
            )
            self._address(event, text)
            yield event
        else:
            yield from self.other(line, moment, line.text)

    def _time(self, match: re.Match[str]) -> records.Moment | None:
        year, month, day, hour, minute, second = (
            int(value) for value in match.groups()[:6]
        )
        # The field may be the number of a thread instead, in hexadecimal digits.
        fraction = match[7] or ""
        is_fraction = _FRACTION.fullmatch(fraction) is not None
        microsecond = int(fraction.ljust(6, "0")) if is_fraction else 0
        value = records.make_datetime(
            year, month, day, hour, minute, second, microsecond
        )
        if value is None:
            return None
        precision = "second"
        if is_fraction:
            precision = "millisecond" if len(fraction) == 3 else "microsecond"
        return records.Moment(value, precision, records.SYSTEM_ZONE)

    def _address(self, record: records.Record, text: str) -> None:
        router = _ROUTER.search(text)
        address = _ADDRESS.search(text)
        if router:
            record.relay_address = router[1]
        elif address and "direct" in text.lower():
            record.remote_address = address[0]

    def _passed(
        self,
        line: TextLine,
        moment: records.Moment | None,
        key: tuple[str, str],
        match: re.Match[str],
    ) -> Iterator[records.Record]:
        if key in self._open:
            yield self._open.pop(key)
        if len(self._open) >= _MAXIMUM_OPEN:
            yield self._open.pop(next(iter(self._open)))
        record = records.Record(self.tool, offset=line.offset)
        record.text_encoding = line.encoding
        record.direction = "incoming"
        record.remote_identifier = match[1]
        record.start, record.start_basis = moment, "authentication"
        record.success = True
        record.text = line.text
        self._address(record, match[2])
        self._open[key] = record

    def _ended(
        self,
        line: TextLine,
        moment: records.Moment | None,
        key: tuple[str, str],
        match: re.Match[str],
    ) -> records.Record:
        record = self._open.pop(key, None)
        if record is None:
            # The last field may be a time; then the number in brackets must do.
            same = [other for other in self._open if other[0] == key[0]]
            if len(same) == 1:
                record = self._open.pop(same[0])
        if record is None:
            record = records.Record(self.tool, offset=line.offset)
            record.direction = "incoming"
            record.success = True
            record.text = line.text
        record.end, record.end_basis = moment, "session_ended"
        record.end_offset = line.offset
        record.details = match[1].strip(" ,") or None
        return record

    def end(self) -> Iterator[records.Record]:
        """Sessions that are open where the log ends have no end."""
        yield from self._open.values()
