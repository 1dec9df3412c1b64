"""How a storage file was made: runs of log2timeline and what they warned of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, Protocol

from telegram_forensics.attribution.records import Place, RunRecord, WarningRecord

MAXIMUM_EXAMPLES: Final = 40
_MAXIMUM_WORDS: Final = 1000
# plaso keeps the whole command line; a password in it is nobody's business.
_SECRET: Final = re.compile(
    r"(--credentials?(?:=|\s+)[\"']?\w+:)(\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE
)
HIDDEN: Final = "***"
_RUNS: Final = (
    "SELECT product_name, product_version, start_time, completion_time, aborted, "
    "command_line_arguments, enabled_parser_names FROM session ORDER BY _identifier"
)
_WARNINGS: Final = (
    "SELECT parser_chain, message, path_spec FROM extraction_warning "
    "ORDER BY _identifier",
    "SELECT plugin_name, message, path_spec FROM preprocessing_warning "
    "ORDER BY _identifier",
)


class Located(Protocol):
    """What tells where something lies."""

    @property
    def image(self) -> str:
        """Name of the image."""

    @property
    def path(self) -> str:
        """Location in it."""

    @property
    def snapshot(self) -> str | None:
        """Shadow copy."""


def read_runs(name: str, rows: Callable[[str], list[Any]]) -> list[RunRecord]:
    """Reads the runs of a storage file.

    Args:
        name: of the file.
        rows: gives the rows of a query, none if there is no such table.
    """
    found = []
    for product, version, start, end, aborted, line, parsers in rows(_RUNS):
        try:
            names = json.loads(parsers or "[]")
        except (ValueError, TypeError):
            names = []
        found.append(
            RunRecord(
                name,
                " ".join(str(part) for part in (product, version) if part),
                _seconds(start),
                _seconds(end),
                bool(aborted),
                hide_secrets(str(line or "")),
                sorted(str(item) for item in names) if isinstance(names, list) else [],
            )
        )
    return found


def read_warnings(
    name: str,
    rows: Callable[[str], list[Any]],
    locate: Callable[[Any], Located],
) -> list[WarningRecord]:
    """Reads the warnings of a storage file.

    Args:
        name: of the file.
        rows: gives the rows of a query, none if there is no such table.
        locate: tells where a path specification lies.
    """
    found: dict[str, WarningRecord] = {}
    for query in _WARNINGS:
        for parser, message, path_spec in rows(query):
            record = found.setdefault(
                str(parser or ""), WarningRecord(name, str(parser or ""), 0)
            )
            record.number += 1
            if len(record.examples) < MAXIMUM_EXAMPLES:
                place = locate(path_spec)
                record.examples.append(
                    (
                        Place(place.image, place.path, place.snapshot),
                        str(message or "")[:_MAXIMUM_WORDS],
                    )
                )
    return [found[parser] for parser in sorted(found)]


def hide_secrets(line: str) -> str:
    """A command line without the values of credentials."""
    return _SECRET.sub(lambda match: match[1] + HIDDEN, line)


def _seconds(microseconds: Any) -> float | None:
    if isinstance(microseconds, bool) or not isinstance(microseconds, int):
        return None
    return microseconds / 1_000_000
