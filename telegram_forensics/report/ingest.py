"""Turns event data of .plaso files into the records of the attribution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from telegram_forensics.attribution import records, remote_sessions
from telegram_forensics.attribution.records import Evidence, Grade, Place
from telegram_forensics.report import device_use, file_traces, logs, sims, stock
from telegram_forensics.report.file_traces import FileTraceCollector, JournalSpans
from telegram_forensics.report.logs import LogCollector
from telegram_forensics.report.remote import RemoteCollector
from telegram_forensics.report.selection import is_selected
from telegram_forensics.report.sources import SourceTable
from telegram_forensics.report.storage import PlasoStorage, Row
from telegram_forensics.report.stores import store_of

# What each basis of attribution is worth, see docs/event_data.md. The exports are
# editable files whatever they repeat.
_GRADES_OF_SESSIONS: Final = {
    "export_sessions_list": Grade.C,
    "export_web_sessions_list": Grade.C,
    "tdata_unreviewed_authorization": Grade.B,
    "android_unconfirmed_auth": Grade.B,
    "tdlib_new_authorizations": Grade.B,
    "apple_session_review": Grade.B,
    "debug_log": Grade.B,
    "debug_log_bound_key": Grade.B,
}
# Records that are the key itself; others mention its id.
_KEY_BASES: Final = (
    "apple_account_record",
    "apple_keychain",
    "apple_shared_data",
    "library_session_file",
    "tdata_authorization",
    "tdlib_binlog",
    "tgnet_perm_key",
)
_OLD_STATES: Final = frozenset({"overwritten", "recovered", "removed", "unused_slot"})
_TRACE_TABLES: Final = frozenset({"randoms", "randoms_v2"})
# The two caches of a login are made at once; a clearing later parts them.
_CACHE_TOLERANCE: Final = 60.0

Progress = Callable[[str, int, int], None]


class Ingest:
    """Collects the evidence of a case.

    Attributes:
        evidence: what was collected.
    """

    def __init__(self) -> None:
        self.evidence = Evidence()
        self._cache_times: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        self._logins: dict[tuple[str, str], float] = {}
        self._logs = LogCollector()
        self._files = FileTraceCollector()
        self._sources = SourceTable()
        self._remote = RemoteCollector()
        self._local: list[tuple[Any, str, int, str]] = []

    def add(self, storage: PlasoStorage, progress: Progress | None = None) -> None:
        """Adds a storage file.

        Raises:
            StorageError: if it is damaged.
        """
        info = storage.info
        self.evidence.inputs.append((info.name, info.sha256))
        for image, values in info.systems.items():
            self.evidence.images.setdefault(image, {}).update(values)

        def report(done: int, total: int) -> None:
            if progress:
                progress(info.name, done, total)

        self._local = []
        spans = JournalSpans()

        def selects(data_type: str, record: bytes) -> bool:
            if data_type == file_traces.JOURNAL:
                spans.note(record)
            return is_selected(data_type, record)

        images = set(info.systems)
        for row in storage.rows(selects, report):
            images.add(row.location.image)
            self.add_row(row)
        for journal in spans.records(storage.locate):
            images.add(journal.place.image)
            self._sources.add_journal(journal)
            self.evidence.journals.append(journal)
        self._sources.add_run(info, images)
        self.evidence.runs += storage.read_runs()
        self.evidence.warnings += storage.read_warnings()
        if info.damaged_rows:
            self.evidence.problems.append(
                f"{info.name}: {len(info.damaged_rows)} records cannot be decoded, the "
                f"first is row {info.damaged_rows[0]} of event_data"
            )
        times = storage.local_times({number for _, _, number, _ in self._local})
        self.set_local_times(times)

    def add_row(self, row: Row) -> None:
        """Adds one row of event data; others than those wanted are left alone."""
        self._sources.add_row(row)
        self.evidence.images.setdefault(row.location.image, {})
        method = _METHODS.get(row.values["data_type"])
        if method is not None:
            method(self, row)

    def set_local_times(self, times: dict[tuple[int, str], float]) -> None:
        """Sets times that are stored as local time, from the events made of them.

        Args:
            times: seconds since 1970 UTC by row and description of the time.
        """
        for record, name, number, description in self._local:
            value = times.get((number, description))
            if value is not None:
                setattr(record, name, value)
        self._local = []

    def finish(self) -> Evidence:
        """Joins what stands in different events, once all files are added."""
        for session in self.evidence.sessions:
            if session.key is None or session.created is not None:
                continue
            found = self._cache_times.get((session.key, session.store or ""))
            if found and len(found) == 2:
                first, second = sorted(found.values())
                if second - first <= _CACHE_TOLERANCE:
                    session.created = first
        self.evidence.sources = self._sources.records()
        self.evidence.files += self._files.files()
        self.evidence.names += self._files.names()
        self.evidence.devices += self._files.devices()
        sessions, presence = self._logs.assemble()
        self.evidence.remote = remote_sessions.merge(self._remote.sessions + sessions)
        self.evidence.presence += presence
        for balance in self.evidence.balances:
            if balance.since is None:
                balance.since = self._logins.get(
                    (balance.place.image, balance.store or "")
                )
        return self.evidence

    @staticmethod
    def place(row: Row) -> Place:
        """Place of a row: what a finding refers to."""
        values = row.values
        parts = [
            str(values[name])
            for name in ("record_table", "row_identifier")
            if values.get(name)
        ]
        if not parts and values.get("record_offset") is not None:
            parts = [f"offset {values['record_offset']}"]
        if not parts and values.get("message_identifier"):
            parts = [f"message {values['message_identifier']}"]
        if not parts and values.get("account_slot") is not None:
            parts = [f"slot {values['account_slot']}"]
        location = row.location
        return Place(
            location.image, location.path, location.snapshot, " ".join(parts) or None
        )

    def _store(self, row: Row) -> str:
        profile = row.values.get("browser_profile")
        if profile:
            # Storage of one origin in one profile, in whatever files.
            return f"{profile} ({row.values.get('web_origin')})"
        return store_of(row.location, row.values.get("account_slot"))

    def _later(self, record: Any, name: str, row: Row, description: str) -> None:
        """A time that is local: plaso's event has it in UTC."""
        if getattr(record, name) is None:
            self._local.append((record, name, row.number, description))

    def _account(self, row: Row) -> None:
        get = row.values.get
        self.evidence.accounts.append(
            records.AccountRecord(
                self.place(row),
                get("account_identifier"),
                get("account_name"),
                get("account_phone"),
                get("account_username"),
                get("passcode_state"),
                get("two_step_state"),
                get("client_name"),
                get("installation_identifier"),
                get("passcodes_tried"),
                get("passcode_kdf"),
            )
        )

    def _session(self, row: Row) -> None:
        get = row.values.get
        state = get("record_state")
        basis = str(get("attribution_basis") or "")
        is_other = get("authorization_hash") is not None
        session = records.SessionRecord(
            self.place(row),
            get("account_identifier"),
            key=None if is_other else get("session_identifier"),
            hash=get("authorization_hash"),
            data_center=get("session_data_center"),
            grade=_GRADES_OF_SESSIONS.get(basis, Grade.A),
            basis=basis or None,
            store=self._store(row),
            installation=get("installation_identifier"),
            client_name=get("login_client_name") if is_other else get("client_name"),
            client_version=get("client_version"),
            device_model=get("login_device_model") if is_other else get("device_model"),
            device_platform=get("device_platform"),
            created=get("created_time"),
            last_active=get("last_active_time"),
            ended=get("ended_time"),
            ip_address=get("ip_address") or get("login_ip_address"),
            country=get("country") or get("login_location"),
            is_current=state not in _OLD_STATES,
            holds_key=basis.startswith(_KEY_BASES),
            state=state,
        )
        if "/shared_prefs/" in row.location.path and session.created is not None:
            # The login of an Android slot, whose traces stand in the database.
            key = (row.location.image, session.store or "")
            self._logins[key] = session.created
        if session.key is None and session.hash is None and not is_other:
            # A slot without a login: its key, if any, is no session.
            if session.created is None and session.last_active is None:
                return
            if session.grade is Grade.A:
                return
        self.evidence.sessions.append(session)

    def _message(self, row: Row) -> None:
        get = row.values.get
        message = records.MessageRecord(
            self.place(row),
            get("account_identifier"),
            get("chat_identifier"),
            get("chat_type"),
            get("message_identifier"),
            get("sent_time"),
            get("is_outgoing"),
            text=get("text"),
            session=get("session_identifier"),
            edited=get("edited_time"),
            origin=get("origin"),
            confidence=get("origin_confidence"),
            basis=get("origin_basis"),
            service_action=get("service_action"),
            media_type=get("media_type"),
            state=get("record_state"),
            is_recovered=bool(get("recovery_method")),
            client_name=get("client_name"),
            store=self._store(row),
        )
        if get("scheduled_time") is not None:
            # It was not sent when the record was written.
            return
        self._later(message, "sent", row, "Sent Time")
        self.evidence.messages.append(message)

    def _chat(self, row: Row) -> None:
        get = row.values.get
        if get("record_table") in _TRACE_TABLES and get("chat_identifier"):
            self.evidence.balances.append(
                records.BalanceRecord(
                    self.place(row),
                    get("account_identifier"),
                    get("session_identifier"),
                    get("chat_identifier"),
                    get("chat_type"),
                    int(get("number_of_outgoing") or 0),
                    get("number_of_local_traces"),
                    int(get("number_of_lost_messages") or 0),
                    client_name=get("client_name"),
                    store=self._store(row),
                )
            )
        elif get("chat_type") == "secret" and get("record_table") == "enc_chats":
            details = str(get("chat_details") or "")
            self.evidence.secret_chats.append(
                records.SecretChatRecord(
                    self.place(row),
                    get("account_identifier"),
                    get("chat_identifier"),
                    get("peer_identifier"),
                    "key is stored" in details,
                    get("created_time"),
                    self._store(row),
                )
            )

    def _notice(self, row: Row) -> None:
        get = row.values.get
        if get("record_state") or get("recovery_method"):
            return
        notice = records.NoticeRecord(
            self.place(row),
            get("account_identifier"),
            str(get("notice_type") or "other"),
            get("sent_time"),
            text=get("text"),
            device=get("login_device_model"),
            client=get("login_client_name"),
            ip_address=get("login_ip_address"),
            location=get("login_location"),
            reported=get("reported_time"),
            identifier=get("message_identifier"),
            session=get("session_identifier"),
        )
        self._later(notice, "sent", row, "Sent Time")
        self.evidence.notices.append(notice)

    def _export(self, row: Row) -> None:
        get = row.values.get
        self.evidence.exports.append(
            records.ExportRecord(
                self.place(row),
                get("account_identifier"),
                get("written_time"),
                get("export_path"),
            )
        )

    def _cache(self, row: Row) -> None:
        get = row.values.get
        event = get("cache_event")
        if event == "created" and get("session_identifier"):
            created, database = get("cache_created_time"), get("cache_database")
            if created is not None and row.location.snapshot is None:
                key = (str(get("session_identifier")), self._store(row))
                known = self._cache_times[key].get(str(database))
                # The first generation is that of the login.
                if known is None or created < known:
                    self._cache_times[key][str(database)] = created
        elif event == "clock_set_back":
            self.evidence.clocks.append(
                records.ClockRecord(
                    self.place(row),
                    get("access_time") or get("stored_time"),
                    words="The computer's clock was set back while the client ran.",
                )
            )

    def _log(self, row: Row) -> None:
        get = row.values.get
        if get("log_event") != "started":
            return
        time = get("recorded_time")
        record = records.PresenceRecord(
            self.place(row), "client_running", time or 0.0, words="client started"
        )
        if time is None:
            record.start = None  # type: ignore[assignment]
            self._later(record, "start", row, "Recorded Time")
        self.evidence.presence.append(record)

    def _remote_session(self, row: Row) -> None:
        self._remote.add_session(row, self.place(row), self._later)

    def _stock_teamviewer(self, row: Row) -> None:
        self._remote.add_stock_teamviewer(row, self.place(row))

    def _event_log(self, row: Row) -> None:
        self._logs.add_event_log(row, self.place(row))

    def _terminal(self, row: Row) -> None:
        self._logs.add_terminal(row, self.place(row))

    def _line(self, row: Row) -> None:
        self._logs.add_line(row, self.place(row), self._later)

    def _file(self, row: Row) -> None:
        self._files.add_row(row, self.place(row))

    def _sim(self, row: Row) -> None:
        sim = sims.read(self.place(row), row.values)
        if sim is not None:
            self.evidence.sims.append(sim)

    def _stock(self, row: Row) -> None:
        is_own = row.values["data_type"] in device_use.DATA_TYPES
        read = device_use.read if is_own else stock.read
        for record in read(self.place(row), row.values):
            if isinstance(record, records.NoticeRecord):
                self.evidence.notices.append(record)
            else:
                self.evidence.presence.append(record)


_METHODS: Final[dict[str, Callable[[Ingest, Row], None]]] = {
    "telegram:account": Ingest._account,
    "telegram:session": Ingest._session,
    "telegram:message": Ingest._message,
    "telegram:chat": Ingest._chat,
    "telegram:notice": Ingest._notice,
    "telegram:export": Ingest._export,
    "telegram:cache": Ingest._cache,
    "telegram:log": Ingest._log,
    "remote_access:session": Ingest._remote_session,
    "teamviewer:connections_incoming:entry": Ingest._stock_teamviewer,
    logs.EVENT_LOG: Ingest._event_log,
    **dict.fromkeys(logs.LINES, Ingest._line),
    **dict.fromkeys(logs.TERMINALS, Ingest._terminal),
    **dict.fromkeys(file_traces.DATA_TYPES, Ingest._file),
    **dict.fromkeys(sims.DATA_TYPES, Ingest._sim),
    **dict.fromkeys(stock.DATA_TYPES | device_use.DATA_TYPES, Ingest._stock),
}


def collect(paths: Iterable[Any], progress: Progress | None = None) -> Evidence:
    """Collects the evidence of several .plaso files.

    Raises:
        StorageError: if a file cannot be read.
    """
    ingest = Ingest()
    for path in sorted(paths, key=str):
        storage = PlasoStorage(path)
        try:
            ingest.add(storage, progress)
        finally:
            storage.close()
    return ingest.finish()
