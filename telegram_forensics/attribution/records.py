"""Plain records that the ledger and the rules work on.

They are what events of any source say, with a reference to where it stands. Times are
seconds since 1970-01-01 UTC (float, microseconds kept), None where the source has none.
Identifiers are strings as in docs/event_data.md.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Grade(str, enum.Enum):
    """How much a piece of evidence carries.

    A: key material or a stored trace in the seized data. B: recorded by Telegram's
    server and stored by a client. C: asserted by a client, or in an editable file.
    """

    A = "A"
    B = "B"
    C = "C"


class SourceState(str, enum.Enum):
    """What became of a source. There is no mere "not found"."""

    PARSED = "parsed"
    LOCKED = "locked"
    UNPARSABLE = "unparsable"
    ABSENT = "absent"
    NOT_COLLECTED = "not_collected"
    PARSER_NOT_RUN = "parser_not_run"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands.

    Attributes:
        image: name of the image or source.
        path: location in it.
        snapshot: shadow copy, such as `vss1`; None for the live file system.
        record: table and row, offset, or what else tells the record from others.
    """

    image: str
    path: str
    snapshot: str | None = None
    record: str | None = None

    @property
    def store(self) -> tuple[str, str]:
        """The live store that the record belongs to, without snapshot and record."""
        return self.image, self.path

    def __str__(self) -> str:
        words = f"{self.image}: {self.path}"
        if self.snapshot:
            words += f" ({self.snapshot})"
        return f"{words} [{self.record}]" if self.record else words


@dataclass(slots=True)
class AccountRecord:
    """An account that a client's storage knows."""

    place: Place
    identifier: str | None
    name: str | None = None
    phone: str | None = None
    username: str | None = None
    passcode_state: str | None = None
    two_step_state: str | None = None
    client_name: str | None = None
    installation: str | None = None
    passcodes_tried: int | None = None
    passcode_kdf: str | None = None


@dataclass(slots=True)
class SessionRecord:
    """What one source says of one session.

    Attributes:
        place: where.
        account: user id of the owner.
        key: session identifier (authorization key id), None on records that describe
            a session by other words.
        hash: the server's hash of the authorization, never joined to key ids.
        grade: of this record.
        basis: code of the stored fact.
        store: identifies the data set that the record was found in (folder of the
            profile, application's folder), so that copies can be told from one store's
            several files.
        installation: identifier that the client gave itself.
        is_current: False for records of older states (overwritten, removed).
        holds_key: the record is the key material itself, not a mention of the key.
    """

    place: Place
    account: str | None
    key: str | None = None
    hash: str | None = None
    data_center: int | None = None
    grade: Grade = Grade.A
    basis: str | None = None
    store: str | None = None
    installation: str | None = None
    client_name: str | None = None
    client_version: str | None = None
    device_model: str | None = None
    device_platform: str | None = None
    created: float | None = None
    last_active: float | None = None
    ended: float | None = None
    ip_address: str | None = None
    country: str | None = None
    is_current: bool = True
    holds_key: bool = True
    state: str | None = None


@dataclass(slots=True)
class MessageRecord:
    """A message as one source has it.

    Attributes:
        session: key of the session in whose storage it was found; never the sender's.
        origin, confidence, basis: as in docs/event_data.md.
        state: `overwritten`, `removed` or None for a row that counts.
    """

    place: Place
    account: str | None
    chat: str | None
    chat_type: str | None
    identifier: str | None
    sent: float | None
    is_outgoing: bool | None
    text: str | None = None
    session: str | None = None
    edited: float | None = None
    origin: str | None = None
    confidence: str | None = None
    basis: str | None = None
    service_action: str | None = None
    media_type: str | None = None
    state: str | None = None
    is_recovered: bool = False
    client_name: str | None = None
    store: str | None = None

    @property
    def key(self) -> tuple[str | None, str | None, str | None, str | None]:
        """Account, chat, type and message id: what copies of one message share."""
        return self.account, self.chat, self.chat_type, self.identifier


@dataclass(slots=True)
class BalanceRecord:
    """How many messages a data set sent in a chat, and how many traces it has of them.

    Attributes:
        outgoing: stored outgoing messages since the login, without service actions,
            calls and automatic messages.
        traces: local send traces, None where they do not name their chat.
        lost: traces whose message is gone.
        since: login of the data set; None: not known, no balance can be drawn.
    """

    place: Place
    account: str | None
    session: str | None
    chat: str | None
    chat_type: str | None
    outgoing: int
    traces: int | None
    lost: int = 0
    since: float | None = None
    client_name: str | None = None
    store: str | None = None


@dataclass(slots=True)
class NoticeRecord:
    """A message of Telegram's own account, or its structured twin."""

    place: Place
    account: str | None
    kind: str
    sent: float | None
    text: str | None = None
    device: str | None = None
    client: str | None = None
    ip_address: str | None = None
    location: str | None = None
    reported: float | None = None
    identifier: str | None = None
    session: str | None = None


@dataclass(slots=True)
class RemoteSession:
    """A remote control session of a computer.

    Attributes:
        image: computer that was controlled, or that controlled (`direction`).
        has_input: False for view only and file transfer, None if not known.
        precision: seconds by which a time can be wrong.
    """

    place: Place
    tool: str
    direction: str
    start: float | None
    end: float | None
    identifier: str | None = None
    remote_identifier: str | None = None
    remote_name: str | None = None
    remote_address: str | None = None
    local_account: str | None = None
    session_type: str | None = None
    authentication: str | None = None
    success: bool | None = None
    has_input: bool | None = None
    precision: float = 0.0


@dataclass(slots=True)
class PresenceRecord:
    """A sign of a client running, or of a person at a device.

    Attributes:
        kind: `client_running`, `unlock`, `consent`, `phone_activity`,
            `remote_program_run` (a program for remote control; no sign of the owner).
    """

    place: Place
    kind: str
    start: float
    end: float | None = None
    words: str = ""
    account: str | None = None


@dataclass(slots=True)
class ExportRecord:
    """A data export that was requested, allowed, made or found."""

    place: Place
    account: str | None
    made: float | None
    path: str | None = None


@dataclass(slots=True)
class SecretChatRecord:
    """A secret chat that a data set holds."""

    place: Place
    account: str | None
    chat: str | None
    peer: str | None
    has_key: bool | None
    created: float | None = None
    store: str | None = None


@dataclass(slots=True)
class ClockRecord:
    """The clock of a device was set back, or times are out of order."""

    place: Place
    time: float | None
    seconds: float | None = None
    words: str = ""


@dataclass(slots=True)
class SourceRecord:
    """A source that was looked for.

    Attributes:
        name: such as `telegram_desktop` or `teamviewer`.
        first, last: first and last time that it covers.
        gaps: times within that it does not cover.
    """

    name: str
    image: str
    state: SourceState
    first: float | None = None
    last: float | None = None
    gaps: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class FileTrace:
    """A file of a tdata folder, by a trace of the file system.

    Attributes:
        folder: the tdata folder, as far as it is known: path, or name and file
            reference.
        name: of the file.
        kind: `journal` (the change journal recorded its creation) or `times` (times
            that the file has).
        created, modified: as stored; of the journal only the first.
        entry_created: creation by $FILE_NAME, which programs cannot set; None if there
            is no such record.
        is_allocated: False for the entry of a deleted file.
    """

    place: Place
    folder: str
    name: str
    kind: str
    created: float | None
    modified: float | None = None
    entry_created: float | None = None
    is_allocated: bool = True


@dataclass(slots=True)
class NameTrace:
    """A name that tells of tdata: of an archive, or in a list of used items.

    Attributes:
        kind: `archive` or `folder`.
        name: of the archive, or path of the folder.
        words: what recorded it, and what happened.
    """

    place: Place
    kind: str
    name: str
    time: float | None
    words: str


@dataclass(slots=True)
class JournalRecord:
    """The time that a change journal of NTFS covers."""

    place: Place
    first: float
    last: float
    number: int


@dataclass(slots=True)
class StorageDevice:
    """A removable device or mount point, at a time that is recorded of it."""

    place: Place
    name: str
    time: float
    words: str


@dataclass(slots=True)
class SimRecord:
    """A SIM that a telephone knows, now or from before.

    Attributes:
        icc_id: number of the card, as stored.
        number: telephone number that it or the user gave.
        carrier, display_name: as stored.
        slot: in which it lies; None if the source has none, -1 for one not inserted.
        kind: of the card, as stored.
        last_used: the last use, where it is stored.
        state: `removed` or `overwritten` for rows that count no more.
    """

    place: Place
    icc_id: str | None
    number: str | None
    carrier: str | None = None
    display_name: str | None = None
    slot: int | None = None
    kind: str | None = None
    last_used: float | None = None
    state: str | None = None


@dataclass(slots=True)
class RunRecord:
    """A run of log2timeline.

    Attributes:
        input: storage file that it wrote to.
        product: name and version of the program.
        started, completed: times of its begin and end; without an end it did not
            finish, or was stopped.
        is_aborted: it was stopped.
        command_line: as it was given, without secrets.
        parsers: names of the parsers that were enabled.
    """

    input: str
    product: str
    started: float | None
    completed: float | None
    is_aborted: bool
    command_line: str
    parsers: list[str]


@dataclass(slots=True)
class WarningRecord:
    """What a parser, or the preparation of a run, complained of.

    Attributes:
        input: storage file that holds the warnings.
        parser: parser chain or name of the preprocessing plugin.
        number: how many there are.
        examples: the first of them, with where they are about.
    """

    input: str
    parser: str
    number: int
    examples: list[tuple[Place, str]] = field(default_factory=list)


@dataclass(slots=True)
class Evidence:
    """All records of a case.

    Attributes:
        images: names of the images, with what is known of each (operating system,
            host name, hashes).
        inputs: files that the records come from, with their SHA-256.
        problems: what of the inputs could not be read, in words.
        runs: how the inputs were made.
        warnings: what the parsers complained of.
    """

    images: dict[str, dict[str, str]] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    accounts: list[AccountRecord] = field(default_factory=list)
    sessions: list[SessionRecord] = field(default_factory=list)
    messages: list[MessageRecord] = field(default_factory=list)
    balances: list[BalanceRecord] = field(default_factory=list)
    notices: list[NoticeRecord] = field(default_factory=list)
    remote: list[RemoteSession] = field(default_factory=list)
    presence: list[PresenceRecord] = field(default_factory=list)
    exports: list[ExportRecord] = field(default_factory=list)
    secret_chats: list[SecretChatRecord] = field(default_factory=list)
    clocks: list[ClockRecord] = field(default_factory=list)
    files: list[FileTrace] = field(default_factory=list)
    names: list[NameTrace] = field(default_factory=list)
    journals: list[JournalRecord] = field(default_factory=list)
    devices: list[StorageDevice] = field(default_factory=list)
    sims: list[SimRecord] = field(default_factory=list)
    sources: list[SourceRecord] = field(default_factory=list)
    runs: list[RunRecord] = field(default_factory=list)
    warnings: list[WarningRecord] = field(default_factory=list)
