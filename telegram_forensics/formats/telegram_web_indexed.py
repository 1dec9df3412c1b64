"""IndexedDB of Telegram's web clients as a whole: caches, and what a passcode protects.

Specification: formats/telegram_web.md sections 3.3, 6 and 7. Sessions stand in
IndexedDB only in the first builds of Web Z (`keyval-store`) and, with a passcode, in
the encrypted stores. What is decrypted counts like the record that held it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from telegram_forensics.formats import telegram_web_a as web_a
from telegram_forensics.formats import telegram_web_k as web_k
from telegram_forensics.formats import telegram_web_passcode as passcodes_of
from telegram_forensics.formats import telegram_web_snapshot as snapshots
from telegram_forensics.formats.telegram_web_history import WebSession
from telegram_forensics.formats.telegram_web_snapshot import WebLogin
from telegram_forensics.formats.telegram_web_store import StoredValue, WebCache
from telegram_forensics.formats.telegram_web_values import (
    WEB_A,
    WEB_K,
    WEB_Z,
    Source,
    parse_json,
    read_data_center,
    read_identifier,
    read_key,
    read_key_hash,
)

A_DATABASE: Final = "tt-data"
A_PASSCODE: Final = "tt-passcode"
Z_DATABASE: Final = "keyval-store"
# Of CacheStorage; its cache of a passcode has the name of the later database.
CACHED_SESSIONS: Final = "GramJs"
_GRAMJS: Final = "GramJs:"
_K_LOCAL: Final = "localStorage"
_A_SESSION, _A_GLOBAL = "sessionEncrypted", "globalEncrypted"
_A3_SESSIONS, _A3_GLOBALS = "sessionsVault_", "globalsVault_"
SUFFIX: Final = "+passcode"
KEY_SUFFIX: Final = "+stored_key"
STORED_KEY: Final = "web_stored_key"


@dataclass(slots=True)
class WebLock:
    """Stores that a passcode protects.

    Attributes:
        client: name of the client.
        state: `set` (opened) or `locked`.
        tried: candidates that were tried.
        derivation: of the key, with its cost.
        source: record that tells of the passcode.
        basis: what opened the stores, or did not.
    """

    client: str
    state: str
    tried: int
    derivation: str
    source: Source
    basis: str = "web_passcode"


@dataclass(slots=True)
class IndexedResult:
    """What IndexedDB holds.

    Attributes:
        caches: of Web K and of Web A, as far as there are any.
        sessions: that stand in it.
        locks: passcodes.
        unread: what could not be read, with its record.
    """

    caches: list[WebCache] = field(default_factory=list)
    sessions: list[WebSession] = field(default_factory=list)
    locks: list[WebLock] = field(default_factory=list)
    unread: list[tuple[Source, str]] = field(default_factory=list)


class IndexedReader:
    """Reads records of IndexedDB of one origin.

    Attributes:
        result: what was read.
    """

    def __init__(
        self,
        passcodes: Sequence[bytes] = (b"",),
        progress: Callable[[], None] | None = None,
        keys: Sequence[bytes] = (),
    ) -> None:
        """Begins.

        Args:
            passcodes: candidates as UTF-8.
            progress: called before each trial.
            keys: of Web K's stores, which the client has put aside.
        """
        self._stored_keys = keys
        self.result = IndexedResult()
        self._passcodes = passcodes
        self._progress = progress
        self._k = web_k.KCache()
        self._a = web_a.ACache()
        self._has_k = self._has_a = False
        self._encrypted_k: list[StoredValue] = []
        self._k_passcodes: list[tuple[passcodes_of.KPasscode, Source | None]] = []
        self._encrypted_a: list[StoredValue] = []

    def add(self, value: StoredValue) -> None:
        """Adds a record; of deletes nothing is read."""
        if value.value is None:
            return
        if web_k.is_database(value.database):
            self._has_k = True
            if (value.store or "").endswith(web_k.ENCRYPTED):
                self._encrypted_k.append(value)
                return
            self._note_k_passcode(value, value.source)
            self._k.add(value)
        elif value.database == A_PASSCODE:
            self._encrypted_a.append(value)
        elif value.key.startswith(_GRAMJS):
            self._read_gramjs(value)
        else:
            slot = web_a.slot_of(value.key)
            if slot is not None:
                self._has_a = True
                self._a.add(slot, self._tree(value.value), value.source)

    def add_context(self, value: StoredValue) -> None:
        """Adds a record of another database: nothing but what opens stores here."""
        self._note_k_passcode(value, None)

    def _note_k_passcode(self, value: StoredValue, source: Source | None) -> None:
        """Keeps what a passcode is tested with; each is tested once."""
        if value.store != "session" or value.key != "passcode":
            return
        found = passcodes_of.read_k_passcode(value.value)
        if found is None:
            return
        for place, (other, before) in enumerate(self._k_passcodes):
            if other == found:
                if _is_better(source, before):
                    self._k_passcodes[place] = (found, source)
                return
        self._k_passcodes.append((found, source))

    def finish(self) -> IndexedResult:
        """Opens what passcodes protect, and gives what was read."""
        if self._k_passcodes or self._encrypted_k:
            self._open_k()
        if self._encrypted_a:
            self._open_a()
        if self._has_k:
            self.result.caches.append(self._k.finish())
        if self._has_a:
            self.result.caches.append(self._a.finish())
        return self.result

    @staticmethod
    def _tree(value: Any) -> Any:
        """The state; some builds store it as text."""
        return parse_json(value) if isinstance(value, str) else value

    def _candidates(self) -> Any:
        for passcode in self._passcodes:
            if self._progress is not None:
                self._progress()
            yield passcode

    def _lock(
        self, client: str, opened: tuple[bytes, int] | None, words: str, source: Source
    ) -> None:
        tried = len(self._passcodes) if opened is None else opened[1] + 1
        state = "locked" if opened is None else "set"
        self.result.locks.append(WebLock(client, state, tried, words, source))

    # Web Z.

    def _read_gramjs(self, value: StoredValue) -> None:
        name = value.key.removeprefix(_GRAMJS)
        created = snapshots.read_gramjs_name(name)
        record = self._tree(value.value)
        if not isinstance(record, dict):
            self.result.unread.append((value.source, f"session {name} is no JSON"))
            return
        login = self._read_session(record, WEB_Z, "web_z_session", value.source)
        login.created = created
        self._add_session(login)

    def _read_session(
        self, record: dict[str, Any], client: str, basis: str, source: Source
    ) -> WebLogin:
        """Reads `mainDcId` with `keys` and `hashes` by data center."""
        login = WebLogin(client, basis, source)
        login.data_center = read_data_center(record.get("mainDcId"))
        login.is_test = record.get("isTest") is True
        for name, read in (("hashes", read_key_hash), ("keys", read_key)):
            for number, item in _items(record.get(name)):
                data_center = read_data_center(number)
                data = item
                if isinstance(item, dict):
                    data = passcodes_of.read_bytes(item.get("data"))
                key = read(data)
                if data_center is not None and key is not None:
                    login.keys[data_center] = key
        if login.data_center is not None:
            login.key = login.keys.get(login.data_center)
        return login

    def _add_session(self, login: WebLogin) -> None:
        """Adds a session; of several records of one key the current one counts."""
        is_current = login.source.state == "current"
        session = WebSession(login, is_current=is_current, clients=[login.client])
        if login.slot is not None:
            session.slots.append(login.slot)
        for place, other in enumerate(self.result.sessions):
            if other.login.identity == login.identity:
                if is_current and not other.is_current:
                    self.result.sessions[place] = session
                return
        self.result.sessions.append(session)

    # Web K with a passcode.

    def _open_k(self) -> None:
        keys: list[bytes] = []
        for passcode, source in self._k_passcodes:
            opened = passcode.open(self._candidates())
            if source is not None:
                self._lock(WEB_K, opened, passcodes_of.K_DERIVATION, source)
            if opened is not None and opened[0] not in keys:
                keys.append(opened[0])
        stored = [key for key in self._stored_keys if self._fits(key)]
        if stored:
            for lock in self.result.locks:
                if lock.client == WEB_K and lock.state == "locked":
                    lock.state, lock.basis = "set", STORED_KEY
        if not self._k_passcodes and not stored:
            self.result.unread.append(
                (
                    self._encrypted_k[0].source,
                    "stores are encrypted, and the record that a passcode is tested "
                    "with is missing",
                )
            )
        for value in self._encrypted_k:
            data = passcodes_of.read_bytes(value.value)
            found, suffix = None, SUFFIX
            if data is not None:
                found = _decrypt_any(keys, data)
                if found is None:
                    found, suffix = _decrypt_any(stored, data), KEY_SUFFIX
            if found is None:
                if keys or stored:
                    self._cannot_decrypt(value)
                continue
            self._read_k_store(value, self._parse(value, found), suffix)

    def _fits(self, key: bytes) -> bool:
        """Tells if a key opens one of the stores."""
        return any(
            passcodes_of.decrypt(key, data) is not None
            for value in self._encrypted_k
            if (data := passcodes_of.read_bytes(value.value)) is not None
        )

    def _read_k_store(self, value: StoredValue, content: Any, suffix: str) -> None:
        if not isinstance(content, dict):
            return
        store = (value.store or "").removesuffix(web_k.ENCRYPTED)
        if store == _K_LOCAL:
            self._read_items(content, value.source, suffix)
            return
        for name, item in content.items():
            self._k.add(
                StoredValue(
                    value.database, store, name, item, value.source, value.order
                )
            )

    def _read_items(
        self, content: dict[str, Any], source: Source, suffix: str = SUFFIX
    ) -> None:
        """Items of localStorage that were moved into an encrypted store."""
        items = {name: (_to_text(item), source) for name, item in content.items()}
        for login in snapshots.find_logins(items, multiple=True):
            login.basis += suffix
            self._add_session(login)

    # Web A with a passcode.

    def _open_a(self) -> None:
        metas: list[tuple[passcodes_of.A3Meta, Source]] = []
        for value in self._encrypted_a:
            if value.key != "meta":
                continue
            meta = passcodes_of.read_a3_meta(value.value)
            if meta is None:
                continue
            places = [n for n, (other, _) in enumerate(metas) if other == meta]
            if not places:
                metas.append((meta, value.source))
            elif _is_better(value.source, metas[places[0]][1]):
                metas[places[0]] = (meta, value.source)
        for meta, source in metas:
            opened = meta.open(self._candidates())
            self._lock(WEB_A, opened, meta.derivation, source)
            if opened is not None:
                self._read_vaults(meta, opened[0])
        self._open_a_older()

    def _read_vaults(self, meta: passcodes_of.A3Meta, key: bytes) -> None:
        for value in self._encrypted_a:
            is_sessions = value.key == f"{_A3_SESSIONS}{meta.generation}"
            is_state = value.key.startswith(f"{_A3_GLOBALS}{meta.generation}_")
            data = passcodes_of.read_bytes(value.value)
            if data is None or not (is_sessions or is_state):
                continue
            found = meta.decrypt(key, value.key, data)
            if found is None:
                self._cannot_decrypt(value)
                continue
            content = self._parse(value, found)
            if is_sessions and isinstance(content, dict):
                self._read_items(content, value.source)
            elif is_state:
                slot = web_a.slot_of(f"tt-global-state_{value.key.rpartition('_')[2]}")
                self._has_a = True
                self._a.add(slot, content, value.source)

    def _open_a_older(self) -> None:
        contents = self._decrypt_a()
        users = set()
        for value, content in contents.get(_A_GLOBAL, []):
            if isinstance(content, dict):
                users.add(read_identifier(content.get("currentUserId")))
                self._has_a = True
                self._a.add(1, content, value.source)
        users.discard(None)
        for value, content in contents.get(_A_SESSION, []):
            if isinstance(content, dict):
                login = self._read_session(
                    content, WEB_A, f"web_a_session{SUFFIX}", value.source
                )
                login.slot = 1
                # Both stores are those of the first account.
                login.user = users.copy().pop() if len(users) == 1 else None
                self._add_session(login)

    def _decrypt_a(self) -> dict[str, list[tuple[StoredValue, Any]]]:
        """Decrypts the stores of Web A's older scheme; content by name of the store."""
        keys: list[bytes] = []
        contents: dict[str, list[tuple[StoredValue, Any]]] = {}
        closed: list[StoredValue] = []
        for value in self._encrypted_a:
            data = passcodes_of.read_bytes(value.value)
            if value.key not in (_A_SESSION, _A_GLOBAL) or data is None:
                continue
            found = _decrypt_any(keys, data)
            if found is None:
                opened = passcodes_of.open_a(data, self._candidates())
                if opened is None:
                    closed.append(value)
                    continue
                keys.append(opened[0])
                found = passcodes_of.decrypt(opened[0], data)
                self._lock(WEB_A, opened, passcodes_of.A_DERIVATION, value.source)
            if found is not None:
                content = self._parse(value, found)
                contents.setdefault(value.key, []).append((value, content))
        if closed and not keys:
            self._lock(WEB_A, None, passcodes_of.A_DERIVATION, closed[0].source)
        elif closed:
            for value in closed:
                self._cannot_decrypt(value)
        return contents

    def _parse(self, value: StoredValue, data: bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            self.result.unread.append(
                (value.source, f"{value.key} of {value.store}: decrypted, but no JSON")
            )
            return None

    def _cannot_decrypt(self, value: StoredValue) -> None:
        self.result.unread.append(
            (
                value.source,
                f"{value.key} of {value.store} in {value.database}: no key of a "
                "passcode that fits decrypts it",
            )
        )


def cached_value(
    cache: str | None, url: str, body: bytes, source: Source
) -> StoredValue | None:
    """A record that early builds kept in CacheStorage, as IndexedDB has it later.

    That the last part of the address names the record is UNCONFIRMED.

    Args:
        cache: name of the cache.
        url: address of the entry.
        body: its content.
        source: where it stands.

    Returns:
        The record, None if the entry is something else.
    """
    name = url.rpartition("/")[2]
    if cache == CACHED_SESSIONS and snapshots.read_gramjs_name(name) is not None:
        text = body.decode("utf-8", "replace")
        return StoredValue(Z_DATABASE, "keyval", f"{_GRAMJS}{name}", text, source)
    if cache == A_PASSCODE and name in (_A_SESSION, _A_GLOBAL):
        return StoredValue(A_PASSCODE, "store", name, body, source)
    return None


def _decrypt_any(keys: list[bytes], data: bytes) -> bytes | None:
    """Decrypts with the first key that fits."""
    for key in keys:
        found = passcodes_of.decrypt(key, data)
        if found is not None:
            return found
    return None


def _items(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else ()


def _to_text(item: Any) -> str:
    """An item as localStorage has it."""
    try:
        return item if isinstance(item, str) else json.dumps(item)
    except RecursionError:
        return ""


def _is_better(source: Source | None, before: Source | None) -> bool:
    """Tells if a record is the better one to name of two that say the same."""
    if source is None or before is None:
        return source is not None
    return source.state == "current" and before.state != "current"


def read_states(
    states: list[tuple[str, str, Source]],
) -> tuple[list[WebCache], list[tuple[Source, str]]]:
    """Reads `tt-global-state` that the first builds of Web Z keep in localStorage.

    Args:
        states: key, text and source of each version.

    Returns:
        Caches, and what could not be read.
    """
    reader = web_a.ACache(WEB_Z)
    unread = []
    found = False
    for key, text, source in states:
        value = parse_json(text)
        slot = web_a.slot_of(key)
        if isinstance(value, dict) and slot is not None:
            reader.add(slot, value, source)
            found = True
        else:
            unread.append((source, f"{key} is no JSON"))
    return ([reader.finish()] if found else []), unread
