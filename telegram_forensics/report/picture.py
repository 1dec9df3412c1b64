"""The picture of a case as inline SVG: it needs no script to be seen.

Marks that would lie on each other are drawn as one, larger the more there are, and say
how many they stand for: so the picture stays small however many messages there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from markupsafe import Markup

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.ledger import LedgerEntry
from telegram_forensics.report import glyphs
from telegram_forensics.report.axis import make_ticks
from telegram_forensics.report.glyphs import number
from telegram_forensics.report.lanes import (
    EVENT_KINDS,
    MESSAGE_KINDS,
    Chart,
    Group,
    Lane,
    Mark,
    Row,
    Span,
)
from telegram_forensics.report.texts import Texts
from telegram_forensics.report.times import Clock
from telegram_forensics.report.visible import show_plain

_WIDTH: Final = 1180
_LEFT: Final = 218
_PLOT: Final = _WIDTH - _LEFT - 12
_ROW: Final = 17
_HEAD: Final = 24
_TITLE: Final = 19
_AXIS: Final = 34
_STEP: Final = 6.0
_TITLE_LENGTH: Final = 150
_SPANS: Final = 400


class Range(NamedTuple):
    """What a picture covers, and how many signs it may have at most.

    Attributes:
        name: tells the pictures of a page apart.
    """

    name: str
    title: str
    start: float
    end: float
    budget: int


class _Bin(NamedTuple):
    first: Mark
    last: Mark
    number: int
    gone: int
    targets: tuple[str, ...] = ()


class Picture:
    """Draws one range of a chart.

    Attributes:
        targets: anchors of the page that a sign in the picture stands for: such a sign
            is `<name of the range>-<anchor>`.
    """

    def __init__(
        self, chart: Chart, case: Case, texts: Texts, clock: Clock, limits: Range
    ) -> None:
        self._chart = chart
        self._case = case
        self._texts = texts
        self._clock = clock
        self._limits = limits
        self._y = 0.0
        self.targets: set[str] = set()
        rows = sum(
            len(lane.rows)
            for group in chart.groups
            for lane in [*group.lanes, group.events]
        )
        self._step = max(_STEP, _PLOT * max(rows, 1) / limits.budget)

    def draw(self) -> Markup:
        """The SVG element."""
        self._y = _AXIS
        body = [self._group(group) for group in self._chart.groups]
        bottom = self._y + 4
        height = bottom + _AXIS
        name = self._limits.name
        return Markup(
            '<svg class="picture" id="{}" width="{}" height="{}" viewBox="0 0 {} {}" '
            'role="group" aria-labelledby="{}-title {}-text" '
            'font-family="sans-serif" font-size="11">'
            '<title id="{}-title">{}</title><desc id="{}-text">{}</desc>{}{}{}</svg>\n'
        ).format(
            name,
            _WIDTH,
            number(height),
            _WIDTH,
            number(height),
            name,
            name,
            name,
            self._limits.title,
            name,
            self._describe(),
            self._disputed(bottom),
            self._axis(bottom),
            Markup("").join(body),
        )

    def _describe(self) -> str:
        return self._texts(
            "picture.description",
            start=self._clock.words(self._limits.start),
            end=self._clock.words(self._limits.end),
            groups=len(self._chart.groups),
            lanes=sum(len(group.lanes) for group in self._chart.groups),
        )

    def _across(self, time: float) -> float:
        share = (time - self._limits.start) / (self._limits.end - self._limits.start)
        return _LEFT + min(max(share, 0.0), 1.0) * _PLOT

    def _is_in(self, start: float, end: float | None = None) -> bool:
        end = start if end is None else end
        return start <= self._limits.end and end >= self._limits.start

    def _text(
        self, x: float, y: float, words: str, limit: int, attributes: str = ""
    ) -> Markup:
        full = show_plain(words)
        shown = full if len(full) <= limit else full[: limit - 1] + "…"
        title = Markup("<title>{}</title>").format(full) if shown != full else ""
        return Markup('<text x="{}" y="{}"{}>{}{}</text>').format(
            number(x), number(y), Markup(attributes), shown, title
        )

    def _axis(self, bottom: float) -> Markup:
        parts = []
        clock = self._clock
        for tick in make_ticks(self._limits.start, self._limits.end, clock):
            x = self._across(tick.time)
            if x > _WIDTH - 50:
                continue
            parts.append(
                Markup(
                    '<path d="M{} {}V{}" stroke="#dcdcdc" stroke-width="1"/>'
                ).format(number(x), _AXIS - 4, number(bottom))
            )
            for top in (0.0, bottom):
                parts.append(
                    self._text(x, top + 12, tick.utc, 40, ' text-anchor="middle"')
                )
                if not clock.is_utc:
                    parts.append(
                        self._text(
                            x,
                            top + 25,
                            tick.zone,
                            40,
                            ' text-anchor="middle" fill="#5a3d8a"',
                        )
                    )
        for top in (0.0, bottom):
            parts.append(self._text(4, top + 12, "UTC", 40, ' font-weight="bold"'))
            if not clock.is_utc:
                parts.append(
                    self._text(
                        4,
                        top + 25,
                        clock.name,
                        40,
                        ' font-weight="bold" fill="#5a3d8a"',
                    )
                )
        return Markup("").join(parts)

    def _disputed(self, bottom: float) -> Markup:
        case = self._case
        if not case.has_period:
            return Markup("")
        start = case.start if case.start is not None else self._limits.start
        end = case.end if case.end is not None else self._limits.end
        if not self._is_in(start, end):
            return Markup("")
        left, right = self._across(start), self._across(end)
        return glyphs.draw_band(
            "disputed",
            left,
            _AXIS - 4,
            max(right - left, 2.0),
            bottom - _AXIS + 4,
            self._texts("legend.disputed"),
        )

    def _group(self, group: Group) -> Markup:
        top = self._y
        parts = [
            Markup('<rect x="0" y="{}" width="{}" height="{}" fill="#24344d"/>').format(
                number(top), _WIDTH, _HEAD - 5
            ),
            self._text(
                6,
                top + 14,
                group.title,
                _TITLE_LENGTH,
                ' fill="#ffffff" font-weight="bold" font-size="12"',
            ),
        ]
        self._y += _HEAD
        body = []
        spans = [span for span in group.remote if self._is_in(span.start, span.end)]
        if spans:
            body.append(self._remote(spans))
        for kind in EVENT_KINDS:
            if kind in group.events.rows:
                body.append(self._row(group.events.rows[kind]))
        for lane in group.lanes:
            body.append(self._lane(lane))
        if group.hidden_lanes:
            words = self._texts("picture.hidden_lanes", n=group.hidden_lanes)
            body.append(self._text(8, self._y + 12, words, _TITLE_LENGTH))
            self._y += _ROW
        # The controlled time behind everything that happened on the device.
        for span in self._merge(spans, "input"):
            left, right = self._across(span.start), self._across(span.end)
            parts.append(
                glyphs.draw_band(
                    "input",
                    left,
                    top + _HEAD - 5,
                    max(right - left, 2.0),
                    self._y - top - _HEAD + 5,
                )
            )
        self._y += 6
        return Markup("").join([*parts, *body])

    def _merge(self, spans: list[Span], kind: str) -> list[Span]:
        """Spans of a kind, those that would touch in the picture as one."""
        gap = (self._limits.end - self._limits.start) / _PLOT
        merged: list[Span] = []
        counts: list[int] = []
        for span in sorted(spans, key=lambda item: (item.start, item.end, item.words)):
            if span.kind != kind:
                continue
            if merged and span.start - merged[-1].end <= gap:
                counts[-1] += 1
                last = merged[-1]
                words = self._texts("picture.several_windows", n=counts[-1])
                merged[-1] = Span(last.start, max(last.end, span.end), kind, words)
            else:
                merged.append(span)
                counts.append(1)
        return merged

    def _label(self, words: str) -> Markup:
        return self._text(18, self._y + 12, words, 34, ' fill="#333333"')

    def _remote(self, spans: list[Span]) -> Markup:
        parts = [self._label(self._texts("row.remote"))]
        if len(spans) > _SPANS:
            kinds = ("other", "admitted", "input")
            spans = [span for kind in kinds for span in self._merge(spans, kind)]
        for span in spans:
            left, right = self._across(span.start), self._across(span.end)
            times = f"{self._clock.words(span.start)} – {self._clock.words(span.end)}"
            parts.append(
                glyphs.draw_band(
                    span.kind,
                    left,
                    self._y + 2,
                    max(right - left, 2.0),
                    _ROW - 4,
                    show_plain(f"{times}; {span.words}", 300),
                )
            )
        self._y += _ROW
        return Markup("").join(parts)

    def _lane(self, lane: Lane) -> Markup:
        title = self._text(
            8, self._y + 13, lane.title, _TITLE_LENGTH, ' font-weight="bold"'
        )
        if lane.target:
            title = Markup('<a href="#{}">{}</a>').format(lane.target, title)
        parts = [
            Markup('<rect x="0" y="{}" width="{}" height="{}" fill="#eef1f6"/>').format(
                number(self._y), _WIDTH, _TITLE - 2
            ),
            title,
        ]
        self._y += _TITLE
        if lane.entry is not None:
            parts.append(self._life(lane.entry))
        rows = [
            self._row(lane.rows[kind]) for kind in MESSAGE_KINDS if kind in lane.rows
        ]
        return Markup("").join([*parts, *rows])

    def _life(self, entry: LedgerEntry) -> Markup:
        parts = [self._label(self._texts("row.life"))]
        middle = self._y + _ROW / 2
        created, ended = entry.created, entry.ended
        last = entry.last_active
        known = [time for time in (created, last, ended) if time is not None]
        if not known:
            parts.append(
                self._text(
                    _LEFT + 6,
                    self._y + 12,
                    self._texts("picture.no_times"),
                    60,
                    ' fill="#777777" font-style="italic"',
                )
            )
        start = min(known, default=self._limits.start)
        end = max(known, default=self._limits.end)
        # Activity before the login is a contradiction of the sources, not a stretch.
        is_sound = created is None or created == start
        if end > start and is_sound and known and self._is_in(start, end):
            parts.append(self._line("life", start, end))
        if created is None and known and start > self._limits.start:
            parts.append(self._line("open", self._limits.start, start))
        if ended is None and known and end < self._limits.end:
            parts.append(self._line("open", end, self._limits.end))
        for kind, time in (("created", created), ("active", last), ("ended", ended)):
            if time is not None and self._is_in(time):
                words = f"{self._texts(f'legend.{kind}')}: {self._clock.words(time)}"
                parts.append(
                    glyphs.draw(kind, self._across(time), middle, 5, "", words)
                )
        self._y += _ROW
        return Markup("").join(parts)

    def _line(self, kind: str, start: float, end: float) -> Markup:
        left, right = self._across(start), self._across(end)
        return glyphs.draw_band(kind, left, self._y + 2, right - left, _ROW - 4)

    def _row(self, row: Row) -> Markup:
        middle = self._y + _ROW / 2
        parts = [self._label(self._texts(f"row.{row.kind}"))]
        for item in self._bins(row.marks):
            parts.append(self._sign(row.kind, item, middle))
        self._y += _ROW
        return Markup('<g class="k-{}">{}</g>').format(
            row.kind.replace("_", "-"), Markup("").join(parts)
        )

    def _bins(self, marks: Iterable[Mark]) -> list[_Bin]:
        bins: dict[int, _Bin] = {}
        for mark in marks:
            if not self._is_in(mark.time):
                continue
            index = int((self._across(mark.time) - _LEFT) / self._step)
            found = bins.get(index)
            if found is None:
                bins[index] = _Bin(mark, mark, 1, int(mark.is_gone), _targets(mark))
            else:
                bins[index] = _Bin(
                    found.first,
                    mark,
                    found.number + 1,
                    found.gone + mark.is_gone,
                    found.targets + _targets(mark),
                )
        return list(bins.values())

    def _sign(self, kind: str, item: _Bin, y: float) -> Markup:
        middle = (self._across(item.first.time) + self._across(item.last.time)) / 2
        size = min(3.4 + 0.45 * math.log2(item.number), 7.5)
        gone = "all" if item.gone == item.number else "some" if item.gone else ""
        sign = glyphs.draw(kind, middle, y, size, gone, self._words(item))
        if item.number == 1 and item.first.target:
            sign = Markup('<a href="#{}">{}</a>').format(item.first.target, sign)
        for target in item.targets:
            # Copies of a message stand in several rows; the first one is linked to.
            if target not in self.targets:
                self.targets.add(target)
                name = f"{self._limits.name}-{target}"
                sign = Markup('<g id="{}">{}</g>').format(name, sign)
        return sign

    def _words(self, item: _Bin) -> str:
        source = item.first.source
        if item.number > 1:
            return self._texts(
                "picture.several",
                n=item.number,
                gone=item.gone,
                start=self._clock.words(item.first.time),
                end=self._clock.utc_words(item.last.time),
            )
        time = self._clock.words(item.first.time)
        if isinstance(source, str):
            return f"{time}: {show_plain(source, 300)}"
        words = self._texts(
            "picture.message",
            chat=show_plain(source.chat or "?", 80),
            message=show_plain(source.identifier or "?", 80),
        )
        return f"{time}: {words}"


def _targets(mark: Mark) -> tuple[str, ...]:
    return (mark.target,) if mark.target else ()
