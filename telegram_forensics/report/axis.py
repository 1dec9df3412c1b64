"""Ticks of a time axis."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple

from telegram_forensics.report.times import Clock

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY: Final = 86400
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY),
)
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120)
_MONTH: Final = 30.44 * _DAY


class Tick(NamedTuple):
    """A tick.

    Attributes:
        utc, zone: labels.
    """

    time: float
    utc: str
    zone: str


def make_ticks(start: float, end: float, clock: Clock, count: int = 7) -> list[Tick]:
    """Round times between two, some fewer than `count`."""
    span = (end - start) / count
    for step in _STEPS:
        if step >= span:
            first = math.ceil(start / step) * step
            times = [float(time) for time in range(first, math.floor(end) + 1, step)]
            return _label(times, step, clock)
    for months in _MONTHS:
        if months * _MONTH >= span:
            break
    return _label(_months(start, end, months), months * _MONTH, clock)


def _months(start: float, end: float, months: int) -> list[float]:
    moment = _EPOCH + timedelta(seconds=start)
    number = moment.year * 12 + moment.month - 1
    number = -(-number // months) * months
    times: list[float] = []
    while True:
        year, month = divmod(number, 12)
        if year > 9999:
            return times
        time = (datetime(year, month + 1, 1, tzinfo=timezone.utc) - _EPOCH) / timedelta(
            seconds=1
        )
        if time > end:
            return times
        if time >= start:
            times.append(time)
        number += months


def _label(times: list[float], step: float, clock: Clock) -> list[Tick]:
    if step < 60:
        form = "%H:%M:%S"
    elif step < _DAY:
        form = "%H:%M"
    else:
        form = ""
    ticks = []
    for time in times:
        moment = clock.moment(time)
        local = None if moment is None else clock.local(moment)
        if moment is None or local is None:
            continue
        ticks.append(Tick(time, _words(moment, form), _words(local, form or "%H:%M")))
    return ticks


def _words(moment: datetime, form: str) -> str:
    day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    return f"{day} {moment.strftime(form)}".strip() if form else day
