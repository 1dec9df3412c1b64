"""Times for readers: UTC, and the time zone of the case."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clock:
    """Formats times.

    Attributes:
        name: of the time zone of the case.
        is_utc: True if that is UTC, so that it need not be shown twice.
    """

    def __init__(self, name: str = "UTC") -> None:
        self.name = name
        self.is_utc = name in {"UTC", "Etc/UTC"}
        self._zone: tzinfo = timezone.utc if self.is_utc else zoneinfo.ZoneInfo(name)

    def moment(self, seconds: float | None) -> datetime | None:
        """A time in UTC, None for what is no time of years 1 to 9999."""
        if seconds is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
        except (OverflowError, ValueError):
            return None

    def local(self, moment: datetime) -> datetime | None:
        """The same in the time zone of the case."""
        try:
            return moment.astimezone(self._zone)
        except (OverflowError, ValueError):
            return None

    def utc_words(self, seconds: float | None) -> str | None:
        """Such as `2026-11-20 18:00:00 UTC`."""
        moment = self.moment(seconds)
        return None if moment is None else f"{_write(moment)} UTC"

    def zone_words(self, seconds: float | None) -> str | None:
        """Such as `2026-11-20 20:00:00 +02:00`; None if the case is in UTC."""
        moment = self.moment(seconds)
        local = None if moment is None or self.is_utc else self.local(moment)
        return None if local is None else f"{_write(local)} {_offset(local)}"

    def words(self, seconds: float | None) -> str | None:
        """Both in one line."""
        utc = self.utc_words(seconds)
        zone = self.zone_words(seconds)
        return f"{utc} ({zone})" if utc and zone else utc

    def iso(self, seconds: float | None) -> str | None:
        """ISO 8601 in UTC, for the attribute `datetime`."""
        moment = self.moment(seconds)
        return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _write(moment: datetime) -> str:
    words = moment.replace(tzinfo=None).isoformat(" ", "microseconds")
    whole, _, fraction = words.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _offset(moment: datetime) -> str:
    words = moment.strftime("%z")
    return f"{words[:3]}:{words[3:]}"
