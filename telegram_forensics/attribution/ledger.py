"""The session ledger: one entry per session and account, merged from all sources.

Records with a session identifier (authorization key id) belong together whatever the
source. Records that describe a session by other words (sessions lists, notices, logins
that wait for confirmation) are joined to such an entry only where account, creation
time, application and device fit exactly one; what fits several stays `ambiguous`, what
fits none `unmatched`. A server's authorization hash joins such records with each other,
never with a key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.attribution.records import (
    Evidence,
    Grade,
    Place,
    SessionRecord,
)

# A server's time of login against a client's: clocks and the steps of a login.
LOGIN_TOLERANCE: Final = 120.0
# Lists of logins on other devices that the owner has not confirmed: never of the
# session in whose storage they are.
_OTHERS_ONLY: Final = frozenset(
    {
        "android_unconfirmed_auth",
        "apple_session_review",
        "tdata_unreviewed_authorization",
        "tdlib_new_authorizations",
    }
)


@dataclass(slots=True)
class LedgerEntry:
    """A session.

    Attributes:
        key: session identifier, None for a session that only lists or notices show.
        account: user id of the owner.
        records: what the sources say, in order of their places.
        match: `key` (key material), `matched` (a list's row that fits this key is
            among the records), `unmatched` or `ambiguous` (no key).
        candidates: keys that an ambiguous row fits.
    """

    key: str | None
    account: str | None
    records: list[SessionRecord] = field(default_factory=list)
    match: str = "key"
    candidates: list[str] = field(default_factory=list)

    def _first(self, name: str) -> str | None:
        for record in self.records:
            value = getattr(record, name)
            if value is not None:
                return str(value)
        return None

    @property
    def identifier(self) -> str:
        """Session identifier, or how an entry without a key is named."""
        if self.key is not None:
            return self.key
        record = self.records[0]
        return f"hash {record.hash}" if record.hash else f"record at {record.place}"

    @property
    def client_name(self) -> str | None:
        """Client, as the strongest record has it."""
        return self._first("client_name")

    @property
    def device_model(self) -> str | None:
        """Device, as the strongest record has it."""
        return self._first("device_model")

    @property
    def created(self) -> float | None:
        """Login, as the strongest record that has one says."""
        return next(
            (item.created for item in self.records if item.created is not None), None
        )

    @property
    def last_active(self) -> float | None:
        """Last activity that any record shows."""
        times = [item.last_active for item in self.records]
        return max((time for time in times if time is not None), default=None)

    @property
    def ended(self) -> float | None:
        """End, as the strongest record that has one says."""
        return next(
            (item.ended for item in self.records if item.ended is not None), None
        )

    @property
    def grade(self) -> Grade:
        """The best grade among the records: how sure it is that the session existed."""
        return min(
            (item.grade for item in self.records),
            key=lambda grade: grade.value,
            default=Grade.C,
        )

    @property
    def places(self) -> list[Place]:
        """Where it is recorded, each place once."""
        return sorted({item.place for item in self.records}, key=str)

    @property
    def stores(self) -> list[tuple[str, str]]:
        """Live data sets that hold its key: image and store, snapshots left out.

        Shadow copies, backups and earlier versions of one store count once.
        """
        return sorted(
            {
                (item.place.image, item.store or item.place.path)
                for item in self.records
                if item.key is not None
                and item.holds_key
                and item.place.snapshot is None
                and item.is_current
            }
        )

    def existed_at(self, time: float) -> bool:
        """True unless the session was made after a time or had ended before."""
        created, ended = self.created, self.ended
        return not (
            (created is not None and created > time)
            or (ended is not None and ended < time)
        )


class Ledger:
    """Sessions of a case.

    Attributes:
        entries: by account and key; those without a key behind.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._by_key: dict[tuple[str | None, str], LedgerEntry] = {}
        self.entries: list[LedgerEntry] = []
        self._add_keys(evidence.sessions)
        self._add_others(evidence.sessions)
        for entry in self.entries:
            entry.records.sort(
                key=lambda item: (
                    item.grade.value,
                    not item.is_current,
                    str(item.place),
                )
            )
        self.entries.sort(
            key=lambda entry: (
                entry.account or "",
                entry.key is None,
                entry.identifier,
            )
        )

    def of_account(self, account: str | None) -> list[LedgerEntry]:
        """Entries of an account."""
        return [entry for entry in self.entries if entry.account == account]

    def entry(self, key: str | None) -> LedgerEntry | None:
        """Entry of a session identifier."""
        return next(
            (item for item in self.entries if key is not None and item.key == key), None
        )

    @property
    def accounts(self) -> list[str]:
        """Accounts with sessions."""
        return sorted({entry.account for entry in self.entries if entry.account})

    def _add_keys(self, sessions: Iterable[SessionRecord]) -> None:
        # The account of a key is the same everywhere: some records have the key only.
        owners: dict[str, str] = {}
        for record in sessions:
            if record.key is not None and record.account is not None:
                owners.setdefault(record.key, record.account)
        for record in sessions:
            if record.key is None:
                continue
            account = record.account or owners.get(record.key)
            entry = self._by_key.get((account, record.key))
            if entry is None:
                entry = LedgerEntry(record.key, account)
                self._by_key[account, record.key] = entry
                self.entries.append(entry)
            entry.records.append(record)

    def _add_others(self, sessions: Iterable[SessionRecord]) -> None:
        for group in _group_by_hash(
            record for record in sessions if record.key is None and record.hash
        ):
            self._add_group(group)
        for record in sessions:
            if record.key is None and not record.hash:
                self._add_group([record])

    def _add_group(self, group: list[SessionRecord]) -> None:
        candidates = [
            entry
            for entry in self._by_key.values()
            if any(_fits(entry, record) for record in group)
        ]
        if len(candidates) == 1:
            candidates[0].records += group
            candidates[0].match = "matched"
            return
        entry = LedgerEntry(None, group[0].account, list(group), "unmatched")
        if candidates:
            entry.match = "ambiguous"
            entry.candidates = sorted(item.key or "" for item in candidates)
        self.entries.append(entry)


def _group_by_hash(records: Iterable[SessionRecord]) -> list[list[SessionRecord]]:
    groups: dict[tuple[str | None, str | None], list[SessionRecord]] = defaultdict(list)
    for record in records:
        groups[record.account, record.hash].append(record)
    return [groups[key] for key in sorted(groups, key=str)]


def _fits(entry: LedgerEntry, record: SessionRecord) -> bool:
    """True if a row describes the session of a key: account, login, client, device."""
    if entry.account is None or entry.account != record.account:
        return False
    if str(record.basis).partition("+")[0] in _OTHERS_ONLY:
        place = (record.place.image, record.store or record.place.path)
        if place in entry.stores:
            # What its own storage lists as a login from elsewhere.
            return False
    created = [
        item.created
        for item in entry.records
        if item.key is not None and item.created is not None
    ]
    if record.created is None or not created:
        return False
    if min(abs(time - record.created) for time in created) > LOGIN_TOLERANCE:
        return False
    return _agrees(entry.client_name, record.client_name) and _agrees(
        entry.device_model, record.device_model
    )


def _agrees(one: str | None, other: str | None) -> bool:
    """True unless both are known and differ; the server cuts and joins such names."""
    if one is None or other is None:
        return True
    first = "".join(one.split()).casefold()
    second = "".join(other.split()).casefold()
    return first in second or second in first
