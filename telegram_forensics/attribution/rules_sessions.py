"""TF-201 to TF-203: copied sessions, sessions without a device, logins."""

from __future__ import annotations

from typing import Final

from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.ledger import LOGIN_TOLERANCE, Ledger, LedgerEntry
from telegram_forensics.attribution.records import (
    Evidence,
    Grade,
    NoticeRecord,
    Place,
)

# A login code is good for some minutes.
_CODE_SECONDS: Final = 900.0


def find_copied(ledger: Ledger) -> list[Finding]:
    """TF-201: one session in two live data sets."""
    findings = []
    for entry in ledger.entries:
        stores = entry.stores
        if entry.key is None or len(stores) < 2:
            continue
        images = sorted({image for image, _ in stores})
        where = "on one device" if len(images) == 1 else f"on {len(images)} devices"
        earlier = sorted(
            {str(place) for place in entry.places if place.snapshot is not None}
        )
        finding = Finding(
            "TF-201",
            f"The authorization key of one session lies in {len(stores)} data sets "
            f"{where}: {'; '.join(f'{image}: {store}' for image, store in stores)}.",
            Grade.A,
            account=entry.account,
            sessions=[entry.key],
            evidence=[
                (record.place, "holds the key")
                for record in entry.records
                if record.key is not None
                and record.holds_key
                and record.place.snapshot is None
            ],
            supports=[
                "a key is made anew at each login: equal keys are copies of one login",
                "whoever has the copy is logged in, without code or password, and the "
                "list of devices shows one entry",
            ],
            not_excluded=[
                "the owner moved or copied the data to another computer or profile",
                "a backup or a restored image of the same installation",
            ],
            would_decide=[
                "the later states of both data sets: separate use shows in caches and "
                "settings",
                "the provider's records of addresses of this session",
            ],
        )
        if earlier:
            finding.supports.append(
                f"earlier versions of the data sets, counted once: {'; '.join(earlier)}"
            )
        findings.append(finding)
    return findings


def last_seized_login(ledger: Ledger, account: str | None) -> float | None:
    """The last login of an account that key material of a seized device shows."""
    return max(
        (
            entry.created
            for entry in ledger.of_account(account)
            if entry.key is not None and entry.created is not None
        ),
        default=None,
    )


def find_unmatched(ledger: Ledger, case: Case) -> list[Finding]:
    """TF-202: a session that was active and belongs to no image."""
    findings = []
    for entry in ledger.entries:
        if entry.match != "unmatched" or entry.identifier in case.admitted_sessions:
            continue
        active = entry.last_active if entry.last_active is not None else entry.created
        if active is None or not _matters(entry, active, ledger, case):
            continue
        strongest = entry.records[0]
        device = entry.device_model or strongest.client_name or "not named"
        findings.append(
            Finding(
                "TF-202",
                f"A session of the account on a device that is in no image ({device}) "
                "was active at the time.",
                entry.grade,
                account=entry.account,
                sessions=[entry.identifier],
                start=entry.created,
                end=active,
                evidence=[(item.place, _describe(item)) for item in entry.records],
                supports=[
                    "it is recorded as active, and no key of it lies in any image"
                ],
                not_excluded=[
                    "another device of the owner that was not seized, or a sold or "
                    "lost one that was never logged out",
                    "device and application are what the client said of itself",
                ],
                would_decide=[
                    "the provider's records of this session",
                    "the device itself",
                ],
            )
        )
    return findings


def _matters(entry: LedgerEntry, active: float, ledger: Ledger, case: Case) -> bool:
    if case.has_period:
        return (case.start is None or active >= case.start) and (
            case.end is None or entry.created is None or entry.created <= case.end
        )
    last = last_seized_login(ledger, entry.account)
    return last is not None and active > last


def _describe(record: object) -> str:
    names = ("client_name", "device_model", "ip_address", "country")
    words = [str(getattr(record, name)) for name in names if getattr(record, name)]
    return ", ".join(words) or "a session"


def find_logins(evidence: Evidence, ledger: Ledger, case: Case) -> list[Finding]:
    """TF-203: a login in the disputed period whose device is in no image."""
    if not case.has_period:
        return []
    findings = []
    seen: set[tuple[str | None, float]] = set()
    for notice in sorted(
        evidence.notices, key=lambda item: (item.sent or 0, item.kind)
    ):
        time = notice.reported if notice.reported is not None else notice.sent
        if notice.kind != "new_login" or time is None or not case.in_period(time):
            continue
        # Every device of the account gets the notice, each by its own clock.
        if any(
            account == notice.account and abs(other - time) <= LOGIN_TOLERANCE
            for account, other in seen
        ):
            continue
        if _is_seized(ledger, case, notice.account, time):
            continue
        seen.add((notice.account, time))
        findings.append(_make_login(evidence, notice, time))
    return findings


def _is_seized(ledger: Ledger, case: Case, account: str | None, time: float) -> bool:
    """True if the login is that of a session in an image, or one that is admitted."""
    return any(
        entry.created is not None
        and abs(entry.created - time) <= LOGIN_TOLERANCE
        and (entry.key is not None or entry.identifier in case.admitted_sessions)
        for entry in ledger.of_account(account)
    )


def _make_login(evidence: Evidence, notice: NoticeRecord, time: float) -> Finding:
    device = notice.device or "not named"
    finding = Finding(
        "TF-203",
        f"A login to the account from a device that is in no image ({device}).",
        Grade.B,
        account=notice.account,
        start=time,
        end=time,
        evidence=[(notice.place, "notice of a new login")],
        supports=["Telegram's server reported the login"],
        not_excluded=[
            "the owner logged in on another device, by code or by scanning a QR code",
            "device and application are what the client said of itself",
        ],
        would_decide=[
            "the provider's records of this login and its address",
            "the operator's records of SMS and calls with a code",
        ],
    )
    if notice.ip_address or notice.location:
        finding.supports.append(
            f"place of the login: {notice.location or 'not named'}, address "
            f"{notice.ip_address or 'not named'}"
        )
    readable = _code_places(evidence, notice.account, time)
    for place in readable:
        finding.evidence.append((place, "a login code was readable here"))
    if readable:
        finding.supports.append(
            f"a login code was readable in {len(readable)} places shortly before"
        )
    else:
        finding.not_excluded.append(
            "how the login was opened is not recorded here: code by SMS or call, "
            "e-mail, saved token, or a QR code that a logged-in device scanned"
        )
    return finding


def _code_places(evidence: Evidence, account: str | None, time: float) -> list[Place]:
    return sorted(
        {
            notice.place
            for notice in evidence.notices
            if notice.kind.startswith("login_code")
            # An SMS or a notification does not say for which account.
            and notice.account in (account, None)
            and notice.sent is not None
            and time - _CODE_SECONDS <= notice.sent <= time + LOGIN_TOLERANCE
        },
        key=str,
    )
