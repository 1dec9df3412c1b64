"""Which rows describe the session of a key, and which cannot."""

from __future__ import annotations

import dataclasses

import pytest

from telegram_forensics.attribution.ledger import Ledger
from telegram_forensics.attribution.records import Evidence, Place, SessionRecord

FOLDER = "/home/ann/.tdlib"
OWN = SessionRecord(
    Place("office.E01", f"{FOLDER}/td.binlog"),
    "111222333",
    key="741970558c7b4c6a",
    created=1_795_301_301.0,
    client_name="TDLib application",
    basis="tdlib_binlog",
    store=FOLDER,
)
ROW = SessionRecord(
    Place("office.E01", f"{FOLDER}/td.binlog"),
    "111222333",
    hash="1234605616436508552",
    created=1_795_301_251.0,
    device_model="Windows 10",
    basis="tdlib_new_authorizations",
    store=FOLDER,
)


@pytest.mark.parametrize(
    "basis",
    [
        "tdlib_new_authorizations",
        "tdata_unreviewed_authorization",
        "android_unconfirmed_auth",
        "tdata_unreviewed_authorization+other_key_file",
    ],
)
def test_logins_from_elsewhere(basis: str) -> None:
    """What a storage lists as a login from elsewhere is never its own session."""
    row = dataclasses.replace(ROW, basis=basis)
    entries = Ledger(Evidence(sessions=[OWN, row])).entries
    assert [entry.key for entry in entries] == [OWN.key, None]
    assert entries[1].match == "unmatched"


def test_listed_by_another_storage() -> None:
    """Another device's list may well name it."""
    place = Place("phone.E01", "/data/data/org.telegram.messenger/files/cache4.db")
    row = dataclasses.replace(
        ROW, place=place, store="/data/data/org.telegram.messenger", device_model=None
    )
    (entry,) = Ledger(Evidence(sessions=[OWN, row])).entries
    assert entry.match == "matched" and len(entry.records) == 2
