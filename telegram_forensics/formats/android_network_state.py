"""What the network state of Telegram for Android says: data centers, keys, sessions.

Specification: formats/android.md section 8.1; read by `android_tgnet`. Keys and salts
are credentials: identifiers and periods are all that is kept of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

ADDRESS_FLAG_NAMES: Final = {
    1: "ipv6",
    2: "media_only",
    4: "obfuscated_only",
    8: "cdn",
    16: "static",
    2048: "temporary",
}


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a data center.

    Attributes:
        kind: `ipv4`, `ipv6`, `ipv4_download` or `ipv6_download`; `any` in the layouts
            before data center version 5, which have one list.
        address: as stored.
        port: TCP port.
        flags: see `ADDRESS_FLAG_NAMES`, None before version 7.
        has_secret: a proxy secret is stored with it (version 9 and later).
    """

    kind: str
    address: str
    port: int
    flags: int | None = None
    has_secret: bool = False


@dataclass(frozen=True, slots=True)
class Salt:
    """Period for which the server gave out a salt; the salt itself is not kept.

    Attributes:
        valid_since: Unix time (seconds, UTC, server's clock).
        valid_until: Unix time (seconds, UTC, server's clock).
    """

    valid_since: int
    valid_until: int


@dataclass(slots=True)
class Datacenter:
    """One data center and the identifiers of its keys (16 lower-case hex digits).

    Attributes:
        offset: byte offset of the record.
        version: layout of the record, 2 to 13.
        number: data center id.
        last_init_version: build of the client that last announced itself there, None
            before version 3.
        addresses: in stored order.
        is_cdn: None before version 6.
        permanent_key: identifier of the permanent key, None if there is none.
        temporary_keys: identifiers of the temporary keys, the one for media last.
        authorized: stored number, 1 if this data center is logged in; None if the
            record ends before it.
        salts: periods of the kept salts, in stored order.
        media_salts: the same for media (version 13).
    """

    offset: int
    version: int
    number: int = 0
    last_init_version: int | None = None
    addresses: list[Address] = field(default_factory=list)
    is_cdn: bool | None = None
    permanent_key: str | None = None
    temporary_keys: list[str] = field(default_factory=list)
    authorized: int | None = None
    salts: list[Salt] = field(default_factory=list)
    media_salts: list[Salt] = field(default_factory=list)


@dataclass(slots=True)
class NetworkState:
    """What `tgnet.dat` says. None: this version has no such field, or it ended before.

    Attributes:
        version: version of the configuration, None for the layout before 3.2.2.
        test_backend: connected to Telegram's test servers.
        client_blocked: as stored (version 3 and later).
        language_code: system language last announced (version 4 and later).
        current_datacenter: id of the home data center.
        time_difference: seconds, server's clock minus device's clock.
        last_datacenter_update: seconds of the device's uptime, **not a date**.
        push_session: random number of this installation and slot.
        registered_for_push: as stored (version 2 and later).
        last_server_time: Unix time (seconds, UTC) of the server (version 5).
        sessions_to_destroy: identifiers of transport sessions that the server shall
            forget, 16 lower-case hex digits. They name connections of a key; they are
            neither keys nor logins.
        datacenters: in stored order.
        is_complete: everything up to the end was read.
        problems: (byte offset, reason).
    """

    version: int | None = None
    test_backend: bool | None = None
    client_blocked: bool | None = None
    language_code: str | None = None
    current_datacenter: int | None = None
    time_difference: int | None = None
    last_datacenter_update: int | None = None
    push_session: int | None = None
    registered_for_push: bool | None = None
    last_server_time: int | None = None
    sessions_to_destroy: list[str] = field(default_factory=list)
    datacenters: list[Datacenter] = field(default_factory=list)
    is_complete: bool = False
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def home(self) -> Datacenter | None:
        """The home data center, None if the state does not list it."""
        for datacenter in self.datacenters:
            if datacenter.number == self.current_datacenter:
                return datacenter
        return None

    @property
    def is_authorized(self) -> bool:
        """True if the home data center is logged in and has a key."""
        home = self.home
        return (
            home is not None and home.authorized == 1 and home.permanent_key is not None
        )

    @property
    def session_identifier(self) -> str | None:
        """Identifier of the home data center's key if it is logged in.

        An account slot that nobody used has keys as well: they are no session.
        """
        home = self.home
        return home.permanent_key if home is not None and self.is_authorized else None

    @property
    def key_identifiers(self) -> list[str]:
        """Identifiers of all permanent keys, that of the home data center first."""
        home = self.home
        ordered = ([home] if home else []) + self.datacenters
        keys = [item.permanent_key for item in ordered if item.permanent_key]
        return list(dict.fromkeys(keys))

    @property
    def temporary_key_identifiers(self) -> list[str]:
        """Identifiers of all temporary keys, in stored order."""
        keys = [key for item in self.datacenters for key in item.temporary_keys]
        return list(dict.fromkeys(keys))

    @property
    def installation_identifier(self) -> str | None:
        """The push session as 16 hex digits, None if none is set."""
        if not self.push_session:
            return None
        return f"{self.push_session % (1 << 64):016x}"

    @property
    def oldest_salt(self) -> int | None:
        """Begin of the oldest kept salt of the home data center (Unix time, seconds).

        The client was connected shortly before or after it.
        """
        home = self.home
        times = [salt.valid_since for salt in home.salts] if home else []
        return min((time for time in times if time > 0), default=None)
