"""The history of localStorage: which web sessions there were, from when to when.

Specification: formats/telegram_web.md sections 3 and 5. The records are replayed commit
by commit; each state in between shows logins (`telegram_web_snapshot`). A login is the
same as long as its key is.

Clients other than Web K store no time of the login. It is the first commit that shows
the user with the key, and only where no earlier change is missing; else that commit is
the latest possible time. A key alone is no login: a client makes one before anybody
logs in.

Web K's own log-out of the only account leaves `number_of_accounts` behind and removes
`k_build`; its passcode leaves both (seen in the client's sources and in a sample).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats import telegram_web_snapshot as snapshots
from telegram_forensics.formats.telegram_web_snapshot import WebLogin
from telegram_forensics.formats.telegram_web_values import (
    WEB,
    WEB_K,
    WEBOGRAM,
    Source,
    StoredText,
    parse_json,
    read_identifier,
    read_key,
    read_milliseconds,
    read_number,
    read_seconds,
    read_text,
)

_DRAFT: Final = re.compile(r"(?:t_)?draft(-?[0-9]{1,19})")
_LOGIN_KEYS: Final = re.compile(
    r"(?:t_)?(?:account[1-9][0-9]?|user_auth|dc[1-5]_(?:auth_key|hash)|dc"
    r"|auth_key_fingerprint|GramJs:sessionId|tt-global-state)"
)
_SETTINGS: Final = frozenset(
    {
        *("k_build", "kz_version", "state_id", "number_of_accounts", "last_version"),
        *("server_time_offset", "tt-is-screen-locked", "i18n_locale", "max_seen_msg"),
        *("current_account", "previous_account", "layout_selected"),
    }
)
_OF_SEVERAL_ACCOUNTS: Final = frozenset(
    {"number_of_accounts", "current_account", "previous_account"}
)


@dataclass(slots=True)
class WebSession:
    """A login with its whole history in the storage.

    Attributes:
        login: what its last record says.
        slots: numbers of the account that it had in the client, in order.
        clients: clients whose records hold it, in order.
        first_seen: first commit with its key, microseconds since 1970 UTC.
        logged_in: first commit with its key and user, None if an earlier change is
            missing.
        last_commit: last commit that wrote its record.
        ended: commit that took it away; None while it is there, or if unknown.
        is_current: the last state of the storage holds it.
        is_locked: a passcode was set when its record was removed: that is no log-out;
            None if it may have been.
        key_remains: its key stayed behind when its record was removed.
        last_open: last time that a tab with the account was open.
    """

    login: WebLogin
    slots: list[int] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    first_seen: int | None = None
    logged_in: int | None = None
    last_commit: int | None = None
    ended: int | None = None
    is_current: bool = True
    is_locked: bool | None = False
    key_remains: bool = False
    last_open: int | None = None

    @property
    def created(self) -> int | None:
        """Login: as stored, or the commit that is known to be it."""
        if self.login.created is not None:
            return self.login.created
        return self.logged_in

    @property
    def created_basis(self) -> str | None:
        """What the time of the login rests on."""
        if self.login.created is not None:
            return "stored"
        return "first_commit" if self.created is not None else None


@dataclass(slots=True)
class WebTrace:
    """Something that the client did at a time.

    Attributes:
        kind: `client_open`, `login_reported` or `login_removed`.
        time: of it, microseconds since 1970 UTC.
        source: record that tells it.
        details: what else is known, in words.
        slot: number of the account in the client.
        user: user id of that account.
        key: session identifier of that account.
    """

    kind: str
    time: int | None
    source: Source
    details: str | None = None
    slot: int | None = None
    user: str | None = None
    key: str | None = None


@dataclass(slots=True)
class WebSetting:
    """An item that is worth a look."""

    name: str
    value: str
    source: Source


@dataclass(slots=True)
class WebDraft:
    """Unsent text that Webogram keeps."""

    peer: int
    text: str
    reply_to: str | None
    source: Source
    user: str | None = None
    key: str | None = None


@dataclass(slots=True)
class WebHistory:
    """What localStorage tells of one origin.

    Attributes:
        states: values of `tt-global-state` of old builds of Web Z, with their sources.
        unread: records of logins that are not what they should be, and why.
    """

    sessions: list[WebSession] = field(default_factory=list)
    traces: list[WebTrace] = field(default_factory=list)
    settings: list[WebSetting] = field(default_factory=list)
    drafts: list[WebDraft] = field(default_factory=list)
    states: list[tuple[str, str, Source]] = field(default_factory=list)
    unread: list[tuple[Source, str]] = field(default_factory=list)


def read_history(items: Iterable[StoredText]) -> WebHistory:
    """Reads the history of one origin.

    Args:
        items: its records, in the order of their sequences; all of them stay in memory.
    """
    return _Reader(list(items)).read()


class _Reader:
    def __init__(self, items: list[StoredText]) -> None:
        self._items = items
        self._history = WebHistory()
        self._sessions: dict[tuple[object, ...], WebSession] = {}
        self._state: dict[str, tuple[str, Source]] = {}
        self._removals: list[tuple[str, Source]] = []
        self._multiple = any(_is_of_several_accounts(item) for item in items)

    def read(self) -> WebHistory:
        logins: list[WebLogin] = []
        for commit in _commits(self._items):
            self._apply(commit)
            before = logins
            if any(_LOGIN_KEYS.fullmatch(item.key) for item in commit):
                logins = snapshots.find_logins(self._state, self._multiple)
                self._note_logins(logins, commit)
            self._note_events(commit, before, logins)
        self._finish()
        return self._history

    def _apply(self, commit: list[StoredText]) -> None:
        """Brings the state up to date."""
        for item in commit:
            if item.value is None:
                gone = self._state.pop(item.key, None)
                is_unknown = gone is None and not item.is_complete
                if is_unknown and _is_login_record(item.key):
                    self._removals.append((item.key, item.source))
            else:
                self._state[item.key] = (item.value, item.source)
                if _is_strange(item.key, item.value):
                    self._history.unread.append(
                        (item.source, f"{item.key} is not what it should be")
                    )

    def _note_logins(self, logins: list[WebLogin], commit: list[StoredText]) -> None:
        time = commit[0].source.time
        is_complete = all(item.is_complete for item in commit)
        seen = set()
        for login in logins:
            identity = login.identity
            session = self._sessions.get(identity)
            if session is not None and session.login.has_login and not login.has_login:
                # The login has gone, its key stays behind.
                session.key_remains = True
                continue
            seen.add(identity)
            if session is None:
                session = self._sessions[identity] = WebSession(login, first_seen=time)
                is_new = login.user is not None
            else:
                is_new = session.login.user is None and login.user is not None
                _update(session, login)
            if is_new and is_complete and login.has_login:
                session.logged_in = time
            session.ended = None
            session.is_locked = session.key_remains = False
            if login.source.time is not None:
                session.last_commit = login.source.time
            if login.slot is not None and session.slots[-1:] != [login.slot]:
                session.slots.append(login.slot)
            if login.client not in session.clients:
                session.clients.append(login.client)
        for identity, session in self._sessions.items():
            if identity not in seen and session.is_current:
                session.is_current = False
                session.is_locked = self._is_locked(logins, commit)
                session.ended = time if session.is_locked is False else None
            elif identity in seen:
                session.is_current = True

    def _is_locked(
        self, logins: list[WebLogin], commit: list[StoredText]
    ) -> bool | None:
        """Tells if records that are missing have moved to the store of a passcode."""
        locked = self._state.get("tt-is-screen-locked")
        if locked is not None and parse_json(locked[0]) is True:
            return True
        # Web K leaves the number of accounts in clear.
        item = self._state.get("number_of_accounts")
        number = read_number(parse_json(item[0])) if item is not None else None
        shown = sum(login.has_login for login in logins)
        if number is None or number <= shown:
            return False
        # So does its log-out of the only account, which removes this one; the page
        # that is loaded then writes it anew.
        if any(item.key.endswith("k_build") for item in commit):
            return False
        return True if "k_build" in self._state else None

    def _note_events(
        self, commit: list[StoredText], before: list[WebLogin], logins: list[WebLogin]
    ) -> None:
        for item in commit:
            if item.value is None:
                continue
            name = item.key.removeprefix(snapshots.TEST_PREFIX)
            if name == "xt_instance":
                self._note_open(item, before, logins)
            elif name == "tgme_sync":
                self._note_report(item, before, logins)
            elif name in _SETTINGS or name.startswith("tt-multitab"):
                value = parse_json(item.value)
                text = value if isinstance(value, str) else item.value
                self._history.settings.append(WebSetting(item.key, text, item.source))
            elif name.startswith("tt-global-state"):
                self._history.states.append((name, item.value, item.source))
            elif draft := _DRAFT.fullmatch(item.key):
                self._note_draft(item, int(draft[1]), logins)

    @staticmethod
    def _attribute(
        trace: WebTrace, before: list[WebLogin], logins: list[WebLogin]
    ) -> WebLogin | None:
        """Sets the login that a trace is of, if it can only be one.

        A state without times may hold a trace of a login that has gone since; and of a
        commit that puts another account into a slot it is not known on which side of
        that the trace stands.
        """
        login = _choose(logins, trace.slot)
        if login is None:
            return None
        other = _choose(before, trace.slot)
        if other is not None and other.identity != login.identity:
            return None
        if trace.source.time is None and not _is_since(trace, login):
            return None
        trace.user, trace.key = login.user, login.key
        return login

    def _note_open(
        self, item: StoredText, before: list[WebLogin], logins: list[WebLogin]
    ) -> None:
        value = parse_json(item.value)
        if not isinstance(value, dict):
            return
        time = read_milliseconds(value.get("time"))
        slot = read_number(value.get("accountNumber"))
        details = []
        if "idle" in value:
            details.append("idle" if value["idle"] else "not idle")
        tab = read_number(value.get("id"))
        if tab is not None:
            details.append(f"tab {tab}")
        trace = WebTrace("client_open", time, item.source, ", ".join(details), slot)
        login = self._attribute(trace, before, logins)
        if login is not None:
            session = self._sessions[login.identity]
            if time is not None and time > (session.last_open or 0):
                session.last_open = time
        self._history.traces.append(trace)

    def _note_report(
        self, item: StoredText, before: list[WebLogin], logins: list[WebLogin]
    ) -> None:
        value = parse_json(item.value)
        if not isinstance(value, dict):
            return
        is_in = value.get("canRedirect")
        details = None
        if isinstance(is_in, bool):
            details = "logged in" if is_in else "logged out"
        trace = WebTrace(
            "login_reported", read_seconds(value.get("ts")), item.source, details
        )
        if is_in is True:
            self._attribute(trace, before, logins)
        self._history.traces.append(trace)

    def _note_draft(self, item: StoredText, peer: int, logins: list[WebLogin]) -> None:
        value = parse_json(item.value)
        reply = None
        if isinstance(value, dict):
            reply = read_identifier(value.get("replyToMsgID"))
            value = value.get("text")
        text = read_text(value)
        if text is None:
            return
        draft = WebDraft(peer, text, reply, item.source)
        login = _choose(logins, None)
        # Its own log-out removes the drafts, that of the other clients does not.
        if login is not None and login.client == WEBOGRAM:
            draft.user, draft.key = login.user, login.key
        self._history.drafts.append(draft)

    def _finish(self) -> None:
        """Leaves out keys that are a login's; tells of removals of unknown records."""
        sessions = self._sessions.values()
        owned = {
            key
            for session in sessions
            if session.login.has_login and session.login.user is not None
            for key in session.login.keys.values()
        }
        # A login begins with a key of another data center where the account has moved.
        self._history.sessions = [
            session
            for session in sessions
            if (session.login.has_login and session.login.user is not None)
            or session.login.key is None
            or session.login.key not in owned
        ]
        self._history.sessions = [
            session
            for session in self._history.sessions
            if not _is_beginning(session, self._history.sessions)
        ]
        for key, source in self._removals:
            match = snapshots.ACCOUNT.fullmatch(key)
            self._history.traces.append(
                WebTrace(
                    "login_removed",
                    source.time,
                    source,
                    f"{key} was removed; what it held is not stored any more",
                    int(match[1]) if match else None,
                )
            )


def _is_since(trace: WebTrace, login: WebLogin) -> bool:
    """Tells if a login had its place already at the time of a trace.

    Only of account 1 it is stored when it was last changed: others may have been in
    another place.
    """
    if trace.time is None or login.created is None or login.slot not in (None, 1):
        return False
    if trace.slot != login.slot:
        return False
    if login.slot is not None and login.user_auth_date is None:
        return False
    return trace.time >= max(login.created, login.user_auth_date or 0)


def _is_beginning(session: WebSession, sessions: list[WebSession]) -> bool:
    """Tells if a session is another one before its key was written."""
    login = session.login
    if login.key is not None or session.ended is None:
        return False
    return any(
        other.login.key is not None
        and other.first_seen == session.ended
        and (other.login.user, other.login.data_center)
        == (login.user, login.data_center)
        for other in sessions
    )


def _update(session: WebSession, login: WebLogin) -> None:
    """What a later state says counts; what it does not say stays."""
    before = session.login
    login.keys = {**before.keys, **login.keys}
    login.created = login.created if login.created is not None else before.created
    login.user = login.user or before.user
    login.fingerprint = login.fingerprint or before.fingerprint
    login.first_name = login.first_name or before.first_name
    login.last_name = login.last_name or before.last_name
    login.phone = login.phone or before.phone
    if login.client in (WEB,) and before.client != WEB:
        login.client = before.client
    session.login = login


def _choose(logins: list[WebLogin], slot: int | None) -> WebLogin | None:
    """The login that a record without a key is about, None if it may be several's."""
    real = [login for login in logins if login.has_login]
    if slot is not None:
        real = [login for login in real if login.slot == slot] or [
            login for login in real if login.slot is None and slot == 1
        ]
    return real[0] if len(real) == 1 else None


def _commits(items: list[StoredText]) -> Iterator[list[StoredText]]:
    """Records of one commit together; without a mark each stands for itself."""
    commit: list[StoredText] = []
    for item in items:
        if commit and (item.commit is None or item.commit != commit[-1].commit):
            yield commit
            commit = []
        commit.append(item)
    if commit:
        yield commit


def _is_strange(key: str, text: str) -> bool:
    """Tells if a record of a login is none, as damage leaves it."""
    name = key.removeprefix(snapshots.TEST_PREFIX)
    if re.fullmatch(r"dc[1-5]_auth_key", name):
        return read_key(parse_json(text)) is None
    return _is_login_record(key) and isinstance(parse_json(text), str)


def _is_login_record(key: str) -> bool:
    name = key.removeprefix(snapshots.TEST_PREFIX)
    return name == snapshots.USER_AUTH or bool(snapshots.ACCOUNT.fullmatch(name))


def _is_of_several_accounts(item: StoredText) -> bool:
    """True for a record that only a Web K with several accounts writes."""
    name = item.key.removeprefix(snapshots.TEST_PREFIX)
    if name in _OF_SEVERAL_ACCOUNTS:
        return True
    match = snapshots.ACCOUNT.fullmatch(name)
    if match is None:
        return False
    if item.value is None:
        return True
    login = snapshots.read_account(int(match[1]), item.value, item.source)
    return login is not None and login.client == WEB_K
