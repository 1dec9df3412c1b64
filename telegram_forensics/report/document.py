"""The JSON report: schema version 1, the same bytes for the same input.

Times are ISO 8601 in UTC. A message is named by account, chat, type of the chat and
message id: join on all four.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from telegram_forensics.attribution.engine import Attribution
from telegram_forensics.attribution.findings import Finding, MessageReference
from telegram_forensics.attribution.ledger import LedgerEntry
from telegram_forensics.attribution.records import (
    AccountRecord,
    Evidence,
    Place,
    RunRecord,
    SourceRecord,
    WarningRecord,
)

SCHEMA_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def format_time(seconds: float | None) -> str | None:
    """A time as ISO 8601 in UTC, with microseconds only where it has any."""
    if seconds is None:
        return None
    try:
        time = _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    except (OverflowError, ValueError):
        return None
    return time.isoformat().replace("+00:00", "Z")


def make_document(attribution: Attribution) -> dict[str, Any]:
    """The report as JSON values."""
    evidence = attribution.evidence
    return {
        "schema_version": SCHEMA_VERSION,
        "case": attribution.case.name,
        "time_zone": attribution.case.time_zone,
        "inputs": [
            {"name": name, "sha256": digest} for name, digest in sorted(evidence.inputs)
        ],
        "images": [
            {"name": name, **dict(sorted(values.items()))}
            for name, values in sorted(evidence.images.items())
        ],
        "problems": evidence.problems,
        "runs": [_run(run) for run in evidence.runs],
        "warnings": [_warning(warning) for warning in evidence.warnings],
        "passcodes": [_passcode(record) for record in list_passcodes(evidence)],
        "sources": [
            _source(source)
            for source in sorted(
                evidence.sources, key=lambda item: (item.image, item.name)
            )
        ],
        "sessions": [_session(entry) for entry in attribution.ledger.entries],
        "findings": [_finding(finding) for finding in attribution.findings],
    }


def to_json(document: dict[str, Any]) -> str:
    """The document as text, the same for the same input."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _source(source: SourceRecord) -> dict[str, Any]:
    return {
        "name": source.name,
        "image": source.image,
        "status": source.state.value,
        "first_time": format_time(source.first),
        "last_time": format_time(source.last),
        "gaps": [[format_time(start), format_time(end)] for start, end in source.gaps],
    }


def list_passcodes(evidence: Evidence) -> list[AccountRecord]:
    """Records that tell of a local passcode, those that say the same once."""
    found: dict[tuple[object, ...], AccountRecord] = {}
    for record in evidence.accounts:
        if record.passcode_state is not None:
            key = (
                (record.place.image, record.place.path, record.place.snapshot),
                record.client_name,
                record.passcode_state,
                record.passcodes_tried,
            )
            found.setdefault(key, record)
    return sorted(found.values(), key=lambda item: (str(item.place), str(item)))


def _passcode(record: AccountRecord) -> dict[str, Any]:
    return {
        **_place(record.place),
        "client_name": record.client_name,
        "passcode_state": record.passcode_state,
        "passcodes_tried": record.passcodes_tried,
        "passcode_kdf": record.passcode_kdf,
    }


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "input": run.input,
        "product": run.product,
        "start_time": format_time(run.started),
        "end_time": format_time(run.completed),
        "aborted": run.is_aborted,
        "command_line": run.command_line,
        "parsers": run.parsers,
    }


def _warning(warning: WarningRecord) -> dict[str, Any]:
    return {
        "input": warning.input,
        "parser": warning.parser,
        "number": warning.number,
        "examples": [
            {**_place(place), "says": words} for place, words in warning.examples
        ],
    }


def _session(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "session_identifier": entry.identifier,
        "account_identifier": entry.account,
        "client_name": entry.client_name,
        "device_model": entry.device_model,
        "created_time": format_time(entry.created),
        "last_active_time": format_time(entry.last_active),
        "ended_time": format_time(entry.ended),
        "match": entry.match,
        "candidates": entry.candidates,
        "places": [_place(place) for place in entry.places],
        "grade": entry.grade.value,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "statement": finding.statement,
        "grade": finding.grade.value,
        "account_identifier": finding.account,
        "session_identifiers": finding.sessions,
        "messages": [_message(reference) for reference in finding.messages],
        "start_time": format_time(finding.start),
        "end_time": format_time(finding.end),
        "evidence": [
            {**_place(place), "says": words} for place, words in finding.evidence
        ],
        "supports": finding.supports,
        "contradicts": finding.contradicts,
        "not_excluded": finding.not_excluded,
        "would_decide": finding.would_decide,
    }


def _message(reference: MessageReference) -> dict[str, Any]:
    return {
        "account_identifier": reference.account,
        "chat_identifier": reference.chat,
        "chat_type": reference.chat_type,
        "message_identifier": reference.message,
        "sent_time": format_time(reference.sent),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "image": place.image,
        "path": place.path,
        "snapshot": place.snapshot,
        "record": place.record,
    }
