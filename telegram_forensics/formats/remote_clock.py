"""Local times of a log whose UTC offset is told from time to time.

Specification: formats/remote_access.md section 1.3. A header at each start of the
program tells the offset; a line may hold a time in UTC beside its own. Between them the
clock may be set back at the end of daylight saving, which shows as a jump; its begin
cannot be told from an hour without entries.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final

from telegram_forensics.formats import remote_records as records

_MINUTE: Final = datetime.timedelta(minutes=1)
_LATE: Final = datetime.timedelta(seconds=5)
_STEP: Final = 15
# Of the clock against the router's, or of the line behind what it speaks of.
_ANCHOR_TOLERANCE: Final = datetime.timedelta(minutes=2)


def _is_end_of_daylight_saving(
    value: datetime.datetime, jump: datetime.timedelta
) -> bool:
    """Whether a clock that went back was set to standard time.

    By about an hour at any time; or by less in the nights in which countries do it, a
    Sunday of spring or autumn before four, since the log may have been silent.
    """
    if 50 * _MINUTE <= jump <= 70 * _MINUTE:
        return True
    is_night = (
        value.weekday() == 6 and value.hour < 4 and value.month in (3, 4, 9, 10, 11)
    )
    return is_night and 5 * _MINUTE <= jump < 50 * _MINUTE


class LogClock:
    """Gives the times of a log their offset.

    Attributes:
        jump: what the last call of `moment` found: minutes that the clock was set
            back, 0 if it was not.
        is_shifted: True if that was taken for the end of daylight saving.
    """

    def __init__(self) -> None:
        self.is_shifted = False
        self.jump = 0
        self._basis = records.SYSTEM_ZONE
        self._before_shift: datetime.datetime | None = None
        self._latest: datetime.datetime | None = None
        self._offset: int | None = None
        self._source: str | None = None

    @property
    def latest(self) -> datetime.datetime | None:
        """The latest time seen since the clock was last set back."""
        return self._latest

    def header(
        self, value: datetime.datetime, utc_offset: int | None, source: str
    ) -> None:
        """A program start: its offset holds from here on."""
        self._latest = value
        self._before_shift = None
        self._offset = utc_offset
        self._source = source if utc_offset is not None else None
        self._basis = (
            records.SYSTEM_ZONE if utc_offset is None else records.HEADER_OFFSET
        )

    def moment(self, value: datetime.datetime, precision: str) -> records.Moment:
        """The time of a line."""
        self.jump = 0
        self.is_shifted = False
        latest = self._latest
        if latest is None:
            self._latest = value
            return self._make(value, precision, self._offset)
        delta = value - latest
        before = self._before_shift
        if (
            before is not None
            and self._offset is not None
            and delta > 50 * _MINUTE
            and abs(value - before) < _LATE
        ):
            # Another process wrote it a moment ago, before the clock was set back.
            return self._make(value, precision, self._offset + 60)
        if delta < -_MINUTE:
            self.jump = round(-delta / _MINUTE)
            self._latest = value
            if (
                before is None
                and self._offset is not None
                and _is_end_of_daylight_saving(value, -delta)
            ):
                self.is_shifted = True
                self._before_shift = latest
                self._offset -= 60
                self._basis = records.HEADER_OFFSET_SHIFTED
        elif delta > datetime.timedelta(0):
            self._latest = value
        return self._make(value, precision, self._offset)

    def anchor(
        self, moment: records.Moment, milliseconds: int, source: str
    ) -> int | None:
        """A line that names the same time in UTC.

        Args:
            moment: time of the line.
            milliseconds: since 1970, UTC.
            source: text of the line.

        Returns:
            The offset that holds from here on, None if it is the one known before or
            does not fit.
        """
        epoch = datetime.datetime(1970, 1, 1)  # noqa: DTZ001
        try:
            utc = epoch + datetime.timedelta(milliseconds=milliseconds)
        except OverflowError:
            return None
        difference = moment.value - utc
        offset = round(difference / _MINUTE / _STEP) * _STEP
        if (
            not -12 * 60 <= offset <= 14 * 60
            or abs(difference - offset * _MINUTE) > _ANCHOR_TOLERANCE
            or offset == self._offset
        ):
            return None
        if self._offset is not None and abs(offset - self._offset) != 60:
            # The computers' clocks differ, or the zone was changed: not decided here.
            return None
        self._offset = offset
        self._basis = records.LINE_ANCHOR
        self._source = source
        return offset

    def rebase(self, moment: records.Moment) -> records.Moment:
        """A time shortly before an anchor, with the anchor's offset."""
        return dataclasses.replace(
            moment,
            utc_offset=self._offset,
            basis=self._basis,
            source=self._source,
        )

    def _make(
        self, value: datetime.datetime, precision: str, offset: int | None
    ) -> records.Moment:
        return records.Moment(value, precision, self._basis, offset, self._source)
