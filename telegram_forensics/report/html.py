"""The report as one HTML page that needs nothing else.

The page loads nothing: its security policy allows the one style and the one script in
it, by their hashes, and pictures within the page. Every text passes `finalize`, which
makes hidden characters visible, and Jinja2's escaping after it. Nothing of the page
depends on when or where it was made.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

import telegram_forensics
from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.records import RemoteSession
from telegram_forensics.report import dossiers, glyphs, lanes, view
from telegram_forensics.report.document import SCHEMA_VERSION, list_passcodes
from telegram_forensics.report.picture import Picture
from telegram_forensics.report.texts import Texts
from telegram_forensics.report.times import Clock
from telegram_forensics.report.visible import show_html, show_plain

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LEGEND_OF_SIGNS: Final = (*lanes.MESSAGE_KINDS, *lanes.EVENT_KINDS)
_LEGEND_OF_LIFE: Final = ("created", "active", "ended")
_LEGEND_OF_BANDS: Final = (*("life", "open", "input", "admitted", "other", "disputed"),)


def render(attribution: Attribution, language: str = "en") -> str:
    """The page.

    Raises:
        ValueError: if there is no such language.
    """
    texts = Texts(language)
    clock = Clock(attribution.case.time_zone)
    files = dossiers.make_dossiers(attribution)
    chart = lanes.make_chart(attribution, texts, files.targets)
    ranges = view.make_ranges(attribution, chart, texts)
    pictures = []
    in_pictures: dict[str, list[tuple[str, str]]] = {}
    for limits in ranges:
        picture = Picture(chart, attribution.case, texts, clock, limits)
        pictures.append((limits, picture.draw()))
        for target in picture.targets:
            in_pictures.setdefault(target, []).append((limits.name, limits.title))
    style = _read("style.css")
    script = _read("script.js")
    environment = _make_environment(texts, clock)
    return environment.get_template("report.html.j2").render(
        view=view.make_view(attribution, files),
        case=attribution.case,
        evidence=attribution.evidence,
        chart=chart,
        pictures=pictures,
        in_pictures=in_pictures,
        passcodes=list_passcodes(attribution.evidence),
        legend=_make_legend(texts, chart, attribution),
        limits=view,
        language=language,
        version=telegram_forensics.__version__,
        schema=SCHEMA_VERSION,
        # Both are ours; a marked text is not escaped.
        style=Markup(style),
        script=Markup(script),
        policy=_make_policy(style, script),
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _make_policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _finalize(value: Any) -> Any:
    """Whatever a template prints: no hidden characters, no endless text."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return show_plain(value)
    return value


def _make_filters(texts: Texts, clock: Clock) -> dict[str, Callable[..., Markup]]:
    """What templates pipe values through."""

    def describe_cut(shown: int, length: int) -> str:
        return texts("cut", shown=f"{shown:,}", all=f"{length:,}")

    def show(value: object, limit: int = 2000) -> Markup:
        """A text from evidence in the body of the page."""
        return show_html(str(value), limit, describe_cut)

    def time(seconds: float | None) -> Markup:
        """A time in both zones, or that there is none."""
        utc = clock.utc_words(seconds)
        if utc is None:
            words = texts("unknown") if seconds is None else f"{seconds!r}"
            return Markup('<span class="none">{}</span>').format(words)
        zone = clock.zone_words(seconds)
        local = Markup(' <span class="zone">{}</span>').format(zone) if zone else ""
        return Markup(
            '<time datetime="{}"><span class="utc">{}</span>{}</time>'
        ).format(clock.iso(seconds), utc, local)

    def say(text: str) -> Markup:
        """A text of a rule, translated where there is a translation."""
        words, is_translated = texts.words(text)
        shown = show(words)
        if is_translated:
            return shown
        return Markup(
            '<span lang="en">{}</span> <span class="note">({})</span>'
        ).format(shown, texts("english_only"))

    def tell(words: str) -> Markup:
        """What a rule notes of a piece of evidence: often words of the evidence."""
        return show(texts.words(words)[0])

    return {"show": show, "time": time, "say": say, "tell": tell}


def _make_globals(texts: Texts, clock: Clock) -> dict[str, Any]:
    """What templates call."""
    return dict(
        t=texts,
        clock=clock,
        heading=lambda rule: texts(f"rule.{rule}") if texts.has(f"rule.{rule}") else "",
        means=lambda rule: texts(f"means.{rule}") if texts.has(f"means.{rule}") else "",
        kind_of=lanes.kind_of,
        window_words=lambda window, case: _describe_window(window, case, texts),
        message_words=lambda reference: texts(
            "message.words",
            chat=reference.chat or "?",
            kind=texts.choice("chat_type", reference.chat_type) or "?",
            message=reference.message or "?",
        ),
        disputed_words=lambda item: texts(
            "question.message",
            account=item.account or texts("question.any"),
            chat=item.chat or texts("question.any"),
            message=item.message or texts("question.any"),
        ),
        has_time=_has_time,
        stamp=_stamp,
        chats_of=_chats_of,
    )


def _make_environment(texts: Texts, clock: Clock) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_make_filters(texts, clock))
    environment.globals.update(_make_globals(texts, clock))
    return environment


def _has_time(finding: Finding) -> bool:
    return finding.start is not None or finding.end is not None


def _stamp(seconds: float | None) -> str:
    """A time for the filter of the page; empty if there is none."""
    return "" if seconds is None else f"{seconds:.0f}"


def _chats_of(finding: Finding) -> str:
    """Chats that a finding names, for the filter of the page."""
    chats = {reference.chat for reference in finding.messages if reference.chat}
    return " ".join(sorted(chats))


def _describe_window(window: RemoteSession, case: Any, texts: Texts) -> list[str]:
    """What a connection was allowed to do, in words."""
    words = []
    rights = {True: "yes", False: "no", None: "unknown"}
    words.append(texts(f"dossier.input.{rights[window.has_input]}"))
    if window.success is not True:
        words.append(texts(f"dossier.success.{rights[window.success]}"))
    if window.remote_identifier in case.admitted_remote:
        words.append(texts("dossier.admitted"))
    return words


def _make_legend(
    texts: Texts, chart: lanes.Chart, attribution: Attribution
) -> list[tuple[Markup, str]]:
    """Signs that occur in the picture, with what they mean."""
    used: set[str] = set()
    gone = False
    for group in chart.groups:
        used |= {f"band {span.kind}" for span in group.remote}
        for lane in [*group.lanes, group.events]:
            used |= set(lane.rows)
            gone = gone or any(
                mark.is_gone for row in lane.rows.values() for mark in row.marks
            )
            if lane.entry is not None:
                used |= {*_LEGEND_OF_LIFE, "band life", "band open"}
    if attribution.case.has_period:
        used.add("band disputed")
    legend = [
        (glyphs.icon(kind), texts(f"legend.{kind}"))
        for kind in (*_LEGEND_OF_SIGNS, *_LEGEND_OF_LIFE)
        if kind in used
    ]
    if gone:
        legend.append((glyphs.icon("no_local_trace", "all"), texts("legend.gone")))
    return legend + [
        (glyphs.icon_of_band(kind), texts(f"legend.{kind}"))
        for kind in _LEGEND_OF_BANDS
        if f"band {kind}" in used
    ]
