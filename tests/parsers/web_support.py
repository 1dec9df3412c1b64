"""What the tests of the parsers of browser storage share."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from telegram_forensics.parsers import (
    telegram_web,
    telegram_web_caches,
    telegram_web_files,
    telegram_web_firefox,
    telegram_web_safari,
    telegram_web_sqlite,
    telegram_web_sqlite_indexed,
    telegram_web_sqlite_usage,
)

from tests.browser_samples import WEB
from tests.parsers import support

PARSERS = ",".join(
    [
        *(
            parser.NAME
            for module in (telegram_web, telegram_web_caches, telegram_web_files)
            for parser in module.PARSERS
        ),
        *(
            f"sqlite/{plugin.NAME}"
            for module in (
                telegram_web_caches,
                telegram_web_firefox,
                telegram_web_safari,
                telegram_web_sqlite,
                telegram_web_sqlite_indexed,
                telegram_web_sqlite_usage,
            )
            for plugin in module.PLUGINS
        ),
    ]
)
# Identifiers of keys as the events have them, from the ids of the ground truth.
OLGA, MARK = "5211046831", "7301998420"
OLGA_OLD, OLGA_OLD_DC4 = "bac8f4d31608af23", "2fa18aa0de099ca1"
OLGA_NEW, OLGA_NEW_DC1 = "52a0fc71e6fccbaa", "a6ac2272d2c125a3"
MARK_KEY = "8a55c2cd21b47876"


def extract(
    path: Path, passcodes: list[str] | None = None, parsers: str = PARSERS
) -> support.Extraction:
    """Processes a folder with the parsers of browser storage."""
    return support.extract(path, passcodes, parsers=parsers)


def copy_profile(name: str, target: Path) -> Path:
    """Copies a profile of the samples, so that it can be changed."""
    shutil.copytree(WEB / name, target, ignore=shutil.ignore_patterns("*.json"))
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    target.chmod(0o755)
    return target


def text(date_time: Any) -> str | None:
    """A time of an event in words."""
    if date_time is None:
        return None
    return str(date_time.CopyToDateTimeStringISO8601())


def sessions(found: support.Extraction) -> list[tuple[Any, ...]]:
    """Sessions: what identifies them and what became of them."""
    return sorted(
        {
            (
                item.session_identifier or "",
                item.account_identifier,
                item.session_data_center,
                item.record_state,
                item.attribution_basis,
            )
            for item in found.sessions
        }
    )


def messages(found: support.Extraction) -> list[tuple[Any, ...]]:
    """Messages and notices: account, chat, number, time, text, direction, state."""
    return sorted(
        (
            item.account_identifier or "",
            item.chat_identifier,
            item.message_identifier,
            text(item.sent_time),
            item.text,
            getattr(item, "is_outgoing", None),
            item.record_state,
        )
        for item in found.event_data
        if item.data_type in ("telegram:message", "telegram:notice")
    )


def traces(found: support.Extraction, kind: str) -> list[Any]:
    """Traces of a kind."""
    return [
        item for item in found.of_type("telegram:web_trace") if item.trace_type == kind
    ]
