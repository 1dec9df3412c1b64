"""Compares the reader of tdata folders with other people's programs.

opentele-ng (module opentele) and opentele2 read and write tdata folders on their own:
what they write, ours must read, and what our builder writes, they must read. They work
without network; the client class is replaced by the attributes that they ask of it.
opentele2 writes the key file of 7.3.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import types
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata

Sessions = dict[int, tuple[int, str]]


def read_with_product(folder: Path, passcode: str) -> Sessions:
    """Reads a folder with our reader.

    Returns:
        User id -> data center and id of the key of that data center.
    """
    storage = pytest.importorskip("telegram_forensics.formats.tdesktop_storage")
    from telegram_forensics.formats.tdesktop_folder import LocalFolder
    from telegram_forensics.formats.tdesktop_passcodes import make_passcodes

    candidates = make_passcodes([passcode] if passcode else [])
    found = {}
    for account in storage.TdataStorage(LocalFolder(folder), candidates).accounts:
        authorization = account.authorization
        if authorization and authorization.user_id:
            found[authorization.user_id] = (
                authorization.main_data_center,
                authorization.session_identifier,
            )
    return found


@dataclasses.dataclass(frozen=True)
class Login:
    """An account that the peer is to write."""

    user_id: int
    data_center: int
    auth_key: bytes


LOGINS = [
    Login(715203344, 2, tdata.made_up_key("peer 1")),
    Login(8123456701, 4, tdata.made_up_key("peer 2")),
    Login(98127736, 5, tdata.made_up_key("peer 3")),
]
PASSCODE = "Harbor*9 ключ"


def truth(logins: list[Login]) -> Sessions:
    """Gives what must be read from a folder with these accounts."""
    return {
        login.user_id: (login.data_center, tdata.session_identifier(login.auth_key))
        for login in logins
    }


@pytest.fixture(name="peer", params=["opentele", "opentele2"])
def fixture_peer(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A peer's modules, cut off from the network."""
    # Not ours: imported only when a test that needs it runs.
    pytest.importorskip(f"{request.param}.td")

    def refuse(*_: Any) -> None:
        raise AssertionError("the peer wants to use the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    api = importlib.import_module(f"{request.param}.api")
    td = importlib.import_module(f"{request.param}.td")
    monkeypatch.setattr(td.TDesktop, "kPerformanceMode", False)
    return types.SimpleNamespace(
        name=request.param,
        TDesktop=td.TDesktop,
        Account=td.Account,
        UseCurrentSession=api.UseCurrentSession,
    )


def write_with_peer(
    peer: Any, folder: Path, logins: list[Login], passcode: str
) -> None:
    """Writes a folder with a peer."""

    def client(login: Login) -> types.SimpleNamespace:
        key = types.SimpleNamespace(key=login.auth_key)
        session = types.SimpleNamespace(dc_id=login.data_center, auth_key=key)
        return types.SimpleNamespace(UserId=login.user_id, session=session)

    async def write() -> None:
        program = None
        for login in logins:
            if program is None:
                program = await peer.TDesktop.FromTelethon(
                    client(login), flag=peer.UseCurrentSession
                )
            else:
                await peer.Account.FromTelethon(
                    client(login), flag=peer.UseCurrentSession, owner=program
                )
        assert program is not None
        program.SaveTData(str(folder), passcode=passcode or None)

    asyncio.run(write())


def read_with_peer(peer: Any, folder: Path, passcode: str) -> Sessions:
    """Reads a folder with a peer."""
    program = peer.TDesktop(str(folder), passcode=passcode)
    return {
        int(account.UserId): (
            int(account.MainDcId),
            tdata.session_identifier(account.authKey.key),
        )
        for account in program.accounts
    }


@pytest.mark.parametrize("passcode", ["", PASSCODE], ids=["open", "passcode"])
@pytest.mark.parametrize("count", [1, 3])
def test_reads_what_the_peer_wrote(
    peer: Any, tmp_path: Path, count: int, passcode: str
) -> None:
    folder = tmp_path / "tdata"
    write_with_peer(peer, folder, LOGINS[:count], passcode)

    assert read_with_product(folder, passcode) == truth(LOGINS[:count])


def test_does_not_read_what_the_peer_wrote_with_another_passcode(
    peer: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "tdata"
    write_with_peer(peer, folder, LOGINS[:1], PASSCODE)

    assert read_with_product(folder, "") == {}
    assert read_with_product(folder, "another") == {}


def build(folder: Path, logins: list[Login], passcode: str, **options: Any) -> None:
    """Writes a folder with our builder, two keys for each account."""
    accounts = [
        tdata.BuiltAccount(
            index=index,
            user_id=login.user_id,
            main_dc=login.data_center,
            auth_keys={
                1: tdata.made_up_key(f"other {index}"),
                login.data_center: login.auth_key,
            },
            keys_to_destroy={3: tdata.made_up_key(f"destroy {index}")},
            first_name="Zoë",
            drafts=[(login.user_id, "unsent")],
        )
        for index, login in enumerate(logins)
    ]
    tdata.build_tdata(folder, accounts, passcode=passcode, **options)


@pytest.mark.parametrize("passcode", ["", PASSCODE], ids=["open", "passcode"])
@pytest.mark.parametrize("layout", ["modern", "seven_three"])
@pytest.mark.parametrize("count", [1, 3])
def test_peer_reads_what_the_builder_wrote(
    peer: Any, tmp_path: Path, count: int, layout: str, passcode: str
) -> None:
    if layout == "seven_three" and passcode and peer.name == "opentele":
        pytest.skip("opentele-ng does not know the key file of 7.3")
    folder = tmp_path / "tdata"
    build(folder, LOGINS[:count], passcode, layout=layout, active=count - 1)

    assert read_with_peer(peer, folder, passcode) == truth(LOGINS[:count])


@pytest.mark.parametrize("passcode", ["", PASSCODE], ids=["open", "passcode"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"suffix": "0"},
        {"suffix": "1", "version": 2007002},
        {"version": 6001002},
        {"layout": "seven_three"},
        {"layout": "seven_three", "kdf": "scrypt", "stale_passcode": "old"},
        {"layout": "legacy_map"},
        {"layout": "legacy_map", "version": 1008008},
        {"layout": "mtp_old_blocks"},
        {"layout": "mtp_old_blocks", "version": 7019},
    ],
    ids=lambda options: "-".join(map(str, options.values())) or "modern",
)
def test_reads_what_the_builder_wrote(
    tmp_path: Path, options: dict[str, Any], passcode: str
) -> None:
    folder = tmp_path / "tdata"
    layout = options.get("layout", "modern")
    logins = LOGINS if layout in ("modern", "seven_three") else LOGINS[:1]
    build(folder, logins, passcode, **options)

    assert read_with_product(folder, passcode) == truth(logins)
