"""Telegram Desktop: tdata folders of the real client and of the builder, exports."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import export_samples
from tests.builders import tdata
from tests.parsers import support
from tests.parsers.test_telegram_desktop import key_lists, version_of
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    REAL,
    THIRD,
    Known,
    Source,
    extract,
    kind_of,
    plain,
    records,
    values,
)

PARSERS = support.PARSERS
EXPORTS = "telegram_desktop_export_html,telegram_desktop_export_json"
CLIENT = "Telegram Desktop"
SESSION = ("session_data_center", "client_name", "client_version", "key_identifiers")
ACCOUNT = ("account_name", "account_phone", "account_username", "account_about")
SAMPLES = {
    "desktop-ana-one-account-no-passcode": REAL,
    "desktop-marta-copied-tdata": REAL,
    "desktop-marta-one-account-no-passcode": REAL,
    "desktop-marta-two-accounts-passcode": REAL,
    "stock-nopass": THIRD,
    "stock-passcode-ascii": THIRD,
    "stock-passcode-nonascii": THIRD,
    "stock-wide-id-draft": THIRD,
    "made-7.3-argon2": BUILT,
    "made-7.3-no-passcode": BUILT,
}


# The truth of a copy does not repeat the world of its original.
_ORIGINALS = {"desktop-marta-copied-tdata": "desktop-marta-one-account-no-passcode"}


def _people(truth: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Owners as the service described them; none where there was no service."""
    world = truth.get("world") or {}
    people = [*world.get("selves", ()), *([world["self"]] if "self" in world else ())]
    return {item["id"]: item for item in people}


def _name(person: dict[str, Any]) -> str:
    return " ".join(part for part in (person["first"], person.get("last")) if part)


def _sample_truth(name: str) -> Iterator[Record]:
    truth = support.truth(name)
    people = _people(support.truth(_ORIGINALS.get(name, name)))
    for account in truth["accounts"]:
        number = str(account["user_id"])
        identifier, keys = key_lists(account)
        told = (account["main_dc"], CLIENT, version_of(truth), keys)
        values_of = dict(zip(SESSION, told, strict=True))
        yield Record("sessions", (number, identifier), values_of)
        person = people.get(account["user_id"])
        who: list[str | None] = [None] * 4
        if person is not None:
            names = ("phone", "username", "about")
            who = [_name(person), *(person.get(name) for name in names)]
        state = "set" if truth["passcode"] else "none"
        told_of = dict(zip(ACCOUNT, who, strict=True))
        yield Record("accounts", (number,), {**told_of, "passcode_state": state})
        for draft in account.get("drafts", ()):
            identity = (number, str(draft["peer_id"]))
            yield Record("drafts", identity, {"text": draft["text"]})
    indexes = ", ".join(str(item["index"]) for item in truth["accounts"])
    yield Record("settings", ("account_indexes",), {"setting_value": indexes})
    active = str(truth.get("active_index", 0))
    yield Record("settings", ("active_account",), {"setting_value": active})
    yield Record("settings", ("local_passcode",), {"setting_value": state})


def _found(found: support.Extraction) -> Iterator[Record]:
    logins = [
        item
        for item in found.sessions
        if item.attribution_basis == "tdata_authorization"
    ]
    identity = ("account_identifier", "session_identifier")
    yield from records(logins, identity, SESSION)
    accounts = found.accounts
    yield from records(accounts, identity[:1], (*ACCOUNT, "passcode_state"))
    drafts = found.of_type("telegram:draft")
    yield from records(drafts, ("account_identifier", "chat_identifier"), ("text",))
    settings = found.of_type("telegram:setting")
    yield from records(settings, ("setting_name",), ("setting_value",))


def _sample(name: str, folder: Path) -> Known:
    target = support.unpack_sample(name, folder)
    truth = support.truth(name)
    candidates = ["wrong one", truth["passcode"]] if truth["passcode"] else None
    found = extract(PARSERS, [target.parent], candidates)
    return Known(
        list(_sample_truth(name)),
        list(_found(found)),
        frozenset({"settings"}),
        found.warnings,
    )


def _built(layout: str, passcode: str, folder: Path) -> Known:
    """A profile of the builder, in a layout of the client."""
    is_modern = layout in ("modern", "seven_three")
    accounts = support.three_accounts() if is_modern else [support.one_account()]
    tdata.build_tdata(
        folder / "tdata", accounts, layout=layout, passcode=passcode, usertag=7
    )
    found = extract(PARSERS, [folder], ["no", passcode] if passcode else None)
    truth = []
    for account in accounts:
        number = str(account.user_id)
        key = tdata.session_identifier(account.auth_keys[account.main_dc])
        told: dict[str, Any] = {
            "session_data_center": account.main_dc,
            "client_name": CLIENT,
        }
        truth.append(Record("sessions", (number, key), told))
        told = {"passcode_state": "set" if passcode else "none"}
        if layout == "oldest":
            told = {}
        elif layout != "mtp_old_blocks":
            name = " ".join(
                part for part in (account.first_name, account.last_name) if part
            )
            who = (name, account.phone or None, account.username or None)
            told |= dict(zip(ACCOUNT, who, strict=False))
        truth.append(Record("accounts", (number,), told))
        truth += (
            Record("drafts", (number, str(peer)), {"text": text})
            for peer, text in account.drafts
        )
    return Known(truth, list(_found(found)), frozenset({"settings"}), found.warnings)


# Exports.

_HTML_NOTE = (
    "HTML pages have no ids of chats and senders, of service messages only the day: "
    "compared are number, time (of service messages the day), text, name of the sender "
    "and direction."
)


def _export_truth(world: dict[str, Any], kind: str) -> Iterator[Record]:
    """What an export of the real client must hold."""
    owner = world["world"]["self"]
    people = export_samples.names(world)
    for item in export_samples.messages(world, kind):
        told: dict[str, Any] = {"text": item.text or None, "sent_time": item.date}
        is_notice = item.sender == 777000
        if kind == "json":
            identity: tuple[Any, ...] = (item.chat[1:], str(item.id))
            told["sender_identifier"] = str(item.sender)
            if not is_notice:
                told |= {
                    "is_outgoing": item.out,
                    "edited_time": item.edited,
                    "reply_to_identifier": (
                        None if item.reply_to is None else str(item.reply_to)
                    ),
                }
        else:
            # The page has no numbers of chats; those of messages are its own.
            identity = (str(item.id), item.date)
            if not is_notice and item.action is None:
                told |= {
                    "is_outgoing": item.out,
                    "sender_name": people[item.sender or 0],
                }
            if item.action is not None:
                day = item.date - item.date % 86_400
                told, identity = {"sent_time": day}, (str(item.id), day)
        yield Record("notices" if is_notice else "messages", identity, told)
    if kind == "json":
        for login in world["world"]["authorizations"]:
            told = {
                "login_client_name": f"{login['app']} {login['ver']}",
                "login_device_model": login["device"],
                "login_ip_address": login["ip"],
                "country": login["country"],
                "last_active_time": login["active"],
            }
            yield Record("sessions", (login["created"],), told)
        name = " ".join(part for part in (owner["first"], owner.get("last")) if part)
        told = {
            "account_name": name,
            "account_phone": owner["phone"],
            "account_username": owner["username"],
        }
        yield Record("accounts", (str(owner["id"]),), told)


def _export_found(found: support.Extraction, kind: str) -> Iterator[Record]:
    names = (
        *("text", "sent_time", "sender_identifier", "is_outgoing", "edited_time"),
        *("reply_to_identifier", "sender_name"),
    )
    for item in found.event_data:
        if item.data_type not in ("telegram:message", "telegram:notice"):
            continue
        told = values(item, names)
        if kind == "json":
            identity: tuple[Any, ...] = (item.chat_identifier, item.message_identifier)
        else:
            identity = (item.message_identifier, told["sent_time"])
        yield Record(kind_of(item.data_type, item.record_state), identity, told)
    for item in found.sessions:
        told = values(
            item,
            (
                *("login_client_name", "login_device_model", "login_ip_address"),
                *("country", "last_active_time"),
            ),
        )
        yield Record("sessions", (plain(item.created_time),), told)
    accounts = [item for item in found.accounts if item.account_identifier]
    yield from records(accounts, ("account_identifier",), ACCOUNT)


def _export(name: str, kind: str, folder: Path) -> Known:
    export_samples.unpack(name, kind, folder)
    truth = list(_export_truth(export_samples.world(name), kind))
    found = extract(EXPORTS, [folder])
    return Known(
        truth,
        list(_export_found(found, kind)),
        frozenset({"accounts"}),
        found.warnings,
    )


def sources() -> Iterator[Source]:
    """All sources of Telegram Desktop."""
    for name, origin in SAMPLES.items():
        version = "7.3 layout" if "7.3" in name else "4.6.5"
        yield Source(
            f"tdata {name}",
            "Telegram Desktop (tdata)",
            CLIENT,
            version,
            origin,
            functools.partial(_sample, name),
            is_quick=name == "desktop-marta-two-accounts-passcode",
        )
    for layout, version in (
        ("modern", "2.1.14 and later"),
        ("seven_three", "7.3 layout"),
        ("legacy_map", "0.7.19 to 2.1.13"),
        ("mtp_old_blocks", "1.0.14 and before"),
        ("oldest", "0.5.0 to 0.7.18"),
    ):
        # The oldest layout knows no passcode, and the old ones no record of the owner.
        for passcode in ("",) if layout == "oldest" else ("", "Ключ"):
            locked = ", passcode" if passcode else ""
            yield Source(
                f"tdata builder {layout}{locked}",
                "Telegram Desktop (tdata)",
                CLIENT,
                f"{version}{locked}",
                BUILT,
                functools.partial(_built, layout, passcode),
            )
    for name in export_samples.NAMES:
        for kind in ("json", "html"):
            yield Source(
                f"export {name} {kind}",
                f"data export ({kind.upper()})",
                CLIENT,
                "4.6.5",
                REAL,
                functools.partial(_export, name, kind),
                is_quick=(name, kind) == ("desktop-marta", "json"),
                note=_HTML_NOTE if kind == "html" else "",
            )
