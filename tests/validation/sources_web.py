"""Telegram Web: profiles that real browsers wrote, and built ones."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import browser_samples, helpers
from tests.browser_samples import WEB
from tests.builders import browser_profile as profile
from tests.builders.browser_profile import Commit
from tests.formats.web_items import LOGIN, SECOND, identifier
from tests.parsers import support, web_support
from tests.parsers import test_telegram_web_built as built
from tests.parsers import test_telegram_web_sqlite as stores
from tests.validation.compare import Record
from tests.validation.sources import (
    BUILT,
    REAL,
    Absent,
    Known,
    Source,
    extract,
    kind_of,
    plain,
    values,
)

CODE = "2580"
# Sample -> browser, storage, client.
SAMPLES = {
    "chromium113_leveldb_webogram_webz": ("Chromium 113", "LevelDB", "Webogram, Web Z"),
    "chromium156_leveldb_weba": ("Chromium 156", "LevelDB", "Web A"),
    "chromium156_leveldb_weba_passcode": ("Chromium 156", "LevelDB", "Web A, passcode"),
    "chromium156_leveldb_webk": ("Chromium 156", "LevelDB", "Web K"),
    "chromium156_leveldb_webk_passcode": ("Chromium 156", "LevelDB", "Web K, passcode"),
    "chromium156_sqlite_webk": ("Chromium 156", "SQLite", "Web K"),
    "firefox153_weba": ("Firefox 153", "SQLite", "Web A"),
    "firefox153_webk": ("Firefox 153", "SQLite", "Web K"),
}
_GONE = (
    "What the client had deleted before the browser was closed is in the truth, too. "
    "Of this storage (SQLite, its log written back) little of it was left: a search of "
    "the bytes finds neither texts nor keys of what is missing. Whose a deleted "
    "message was is not compared: it is not stored with it."
)
_MESSAGE = ("text", "sent_time", "is_outgoing", "account_identifier")
_FILLER = re.compile(r"filler (\d+) (lorem)?")


def _logins(value: Any) -> Iterator[dict[str, Any]]:
    """Logins below a value of a ground truth."""
    if isinstance(value, dict):
        if "sessions" in value and "main_dc" in value:
            yield value
        for item in value.values():
            yield from _logins(item)


def _session(kind: str, login: dict[str, Any]) -> Record:
    keys = {
        int(name[2:]): f"{item['auth_key_id_uint64_le']:016x}"
        for name, item in login["sessions"].items()
    }
    center = login["main_dc"]
    told = {
        "account_identifier": str(login["user_id"]),
        "session_data_center": center,
        "key_identifiers": sorted(keys.values()),
    }
    return Record(kind, (keys[center],), told)


def _account(login: dict[str, Any]) -> Record:
    name = f"{login['first_name']} {login['last_name']}"
    told = {"account_name": name, "account_phone": login["phone"]}
    return Record("accounts", (str(login["user_id"]),), told)


def _message(item: dict[str, Any], owner: int, kind: str = "messages") -> Record:
    """A message as Web A or Web K has it."""
    if "chatId" in item:
        chat, text = item["chatId"], item["content"]["text"]["text"]
        is_outgoing = item["isOutgoing"]
    else:
        chat, text = str(item["peerId"]), item["message"]
        is_outgoing = bool(item["pFlags"].get("out"))
    told = {
        "text": text,
        "sent_time": item["date"],
        "account_identifier": str(owner),
    }
    if chat == "777000":
        return Record("notices", (chat, str(item["id"])), told)
    told["is_outgoing"] = is_outgoing
    return Record(kind, (chat, str(item["id"])), told)


def _sample_truth(name: str) -> Iterator[Record]:
    truth = browser_samples.truth(name)
    current = truth.get("final_state") or {"account": truth.get("account")}
    now = list(_logins(current))
    former_key = next((key for key in truth if key.startswith("former_acc")), "")
    former_key = former_key or next(
        (key for key in truth if key.startswith("former_ses")), "former"
    )
    before = list(_logins(truth.get(former_key)))
    for login in now:
        yield _session("sessions", login)
        if "passcode" not in name:
            yield _account(login)
    for login in before:
        yield _session("earlier sessions", login)
    if "passcode" in name:
        # What stood in clear before the passcode was set.
        yield _session("earlier sessions", now[0])
        for item in truth.get("globalEncrypted_messages", ()):
            yield _message(item, now[0]["user_id"])
        if "plaintexts" in truth:
            dialogs = json.loads(truth["plaintexts"]["dialogs__encrypted"])
            for dialog in dialogs.values():
                yield _message(dialog["topMessage"], now[0]["user_id"])
    for item in truth.get("messages_final_state", ()):
        yield _message(item, now[0]["user_id"])
    for item in truth.get("current_messages", ()):
        record = _message(item, now[0]["user_id"])
        yield record
        # The login moved from slot 2 to slot 1: the cache of slot 2 may be left. Whose
        # it was is not stored in it.
        told = {"text": record.values["text"], "sent_time": item["date"]}
        yield Record("deleted messages", record.identity, told, is_optional=True)
    for key, items in truth.items():
        if key.startswith("former_messages"):
            for item in items:
                yield _message(item, before[0]["user_id"], "deleted messages")
    if "filler_messages" in truth:
        for word, count in (("lorem", 700), (None, 900)):
            for number in range(count):
                identity = ("612345987", str(2000 + number), number, word)
                yield Record("messages", identity, {"is_outgoing": number % 2 == 0})
    if "draft_text" in truth:
        told = {"account_identifier": str(now[0]["user_id"])}
        yield Record("drafts", (truth["draft_text"],), told)
    for value in truth.get("xt_instance_times_ms", ()):
        yield Record("uses", ("client_open", value), {})


def _found(found: support.Extraction) -> Iterator[Record]:
    for item in found.event_data:
        state = getattr(item, "record_state", None)
        if item.data_type == "telegram:session" and item.session_identifier:
            names = ("account_identifier", "session_data_center")
            told = values(item, names)
            told["key_identifiers"] = sorted(item.key_identifiers or ())
            kind = kind_of(item.data_type, state)
            yield Record(kind, (item.session_identifier,), told)
        elif item.data_type in ("telegram:message", "telegram:notice"):
            told = values(item, _MESSAGE)
            identity: tuple[Any, ...] = (item.chat_identifier, item.message_identifier)
            match = _FILLER.match(item.text or "")
            if match:
                identity = (*identity, int(match[1]), match[2])
            yield Record(kind_of(item.data_type, state), identity, told)
        elif item.data_type == "telegram:account" and item.account_name:
            names = ("account_name", "account_phone")
            yield Record("accounts", (item.account_identifier,), values(item, names))
        elif item.data_type == "telegram:draft":
            told = values(item, ("account_identifier",))
            yield Record("drafts", (item.text,), told)
        elif getattr(item, "trace_type", None) == "client_open":
            moment = item.recorded_time.GetPlasoTimestamp() // 1000
            yield Record("uses", ("client_open", moment), {})


def _unowned(record: Record) -> Record:
    """A deleted message without the account, other records as they are."""
    if record.kind != "deleted messages":
        return record
    told = {
        key: value
        for key, value in record.values.items()
        if key != "account_identifier"
    }
    return dataclasses.replace(record, values=told)


def _sample(name: str, folder: Path) -> Known:
    del folder
    if not WEB.is_dir():
        raise Absent(helpers.NO_SAMPLES)
    found = extract(web_support.PARSERS, [WEB / name], ["1", CODE])
    open_kinds = {"accounts", "uses", "notices"}
    if "webogram" in name:
        # Its truth names the draft only.
        open_kinds |= {"messages"}
    truth = list(_sample_truth(name))
    if SAMPLES[name][1] == "SQLite":
        # Whose a row was that is left in the database of a slot is not stored in it.
        truth = [_unowned(item) for item in truth]
    return Known(
        truth,
        list(_found(found)),
        frozenset(open_kinds),
        found.warnings,
    )


# Made profiles.


def _login(name: Any, state: str, user: int = built.USER) -> Record:
    kind = "sessions" if state == "current" else "earlier sessions"
    told = {"account_identifier": str(user), "session_data_center": 2}
    return Record(kind, (identifier(name),), told)


def _leveldb(is_table: bool, folder: Path) -> Known:
    """Two logins in Chromium's localStorage; the first one ended."""
    files = profile.local_storage(built.TWO_LOGINS, is_table=is_table)
    built.local(folder, files)
    found = extract(web_support.PARSERS, [folder])
    truth = [_login(1, "removed"), _login(2, "current")]
    return Known(truth, list(_found(found)), frozenset(), found.warnings)


def _several(folder: Path) -> Known:
    """Profiles of several browsers on one computer."""
    paths = (
        built.CHROME,
        "home/olga/.config/google-chrome/Default",
        "home/olga/.config/opera",
        "home/olga/.config/microsoft-edge/Default",
        "home/olga/.config/BraveSoftware/Brave-Browser/Default",
    )
    truth = []
    for number, path in enumerate(paths):
        commits = [Commit(LOGIN * SECOND, {"account1": built.a_account(f"p{number}")})]
        built.local(folder, profile.local_storage(commits), path)
        truth.append(_login(f"p{number}", "current"))
    found = extract(web_support.PARSERS, [folder])
    return Known(truth, list(_found(found)), frozenset(), found.warnings)


def _crashed(is_chromium: bool, folder: Path) -> Known:
    """Browser storage in SQLite with a log that was not written back."""
    new = stores.new_chromium if is_chromium else stores.new_firefox
    put = stores.put_chromium if is_chromium else stores.put_firefox
    path = folder / "work" / "db"
    place = (
        f"{stores.CHROME}/LocalStorage"
        if is_chromium
        else f"{stores.FIREFOX}/storage/default/{stores.TELEGRAM}/ls/data.sqlite"
    )
    connection = new(path)
    put(connection, "account1", stores.a_account("file"))
    put(connection, "account2", stores.a_account("goes", stores.OTHER))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    put(connection, "account1", stores.a_account("frame"))
    if is_chromium:
        name: Any = profile.web_string("account2")
        connection.execute("DELETE FROM map_entries WHERE key = ?", (name,))
    else:
        connection.execute("DELETE FROM data WHERE key = 'account2'")
    put(connection, "account1", stores.a_account("log"))
    stores.crash(connection, path, folder / "case" / place)
    found = extract(web_support.PARSERS, [folder / "case"])
    truth = [
        _login("log", "current"),
        _login("file", "overwritten"),
        _login("frame", "overwritten"),
        _login("goes", "removed", stores.OTHER),
    ]
    return Known(truth, list(_found(found)), frozenset(), found.warnings)


def _safari(folder: Path) -> Known:
    """Safari before and after the change of its folders."""
    base = "Users/olga/Library"
    stores.safari(
        folder,
        f"{base}/Safari/LocalStorage/https_web.telegram.org_0.localstorage",
        [stores.ITEM_TABLE, stores.item("old")],
    )
    data = f"{base}/Containers/com.apple.Safari/Data/Library/WebKit/WebsiteData/Default"
    path = stores.safari(
        folder,
        f"{data}/ab/ab/LocalStorage/localstorage.sqlite3",
        [stores.ITEM_TABLE, stores.item("new")],
    )
    origin = b"\x05\0\0\0\x01https\x10\0\0\0\x01web.telegram.org"
    path.parents[1].joinpath("origin").write_bytes(origin)
    found = extract(web_support.PARSERS, [folder])
    truth = [_login("old", "current"), _login("new", "current")]
    return Known(truth, list(_found(found)), frozenset(), found.warnings)


def sources() -> Iterator[Source]:
    """All sources of Telegram Web."""
    for name, (browser, storage, client) in SAMPLES.items():
        yield Source(
            f"web {name}",
            f"{browser} ({storage})",
            f"Telegram {client}",
            plain(browser.split()[-1]),
            REAL,
            functools.partial(_sample, name),
            note=_GONE if storage == "SQLite" else "",
        )
    chromium = "Chromium (LevelDB)"
    for is_table in (False, True):
        kind = "table" if is_table else "log"
        yield Source(
            f"web builder leveldb {kind}",
            chromium,
            "Telegram Web A",
            f"LevelDB {kind}",
            BUILT,
            functools.partial(_leveldb, is_table),
            is_quick=is_table,
        )
    yield Source(
        "web builder browsers",
        "Chrome, Edge, Brave, Opera (LevelDB)",
        "Telegram Web A",
        "five profiles",
        BUILT,
        _several,
    )
    for is_chromium, browser in ((True, "Chromium"), (False, "Firefox")):
        yield Source(
            f"web builder sqlite {browser}",
            f"{browser} (SQLite)",
            "Telegram Web A",
            "localStorage, write-ahead log",
            BUILT,
            functools.partial(_crashed, is_chromium),
        )
    yield Source(
        "web builder safari",
        "Safari (SQLite)",
        "Telegram Web A",
        "before and after 2022",
        BUILT,
        _safari,
    )
