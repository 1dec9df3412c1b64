"""The checks in the terms of NIST's Computer Forensics Tool Testing program (CFTT).

Two specifications: "Mobile Device Forensic Tool Specification, Test Assertions and Test
Cases" (MDT-..., here in the numbering of version 3.3, January 2025; an earlier version
has no assertion on WiFi data, and those behind it have a number less), and the one for
SQLite data recovery tools (SFT-...).

UNCONFIRMED: the documents themselves were not at hand. Identifiers and meanings were
taken from public quotations (for MDT-CA two that agree, for MDT-AO one, for SFT the
names in the test suite of another public tool), and are told in words of our own. What
no quotation has is left without an identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.validation.compare import Outcome, add

if TYPE_CHECKING:
    from tests.validation.document import Validation

AS_EXPECTED: Final = "as expected"
PARTIAL: Final = "partial"
NOT_AS_EXPECTED: Final = "not as expected"
NOT_TESTED: Final = "not tested"
NOT_APPLICABLE: Final = "does not apply"
MDT: Final = "Mobile Device Forensic Tool Specification 3.3"
SFT: Final = "SQLite data recovery tools"


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion with its result.

    Attributes:
        specification: which.
        identifier: as quoted in public, empty where none could be verified.
        meaning: in our words.
        result: see above.
        basis: figures and limits behind the result.
    """

    specification: str
    identifier: str
    meaning: str
    result: str
    basis: str


Judge = Callable[["Validation"], tuple[str, str]]


def _sum(validation: Validation, kinds: Iterable[str]) -> Outcome:
    total = Outcome(extra=None)
    for result in validation.read:
        for kind in kinds:
            if kind in result.outcomes:
                add(total, result.outcomes[kind])
    return total


def _words(total: Outcome) -> str:
    extra = "" if total.extra is None else f", {total.extra} too many"
    return (
        f"{total.found} of {total.in_truth} records equal to the truth, "
        f"{total.missing} missing, {total.wrong} wrong{extra}"
    )


def records(kinds: tuple[str, ...], limits: str = "") -> Judge:
    """Judges by kinds of record. Limits in the scope make the best result partial."""

    def judge_records(validation: Validation) -> tuple[str, str]:
        total = _sum(validation, kinds)
        if not total.in_truth:
            return NOT_TESTED, "no known data of this kind"
        is_whole = total.found == total.in_truth and not total.extra
        result = AS_EXPECTED if is_whole else PARTIAL
        if not total.found:
            result = NOT_AS_EXPECTED
        elif limits:
            result = PARTIAL
        return result, "; ".join(filter(None, (_words(total), limits)))

    return judge_records


def attribute(name: str, limits: str) -> Judge:
    """Judges by an attribute of messages."""

    def judge_attribute(validation: Validation) -> tuple[str, str]:
        seen = same = 0
        for origin in validation.claims:
            pair = validation.attributes(origin).get(name, [0, 0])
            seen, same = seen + pair[0], same + pair[1]
        if not seen:
            return NOT_TESTED, "no known data of this kind"
        words = f"{same} of {seen} values equal to the truth"
        if not same:
            return NOT_AS_EXPECTED, words
        return PARTIAL if limits or same < seen else AS_EXPECTED, "; ".join(
            filter(None, (words, limits))
        )

    return judge_attribute


def unchanged(validation: Validation) -> tuple[str, str]:
    """Judges by hashes of the evidence before and after."""
    integrity = validation.integrity
    if not integrity.files:
        return NOT_TESTED, "no files were hashed"
    words = f"SHA-256 of {integrity.files} files before and after the run"
    if integrity.changed:
        return NOT_AS_EXPECTED, f"{words}; changed: {', '.join(integrity.changed)}"
    return AS_EXPECTED, f"{words}; also tests/end_to_end/test_evidence_safety.py"


def live_rows(words: str) -> Judge:
    """Judges by the rows that were not deleted, in databases of a kind."""

    def judge_live(validation: Validation) -> tuple[str, str]:
        chosen = [
            item
            for item in validation.recovery
            if words in item.cause and "zeroed" not in item.cause and not item.note
        ]
        if not chosen:
            return NOT_TESTED, "no such database was made"
        live = sum(item.live for item in chosen)
        found = sum(item.live_found for item in chosen)
        misread = sum(item.live_misread for item in chosen)
        told = f"{found} of {live} rows in {len(chosen)} databases, {misread} misread"
        if found == live and not misread:
            return AS_EXPECTED, told
        return (PARTIAL if found else NOT_AS_EXPECTED), told

    return judge_live


def recovered(validation: Validation) -> tuple[str, str]:
    """Judges by the deleted rows that came back."""
    deleted = sum(item.deleted for item in validation.recovery)
    back = sum(item.recovered for item in validation.recovery)
    wrong = sum(item.wrong for item in validation.recovery)
    marked = sum(item.wrong_marked for item in validation.recovery)
    if not deleted:
        return NOT_TESTED, "no databases were made"
    words = (
        f"{back} of {deleted} deleted rows over all causes of deletion (see the tables "
        f"of recovery); {wrong} rows were told with false content, {marked} of them "
        "marked as recovered"
    )
    if not back or wrong > marked:
        return NOT_AS_EXPECTED, words
    return PARTIAL, words


def causes_told(validation: Validation) -> tuple[str, str]:
    """Judges by the state that recovered rows are given."""
    back = sum(item.recovered for item in validation.recovery)
    told = sum(item.as_removed for item in validation.recovery)
    if not back:
        return NOT_TESTED, "no rows were recovered"
    words = f"{told} recovered rows are told as removed, {back} were"
    return (AS_EXPECTED if told == back else PARTIAL), words


def sources_told(validation: Validation) -> tuple[str, str]:
    """Judges by the file that recovered rows are said to come from."""
    back = sum(item.recovered for item in validation.recovery)
    unnamed = sum(item.unnamed for item in validation.recovery)
    if not back:
        return NOT_TESTED, "no rows were recovered"
    words = f"{unnamed} of {back} recovered rows do not say where they were found"
    return (PARTIAL if unnamed else AS_EXPECTED), words


def fixed(result: str, basis: str) -> Judge:
    """A result that no figure decides."""
    return lambda validation: (result, basis)


_STOCK = "read by stock plaso, not by this package"
_NO_DEVICE = "no device is acquired; the package reads images that others made"
_NO_VIEWER = "the package reports events of Telegram, not the structure of databases"
_OTHERS = "other applications and the telephone's own records are read by stock plaso"

_ASSERTIONS: Final[tuple[tuple[str, str, str, Judge], ...]] = (
    (
        MDT,
        "MDT-CA-01",
        "subscriber and equipment information in the image is presented",
        records(
            ("accounts", "sessions"),
            "Telegram's accounts, sessions and device names only; SIMs have tests of "
            "their own (tests/parsers/test_android_sim.py)",
        ),
    ),
    (
        MDT,
        "MDT-CA-02",
        "address book, calendar and notes are presented",
        records(("contacts",), "Telegram's contacts only"),
    ),
    (
        MDT,
        "MDT-CA-03",
        "calls with direction, time and duration are presented",
        records(("calls",), "Telegram's calls only"),
    ),
    (
        MDT,
        "MDT-CA-04",
        "messages are presented",
        records(("messages", "notices", "drafts"), "Telegram only; " + _OTHERS),
    ),
    (
        MDT,
        "MDT-CA-05",
        "files (sound, documents, pictures, videos) are presented",
        records(("files",), "records of files; their content is left to stock parsers"),
    ),
    (MDT, "MDT-CA-06", "browser history and bookmarks", fixed(NOT_APPLICABLE, _STOCK)),
    (MDT, "MDT-CA-07", "e-mail", fixed(NOT_APPLICABLE, _STOCK)),
    (
        MDT,
        "MDT-CA-08",
        "data of applications of social media are presented",
        records(
            (
                *("accounts", "sessions", "chats", "contacts", "messages", "notices"),
                *("drafts", "calls", "files", "settings", "traces of sending"),
            ),
            "Telegram only",
        ),
    ),
    (
        MDT,
        "MDT-CA-09",
        "data of applications for places are presented",
        attribute("location", "places in messages of Telegram only"),
    ),
    (MDT, "MDT-CA-10", "WiFi data", fixed(NOT_APPLICABLE, _STOCK)),
    (
        MDT,
        "MDT-CA-11",
        "text is shown with the right characters",
        attribute(
            "text",
            "the stored characters are compared (Latin, Cyrillic, Arabic, Hebrew, "
            "Chinese, Korean, Devanagari, emoji); what a screen shows depends on fonts",
        ),
    ),
    (MDT, "MDT-CA-12", "an image file is not changed", unchanged),
    (
        MDT,
        "MDT-CA-13",
        "the user is told if an image file was changed",
        fixed(
            NOT_TESTED,
            "AFF4: `telegram-forensics aff4 verify` (tests/aff4/test_verify.py); for "
            "other images the tools of their makers",
        ),
    ),
    (
        MDT,
        "",
        "creation of an image of a device; errors of the connection",
        fixed(NOT_APPLICABLE, _NO_DEVICE),
    ),
    (MDT, "", "acquisition of a UICC", fixed(NOT_APPLICABLE, _NO_DEVICE)),
    (MDT, "MDT-AO-20", "recoverable deleted items are presented", recovered),
    (
        MDT,
        "MDT-AO-22",
        "numbers that are times are shown as dates",
        attribute("sent_time", ""),
    ),
    (
        MDT,
        "MDT-AO-23",
        "text in UTF-8 and UTF-16 is shown",
        attribute(
            "text",
            "databases in UTF-8, values in UTF-16 within them; no database with the "
            "encoding UTF-16 was made",
        ),
    ),
    (
        MDT,
        "MDT-AO-28",
        "all active data are reported with a write-ahead log",
        live_rows("write-ahead log"),
    ),
    (
        MDT,
        "MDT-AO-29",
        "all active data are reported with a rollback journal",
        live_rows("rollback journal"),
    ),
    (SFT, "SFT-CA-01", "the database file is not altered", unchanged),
    (SFT, "SFT-CA-02", "the database file is still there", unchanged),
    (SFT, "SFT-CA-03", "the page size is reported", fixed(NOT_APPLICABLE, _NO_VIEWER)),
    (
        SFT,
        "SFT-CA-04, SFT-CA-05",
        "the journal mode (read and write version) is reported",
        fixed(NOT_APPLICABLE, _NO_VIEWER),
    ),
    (
        SFT,
        "SFT-CA-06",
        "the number of pages is reported",
        fixed(NOT_APPLICABLE, _NO_VIEWER),
    ),
    (SFT, "SFT-CA-07", "the encoding is reported", fixed(NOT_APPLICABLE, _NO_VIEWER)),
    (SFT, "SFT-CA-08", "tables are reported", fixed(NOT_APPLICABLE, _NO_VIEWER)),
    (SFT, "SFT-CA-09", "columns are reported", fixed(NOT_APPLICABLE, _NO_VIEWER)),
    (
        SFT,
        "SFT-CA-10",
        "the number of rows is right",
        live_rows("DELETE"),
    ),
    (
        SFT,
        "SFT-CA-11, SFT-CA-12",
        "recoverable rows that were deleted or changed are reported",
        recovered,
    ),
    (
        SFT,
        "SFT-CA-13",
        "the file that a recovered row comes from is reported",
        sources_told,
    ),
    (
        SFT,
        "SFT-AO-01, SFT-AO-02, SFT-AO-03",
        "statements, types of data and primary keys are reported",
        fixed(NOT_APPLICABLE, _NO_VIEWER),
    ),
    (
        SFT,
        "SFT-AO-04, SFT-AO-05",
        "whether a recovered row was deleted or changed is reported",
        causes_told,
    ),
    (
        SFT,
        "SFT-AO-06",
        "the offset of a recovered row is reported",
        fixed(
            NOT_TESTED,
            "`record_offset`; compared with the bytes in "
            "tests/parsers/test_telegram_android_recovery.py",
        ),
    ),
    (
        SFT,
        "SFT-AO-07",
        "the table of a recovered row is reported",
        fixed(NOT_TESTED, "`record_table`, where the client's events have it"),
    ),
    (
        SFT,
        "SFT-AO-08",
        "transactions of a log are reported",
        fixed(NOT_APPLICABLE, _NO_VIEWER),
    ),
)


def judge(validation: Validation) -> list[Assertion]:
    """Results of all assertions."""
    judged = []
    for specification, identifier, meaning, decide in _ASSERTIONS:
        result, basis = decide(validation)
        judged.append(Assertion(specification, identifier, meaning, result, basis))
    return judged
