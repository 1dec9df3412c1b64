"""What the picture shows: groups (images) of lanes (sessions) of rows of marks.

A message stands in the lane of the session in whose storage it was found, never of a
sender. Copies of one message in one lane count once, the one that says most first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.ledger import LedgerEntry
from telegram_forensics.attribution.records import MessageRecord
from telegram_forensics.report.texts import Texts

# Rows of messages, in this order.
MESSAGE_KINDS: Final = (
    "this_installation",
    "no_local_trace",
    "not_determinable",
    "not_applicable",
    "origin_not_stored",
    "received",
    "direction_unknown",
)
# Kinds of notices and the row that they stand in.
_NOTICE_ROWS: Final = {
    "new_login": "logins",
    "incomplete_login": "logins",
    "login_code": "codes",
    "login_code_sms": "codes",
    "login_code_notification": "codes",
    "session_terminated": "changes",
    "two_step_changed": "changes",
    "phone_changed": "changes",
    "data_export_requested": "exports",
}
EVENT_KINDS: Final = (
    *("logins", "codes", "changes", "exports", "clocks", "presence", "programs"),
)
# Telegram's first release: earlier times come from clocks that were not set.
_EARLIEST: Final = 1_376_438_400.0
_LATEST: Final = 4_102_444_800.0
MAXIMUM_LANES: Final = 80


class Mark(NamedTuple):
    """A point in time.

    Attributes:
        is_gone: the record was removed, recovered or overwritten.
        source: the message, or words.
        target: anchor in the page that says more.
    """

    time: float
    is_gone: bool
    source: MessageRecord | str
    target: str | None = None


@dataclass(slots=True)
class Row:
    """A line of the picture."""

    kind: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(slots=True)
class Span:
    """A remote control session or another stretch of time.

    Attributes:
        kind: `input` (incoming, with input rights, successful), `admitted` (the same
            by a partner that the owner admits) or `other`.
    """

    start: float
    end: float
    kind: str
    words: str


@dataclass(slots=True)
class Lane:
    """A session, or a data set that names none."""

    title: str
    entry: LedgerEntry | None
    target: str | None = None
    rows: dict[str, Row] = field(default_factory=dict)

    def add(self, kind: str, mark: Mark) -> None:
        """Adds a mark to the row of its kind."""
        row = self.rows.get(kind)
        if row is None:
            row = self.rows[kind] = Row(kind)
        row.marks.append(mark)


@dataclass(slots=True)
class Group:
    """An image, or the sessions that lie in none."""

    title: str
    lanes: list[Lane] = field(default_factory=list)
    events: Lane = field(default_factory=lambda: Lane("", None))
    remote: list[Span] = field(default_factory=list)
    hidden_lanes: int = 0


@dataclass(slots=True)
class Chart:
    """Everything that the picture shows.

    Attributes:
        start, end: the time that it covers; equal if there is nothing.
        outside: number of marks whose time lies outside of what can be.
    """

    groups: list[Group]
    start: float
    end: float
    outside: int = 0

    @property
    def is_empty(self) -> bool:
        """True if no record has a time."""
        return self.end <= self.start


def make_chart(
    attribution: Attribution,
    texts: Texts,
    targets: dict[tuple[str | None, ...], str],
) -> Chart:
    """Collects the picture.

    Args:
        targets: anchors of dossiers by what copies of a message share.
    """
    return _Maker(attribution, texts, targets).make()


class _Maker:
    def __init__(
        self,
        attribution: Attribution,
        texts: Texts,
        targets: dict[tuple[str | None, ...], str],
    ) -> None:
        self._attribution = attribution
        self._texts = texts
        self._targets = targets
        self._groups: dict[str | None, Group] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def make(self) -> Chart:
        evidence = self._attribution.evidence
        for image in sorted(
            set(evidence.images)
            | {item.place.image for item in evidence.messages}
            | {item.place.image for item in evidence.remote}
            | {item.place.image for item in evidence.notices}
        ):
            self._groups[image] = Group(self._title_of_image(image))
        for number, entry in enumerate(self._attribution.ledger.entries, 1):
            self._add_session(number, entry)
        self._add_messages()
        self._add_events()
        self._add_remote()
        groups = [group for group in self._groups.values() if _has_content(group)]
        for group in groups:
            for lane in [*group.lanes, group.events]:
                for row in lane.rows.values():
                    row.marks.sort(key=_order)
            group.remote.sort(key=lambda span: (span.start, span.end, span.words))
            # Sessions in the order of the ledger, then data sets that name none.
            group.lanes.sort(key=lambda lane: "" if lane.entry else lane.title)
            group.lanes, group.hidden_lanes = _limit(group.lanes)
        return _measure(groups)

    def _title_of_image(self, image: str) -> str:
        words = [image]
        device = self._attribution.case.devices.get(image)
        if device is not None:
            if device.role:
                words.append(self._texts.choice("role", device.role))
            if device.owner:
                words.append(device.owner)
        known = self._attribution.evidence.images.get(image, {})
        for name in ("hostname", "operating_system_product"):
            if known.get(name):
                words.append(known[name])
        return " · ".join(words)

    def _group(self, image: str | None) -> Group:
        group = self._groups.get(image)
        if group is None:
            title = (
                self._texts("picture.no_image")
                if image is None
                else self._title_of_image(image)
            )
            group = self._groups[image] = Group(title)
        return group

    def _add_session(self, number: int, entry: LedgerEntry) -> None:
        images: Iterable[str | None] = sorted({image for image, _ in entry.stores})
        if not images and entry.key is not None:
            images = sorted({record.place.image for record in entry.records})
        title = " · ".join(
            word
            for word in (
                entry.client_name,
                entry.device_model,
                self._texts("picture.session", identifier=entry.identifier),
                entry.account
                and self._texts("picture.account", identifier=entry.account),
            )
            if word
        )
        for image in images or [None]:
            lane = Lane(title, entry, f"session-{number}")
            self._group(image).lanes.append(lane)
            if image is not None and entry.key is not None:
                self._lanes[image, entry.key] = lane

    def _lane_of(self, message: MessageRecord) -> Lane:
        image = message.place.image
        owner = message.session or f"store {message.store or message.place.path}"
        lane = self._lanes.get((image, owner))
        if lane is None:
            words = [
                message.client_name,
                self._texts("picture.session", identifier=message.session)
                if message.session
                else self._texts(
                    "picture.no_session", store=message.store or message.place.path
                ),
                message.account
                and self._texts("picture.account", identifier=message.account),
            ]
            lane = Lane(" · ".join(word for word in words if word), None)
            self._lanes[image, owner] = lane
            self._group(image).lanes.append(lane)
        return lane

    def _add_messages(self) -> None:
        best: dict[int, dict[object, MessageRecord]] = defaultdict(dict)
        lanes: dict[int, Lane] = {}
        for message in self._attribution.evidence.messages:
            if message.sent is None:
                continue
            lane = self._lane_of(message)
            lanes[id(lane)] = lane
            copies = best[id(lane)]
            key: object = message.key if message.identifier else message.place
            other = copies.get(key)
            if other is None or _rank(message) < _rank(other):
                copies[key] = message
        for number, copies in best.items():
            for message in copies.values():
                lanes[number].add(
                    kind_of(message),
                    Mark(
                        message.sent or 0.0,
                        is_gone(message),
                        message,
                        self._targets.get(message.key),
                    ),
                )

    def _add_events(self) -> None:
        evidence = self._attribution.evidence
        texts = self._texts
        seen = set()
        for notice in evidence.notices:
            time = notice.reported if notice.reported is not None else notice.sent
            row = _NOTICE_ROWS.get(notice.kind)
            key = (notice.place.image, notice.kind, notice.account, time, notice.device)
            if time is None or row is None or key in seen:
                continue
            seen.add(key)
            words = [texts.choice("notice", notice.kind), notice.device]
            words += [notice.location, notice.ip_address]
            self._event(notice.place.image, row, time, words)
        for export in evidence.exports:
            words = [texts("picture.export_found"), export.path]
            self._event(export.place.image, "exports", export.made, words)
        for clock in evidence.clocks:
            words = [texts.words(clock.words)[0] or texts("row.clocks")]
            self._event(clock.place.image, "clocks", clock.time, words)
        for presence in evidence.presence:
            words = [texts.choice("presence", presence.kind), presence.words]
            is_remote = presence.kind == "remote_program_run"
            kind = "programs" if is_remote else "presence"
            self._event(presence.place.image, kind, presence.start, words)

    def _event(
        self, image: str, kind: str, time: float | None, words: list[str | None]
    ) -> None:
        if time is not None:
            text = "; ".join(word for word in words if word)
            self._group(image).events.add(kind, Mark(time, False, text))

    def _add_remote(self) -> None:
        seen = set()
        admitted = self._attribution.case.admitted_remote
        for window in self._attribution.evidence.remote:
            start = window.start if window.start is not None else window.end
            end = window.end if window.end is not None else window.start
            key = (window.place.image, window.tool, start, end)
            if start is None or end is None or key in seen:
                continue
            seen.add(key)
            counts = (
                window.direction == "incoming"
                and window.success is True
                and window.has_input is True
            )
            kind = "input" if counts else "other"
            if counts and window.remote_identifier in admitted:
                kind = "admitted"
            words = [
                window.tool,
                self._texts.choice("direction", window.direction),
                window.session_type,
                window.remote_identifier
                and self._texts("picture.partner", partner=window.remote_identifier),
                window.remote_name,
                window.remote_address,
                self._texts("picture.open_end") if window.end is None else None,
            ]
            self._group(window.place.image).remote.append(
                Span(
                    min(start, end),
                    max(start, end),
                    kind,
                    "; ".join(word for word in words if word),
                )
            )


def kind_of(message: MessageRecord) -> str:
    """Row that a message stands in."""
    if message.is_outgoing is None:
        return "direction_unknown"
    if not message.is_outgoing:
        return "received"
    origin = message.origin or "origin_not_stored"
    return origin if origin in MESSAGE_KINDS else "origin_not_stored"


def is_gone(message: MessageRecord) -> bool:
    """True for a record that was removed, recovered or overwritten."""
    return message.state is not None or message.is_recovered


def _rank(message: MessageRecord) -> tuple[bool, bool, str]:
    return is_gone(message), message.place.snapshot is not None, str(message.place)


def _order(mark: Mark) -> tuple[float, bool, str, str]:
    source = mark.source
    if isinstance(source, str):
        return mark.time, mark.is_gone, source, ""
    return mark.time, mark.is_gone, source.chat or "", source.identifier or ""


def _has_content(group: Group) -> bool:
    return bool(group.lanes or group.events.rows or group.remote)


def _limit(lanes: list[Lane]) -> tuple[list[Lane], int]:
    """Lanes with marks first to stay, if there are too many; order is kept."""
    if len(lanes) <= MAXIMUM_LANES:
        return lanes, 0
    wanted = sorted(range(len(lanes)), key=lambda index: (not lanes[index].rows, index))
    kept = sorted(wanted[:MAXIMUM_LANES])
    return [lanes[index] for index in kept], len(lanes) - MAXIMUM_LANES


def _times_of(lane: Lane) -> list[float]:
    times = []
    for row in lane.rows.values():
        times += [mark.time for mark in row.marks]
    if lane.entry is not None:
        found = (lane.entry.created, lane.entry.last_active, lane.entry.ended)
        times += [time for time in found if time is not None]
    return times


def _measure(groups: list[Group]) -> Chart:
    times: list[float] = []
    for group in groups:
        for lane in [*group.lanes, group.events]:
            times += _times_of(lane)
        for span in group.remote:
            times += [span.start, span.end]
    usable = [time for time in times if _EARLIEST <= time <= _LATEST]
    if not usable:
        return Chart(groups, 0.0, 0.0, len(times))
    start, end = min(usable), max(usable)
    margin = max((end - start) * 0.02, 30.0)
    return Chart(groups, start - margin, end + margin, len(times) - len(usable))
