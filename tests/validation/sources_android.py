"""Telegram for Android: databases of every generation, forks, whole installations."""

from __future__ import annotations

import functools
import gzip
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests import android_truth, helpers
from tests.builders import android_small as small
from tests.builders import android_tables as tables
from tests.builders import android_telephone as telephone
from tests.builders.android_cast import OWNER, OWNERS, SECOND
from tests.builders.android_database import Database, build
from tests.builders.android_telephone import NAME, PACKAGE
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    REAL,
    Absent,
    Known,
    Source,
    extract,
    extract_image,
    kind_of,
    plain,
    records,
    values,
)

DATABASE = "sqlite/telegram_android_database"
FILES = (
    "telegram_android_preferences,telegram_android_statistics,telegram_android_tgnet"
)
SESSION = ("account_identifier", "session_identifier", "session_data_center")
ACCOUNT = ("account_name", "account_phone", "account_username")
_IDENTITY = {
    "telegram:message": ("chat_identifier", "message_identifier", "record_table"),
    "telegram:call": ("chat_identifier", "message_identifier"),
    "telegram:notice": ("chat_identifier", "message_identifier"),
    "telegram:chat": ("chat_type", "chat_identifier", "record_table"),
    "telegram:contact": ("contact_identifier", "contact_source"),
    "telegram:session": ("authorization_hash",),
    "telegram:file": ("document_identifier", "message_identifier"),
}
# Some hundred are every kind of message several times.
COUNT = 900


def _login(owner: str) -> Record:
    """What the preferences tell of a login."""
    return Record("sessions", ("login", owner), {"created_time": telephone.LOGIN})


def _record(data_type: str, told: dict[str, Any]) -> Record:
    names = android_truth.KEYS[data_type]
    identity = tuple(told.get(name) for name in _IDENTITY[data_type])
    return Record(
        kind_of(data_type, told.get("record_state")),
        identity,
        {name: told.get(name) for name in names},
    )


def truth_of(made: Database) -> Iterator[Record]:
    """Records of the truth of a made database."""
    for item in (*made.truth, *made.records):
        yield _record(item["data_type"], item)


def found_in(items: Iterable[Any]) -> Iterator[Record]:
    """Records of a database; rows of free space are measured by the recovery table."""
    for item in items:
        kind = item.data_type
        if kind not in _IDENTITY or android_truth.is_carved(item):
            continue
        is_balance = kind == "telegram:chat" and (
            item.record_table in android_truth.TRACE_TABLES
        )
        if kind == "telegram:session" and item.authorization_hash is None:
            created = plain(item.created_time)
            login = ("login", item.account_identifier)
            yield Record("sessions", login, {"created_time": created})
        elif is_balance:
            yield Record(
                "traces of sending",
                (item.chat_identifier,),
                {
                    "sent": item.number_of_outgoing or 0,
                    "traces": item.number_of_local_traces,
                    "lost": item.number_of_lost_messages,
                },
            )
        else:
            yield _record(kind, values(item, android_truth.KEYS[kind]))


def _balance(made: Database) -> Iterator[Record]:
    """Traces of each chat; before version 84 they do not name their chat."""
    if made.version < 84:
        return
    for chat, numbers in made.balance.items():
        if chat.kind != "secret":
            told = dict(zip(("sent", "traces", "lost"), numbers, strict=True))
            yield Record("traces of sending", (str(chat.number),), told)


def _database(version: int, folder: Path) -> Known:
    made = build(folder / NAME, version, COUNT)
    found = extract(DATABASE, [folder])
    truth = [*truth_of(made), *_balance(made)]
    is_open = version < 84
    return Known(
        truth,
        list(found_in(found.event_data)),
        frozenset({"traces of sending"} if is_open else ()),
        found.warnings,
    )


def _log(version: int, folder: Path) -> Known:
    generator = telephone.changed_log(folder / "client", version)
    source = telephone.copy_open(folder / "client", folder / "copy")
    generator.connection.close()
    made = generator.finish()
    found = extract(DATABASE, [source])
    truth = [*truth_of(made), *_balance(made)]
    is_open = version < 84
    return Known(
        truth,
        list(found_in(found.event_data)),
        frozenset({"traces of sending"} if is_open else ()),
        found.warnings,
    )


def _installation(package: str, client: str, slot: int, folder: Path) -> Known:
    """Preferences, network state and database of two accounts."""
    root = folder / "data" / "data" / package
    other_slot = 1 if slot == 0 else 0
    other = small.made_up_key("other")
    files = telephone.account_files(slot=slot)
    files |= telephone.account_files(SECOND, other_slot, other)
    small.write(root, files)
    small.write(folder, {"system/build.prop": small.BUILD_PROPERTIES})
    below = root / ("files" if slot == 0 else f"files/account{slot}")
    made = build(below / NAME, 177, 300)
    found = extract(f"{DATABASE},{FILES}", [folder])
    truth = list(truth_of(made)) + list(_balance(made))
    for owner, key, number in (
        (OWNER, telephone.KEY, slot),
        (SECOND, other, other_slot),
    ):
        who = OWNERS[owner]
        session = small.key_identifier(key)
        told = {
            "session_data_center": 2,
            "client_name": client,
            "device_model": "samsung SM-G991B",
            "account_slot": str(number),
        }
        truth.append(Record("sessions", (str(owner), session), told))
        truth.append(_login(str(owner)))
        account = dict(zip(ACCOUNT, (who.name, who.phone, who.username), strict=True))
        truth.append(Record("accounts", (str(owner),), account))
    network = [item for item in found.sessions if item.key_identifiers]
    names = ("session_data_center", "client_name", "device_model", "account_slot")
    got = list(found_in(item for item in found.event_data if item not in network))
    got += records(network, ("account_identifier", "session_identifier"), names)
    got += records(found.accounts, ("account_identifier",), ACCOUNT)
    return Known(truth, got, frozenset(), found.warnings)


def _of_account(owner: tuple[Any, ...], one: Record) -> Record:
    """A record of the database of an account; another login belongs to no key."""
    if one.identity[:1] == ("login",):
        return one
    before = owner[:1] if one.kind == "sessions" else owner
    return Record(one.kind, (*before, *one.identity), one.values)


def _image(folder: Path) -> Known:
    """The telephone of test_data, out of its disk image."""
    root = helpers.REPOSITORY / "test_data"
    accounts = json.loads(
        gzip.decompress((root / "android_truth.json.gz").read_bytes())
    )
    del folder
    found = extract_image(f"{DATABASE},{FILES}", "android_telegram.E01")
    truth: list[Record] = []
    got: list[Record] = []
    for account in accounts:
        who = account["attribution"]
        owner = (who["account_identifier"], who["session_identifier"])
        truth += (
            _of_account(owner, _record(item["data_type"], item))
            for item in (*account["messages"], *account["records"])
        )
        told = {name: who[name] for name in ("session_data_center", "device_model")}
        truth.append(Record("sessions", owner, told))
        truth.append(_login(owner[0]))
        truth.append(
            Record("accounts", owner[:1], {name: who[name] for name in ACCOUNT})
        )
    for item in found.event_data:
        is_network = item.data_type == "telegram:session" and item.key_identifiers
        if is_network:
            names = ("session_data_center", "device_model")
            got += records([item], SESSION[:2], names)
        for one in found_in([] if is_network else [item]):
            owner = tuple(values(item, SESSION[:2]).values())
            # Its truth is not kept beside the image.
            if one.kind != "traces of sending":
                got.append(_of_account(owner, one))
    got += records(found.accounts, SESSION[:1], ACCOUNT)
    return Known(truth, got, frozenset(), found.warnings)


def _empty_slot(folder: Path) -> Known:
    """A slot of the real client that nobody ever logged in to."""
    sample = helpers.SHARED / "samples" / "android" / "iped_2021_app7.7.0_empty_slot"
    if not sample.is_dir():
        raise Absent(helpers.NO_SAMPLES)
    shutil.copytree(sample, folder / PACKAGE)
    found = extract(f"{DATABASE},{FILES}", [folder])
    truth = [Record("settings", ("last_processed_state",), {"begins": "pts 0, qts 0"})]
    got = [
        Record("settings", (name,), {"begins": text[:12]})
        for name in ("last_processed_state",)
        for text in found.settings(name)
    ]
    got += [
        Record(
            kind_of(item.data_type, None), (plain(getattr(item, "record_state", None)),)
        )
        for item in found.event_data
        if item.data_type in (*android_truth.MESSAGES, "telegram:chat")
    ]
    return Known(truth, got, frozenset(), found.warnings)


def sources() -> Iterator[Source]:
    """All sources of Telegram for Android."""
    client = "Telegram for Android"
    for version in tables.VERSIONS:
        yield Source(
            f"android database {version}",
            "Android",
            client,
            f"database version {version}",
            BUILT,
            functools.partial(_database, version),
            is_quick=version in (37, 177),
        )
    for version in (37, 78, 177):
        yield Source(
            f"android log {version}",
            "Android",
            client,
            f"database version {version}, write-ahead log",
            BUILT,
            functools.partial(_log, version),
        )
    fork = "org.example.telegram"
    for package, name, slot in (
        (PACKAGE, client, 0),
        (PACKAGE, client, 1),
        ("tw.nekomimi.nekogram", "Nekogram", 0),
        (fork, f"Telegram for Android (fork {fork})", 2),
    ):
        yield Source(
            f"android {package} slot {slot}",
            "Android",
            name,
            f"database version 177, account slot {slot}",
            BUILT,
            functools.partial(_installation, package, name, slot),
        )
    yield Source(
        "android_telegram.E01",
        "Android",
        client,
        "database versions 177 (log) and 134, disk image",
        BUILT,
        _image,
    )
    yield Source("android empty slot", "Android", client, "7.7.0", REAL, _empty_slot)
