"""Findings as tables for spreadsheets: CSV and XLSX.

A cell is text and nothing else. Programs take a CSV cell that begins with =, +, - or @
for a formula; such a cell gets an apostrophe in front, which they read as "text". The
JSON report has every value as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import xlsxwriter

from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.report.texts import Texts
from telegram_forensics.report.times import Clock
from telegram_forensics.report.visible import show_plain

_MAXIMUM_CELL: Final = 32_000
_CUT: Final = " …"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Spreadsheets know letters beyond ASCII in a CSV file by this mark only.
_BYTE_ORDER_MARK: Final = "\ufeff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
_WIDTHS: Final = (9, 12, 7, 60, 14, 22, 20, 20, 26, 26, 40, 60, 40, 40, 50, 50)


def make_rows(attribution: Attribution, texts: Texts) -> Iterator[list[str]]:
    """Headings, and a row for each finding; every cell is text without bounds."""
    clock = Clock(attribution.case.time_zone)
    zone = clock.name
    names = ["rule", "points", "grade", "statement", "account", "sessions"]
    names += ["start_utc", "end_utc"]
    heading = [texts(f"column.{name}") for name in names]
    if not clock.is_utc:
        heading += [
            texts("column.start_zone", zone=zone),
            texts("column.end_zone", zone=zone),
        ]
    lists = ("supports", "contradicts", "not_excluded", "would_decide")
    heading += [texts(f"column.{name}") for name in ("messages", "evidence", *lists)]
    yield heading
    for finding in attribution.findings:
        row = [
            finding.rule,
            texts("no" if finding.is_neutral else "yes"),
            finding.grade.value,
            texts.words(finding.statement)[0],
            finding.account or "",
            "\n".join(finding.sessions),
            clock.utc_words(finding.start) or "",
            clock.utc_words(finding.end) or "",
        ]
        if not clock.is_utc:
            row += [
                clock.zone_words(finding.start) or "",
                clock.zone_words(finding.end) or "",
            ]
        row += [_messages(finding, texts, clock), _evidence(finding, texts)]
        for name in lists:
            row.append(
                "\n".join(texts.words(item)[0] for item in getattr(finding, name))
            )
        yield row


def _messages(finding: Finding, texts: Texts, clock: Clock) -> str:
    lines = []
    for item in finding.messages:
        words = texts(
            "message.words",
            chat=item.chat or "?",
            kind=texts.choice("chat_type", item.chat_type) or "?",
            message=item.message or "?",
        )
        time = clock.utc_words(item.sent)
        lines.append(f"{words}, {time}" if time else words)
    return "\n".join(lines)


def _evidence(finding: Finding, texts: Texts) -> str:
    return "\n".join(
        f"{place} – {texts.words(words)[0]}" for place, words in finding.evidence
    )


def to_csv(attribution: Attribution, language: str = "en") -> bytes:
    """Findings as CSV (RFC 4180, UTF-8 with mark), the same bytes for the same input.

    Raises:
        ValueError: if there is no such language.
    """
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in make_rows(attribution, Texts(language)):
        writer.writerow([_guard(cell) for cell in row])
    return (_BYTE_ORDER_MARK + file.getvalue()).encode("utf-8")


def _guard(cell: str) -> str:
    """A cell that no program takes for a formula."""
    shown = _shorten(cell)
    is_formula = cell.startswith(_FORMULA_STARTS) or shown.lstrip().startswith(
        _FORMULA_STARTS
    )
    return f"'{shown}" if is_formula else shown


def _shorten(cell: str) -> str:
    # Marks make a text longer.
    shown = show_plain(cell, _MAXIMUM_CELL, _CUT)
    if len(shown) > _MAXIMUM_CELL:
        shown = shown[: _MAXIMUM_CELL - len(_CUT)] + _CUT
    return shown


def write_xlsx(
    attribution: Attribution, path: str | Path, language: str = "en"
) -> None:
    """Writes findings as XLSX; every cell is of the type text.

    Raises:
        ValueError: if there is no such language.
        OSError: if it cannot be written.
    """
    texts = Texts(language)
    rows = make_rows(attribution, texts)
    # Made in memory: the library writes its temporary files elsewhere otherwise, and
    # tells of a file that cannot be written by an exception of its own.
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties({"created": _EPOCH.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    sheet = book.add_worksheet(texts("findings.title"))
    number = 0
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            form = plain if number else bold
            sheet.write_string(number, column, _shorten(cell), form)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(number, 1), len(_WIDTHS) - 1)
    book.close()
    Path(path).write_bytes(file.getvalue())
