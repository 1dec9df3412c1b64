"""Lists of AnyDesk: connection_trace.txt and file_transfer_trace.txt.

Specification: formats/remote_access.md section 2.3. Times have minutes only, and that
they are UTC is not confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_anydesk import TOOL
from telegram_forensics.formats.remote_text import TextLine

_TIME: Final = r"(\d{4})-(\d\d)-(\d\d), (\d\d):(\d\d)"
_CONNECTION: Final = re.compile(rf"\s*(Incoming|Outgoing)\s+{_TIME}(.*)", re.IGNORECASE)
_TRANSFER: Final = re.compile(rf"(?<=\s){_TIME}(?=\s|$)")
_METHODS: Final = {"user": "consent", "passwd": "password", "token": "token"}


def is_connection_list(lines: list[TextLine]) -> bool:
    """Whether one of the first lines is one of connection_trace.txt."""
    return any(_CONNECTION.match(line.text) for line in lines)


def is_transfer_list(lines: list[TextLine]) -> bool:
    """Whether one of the first lines is one of file_transfer_trace.txt."""
    return any(_TRANSFER.search(line.text) for line in lines)


def _moment(groups: tuple[str, ...]) -> records.Moment | None:
    year, month, day, hour, minute = (int(value) for value in groups)
    value = records.make_datetime(year, month, day, hour, minute)
    if value is None:
        return None
    return records.Moment(value, "minute", records.UTC_UNCONFIRMED, 0)


class ConnectionTraceDecoder(records.LogDecoder):
    """Decoder of connection_trace.txt."""

    tool = TOOL

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _CONNECTION.fullmatch(line.text)
        moment = _moment(match.groups()[1:6]) if match else None
        if not match or moment is None:
            reason = "no time" if match else "not the form of a line"
            self.reject(line, reason)
            yield self.event(
                line, None, "unparsed_line", text=line.text, details=reason
            )
            return
        self.seen(moment)
        method, name, identifier = self._columns(match[7])
        values = {
            "direction": match[1].lower(),
            "remote_identifier": identifier,
            "remote_name": name if name != identifier else None,
            "text": line.text,
        }
        if method.lower() == "rejected":
            yield self.event(
                line, moment, "connection_rejected", success=False, **values
            )
            return
        record = records.Record(self.tool, offset=line.offset)
        for attribute, value in values.items():
            setattr(record, attribute, value)
        record.start, record.start_basis = moment, "connection_list"
        record.authentication = _METHODS.get(method.lower(), method or None)
        if method.lower() in _METHODS:
            record.success = True
        yield record

    def _columns(self, rest: str) -> tuple[str, str | None, str | None]:
        """Method, alias and identifier."""
        if "\t" in rest:
            columns = [column.strip() for column in rest.split("\t")][1:]
        else:
            columns = re.split(r"\s{2,}", rest.strip())
            if len(columns) < 3:
                columns = rest.split()
            # Without tabs an empty method leaves no trace.
            if len(columns) == 2:
                columns = ["", *columns]
        columns += [""] * (3 - len(columns))
        return columns[0], columns[-2] or None, columns[-1] or columns[-2] or None


class FileTransferTraceDecoder(records.LogDecoder):
    """Decoder of file_transfer_trace.txt."""

    tool = TOOL

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        if not line.text.strip():
            return
        match = _TRANSFER.search(line.text)
        moment = _moment(match.groups()) if match else None
        if not match or moment is None:
            reason = "no time" if match else "not the form of a line"
            self.reject(line, reason)
            yield self.event(
                line, None, "unparsed_line", text=line.text, details=reason
            )
            return
        self.seen(moment)
        kind = line.text[: match.start()].strip()
        is_clipboard = kind.lower() == "clipboard"
        event_kind = "clipboard_transfer" if is_clipboard else "file_transfer"
        details = [part.strip() for part in line.text[match.end() :].split("\t")]
        yield self.event(
            line,
            moment,
            event_kind,
            details=" | ".join(part for part in details if part) or None,
            session_type=kind or None,
            text=line.text,
        )
