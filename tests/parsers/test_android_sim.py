"""The SIMs that an Android telephone knows, through plaso's worker."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.attribution.engine import attribute
from telegram_forensics.report import rule_texts, sims
from telegram_forensics.report.ingest import Ingest
from telegram_forensics.report.selection import is_selected
from telegram_forensics.report.storage import Location, Row
from tests.parsers import support

PLACE = "data/user_de/0/com.android.providers.telephony/databases/telephony.db"
# Columns by Android's public source: 5.1, and 14 with what matters here.
OLD = (
    "_id INTEGER PRIMARY KEY AUTOINCREMENT, icc_id TEXT NOT NULL, "
    "sim_id INTEGER DEFAULT -1, display_name TEXT, name_source INTEGER DEFAULT 0, "
    "color INTEGER DEFAULT 0, number TEXT, display_number_format INTEGER DEFAULT 1, "
    "data_roaming INTEGER DEFAULT 0, mcc INTEGER DEFAULT 0, mnc INTEGER DEFAULT 0"
)
NEW = (
    f"{OLD}, carrier_name TEXT DEFAULT '', is_embedded INTEGER DEFAULT 0, "
    "card_id TEXT NOT NULL, mcc_string TEXT, mnc_string TEXT, imsi TEXT, "
    "iso_country_code TEXT, carrier_id INTEGER DEFAULT -1, "
    "subscription_type INTEGER DEFAULT 0, "
    "phone_number_source_carrier TEXT DEFAULT '', "
    "phone_number_source_ims TEXT DEFAULT ''"
)
ICC = "89380010000000000017"


def write(path: Path, columns: str, *rows: dict[str, Any]) -> None:
    """Writes a database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE siminfo ({columns})")
    for row in rows:
        marks = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO siminfo ({', '.join(row)}) VALUES ({marks})",
            tuple(row.values()),
        )
    connection.commit()
    connection.close()


def extract(source: Path) -> support.Extraction:
    """Reads a folder; the worker must not fail at anything."""
    found = support.extract(source, parsers="sqlite/telegram_android_sim")
    assert not [text for text in found.warnings if support.FAILURE in text]
    return found


def test_sims(tmp_path: Path) -> None:
    """Two SIMs, one of which is not in the telephone any more."""
    write(
        tmp_path / PLACE,
        NEW,
        {
            "icc_id": ICC,
            "sim_id": 0,
            "display_name": "Kyivstar",
            "carrier_name": "Kyivstar",
            "number": "+380670000001",
            "mcc": 255,
            "mnc": 3,
            "mcc_string": "255",
            "mnc_string": "03",
            "imsi": "255030000000001",
            "iso_country_code": "ua",
            "carrier_id": 1511,
            "card_id": ICC,
        },
        {
            "icc_id": "8938",
            "card_id": "-1",
            "is_embedded": 1,
            "phone_number_source_ims": "+380500000002",
        },
    )
    found = extract(tmp_path)
    assert found.warnings == []
    first, second = found.of_type("android:sim:subscription")
    assert (first.icc_identifier, first.phone_number) == (ICC, "+380670000001")
    assert (first.mobile_country_code, first.mobile_network_code) == ("255", "03")
    assert (first.imsi_identifier, first.country_code) == ("255030000000001", "ua")
    assert (first.carrier_identifier, first.card_identifier) == ("1511", ICC)
    assert (first.sim_slot, first.is_embedded, first.android_user) == (0, False, 0)
    assert (first.record_table, first.row_identifier) == ("siminfo", "1")
    assert first.attribution_basis == "android_siminfo"
    assert first.record_state is first.account_identifier is None
    assert (second.sim_slot, second.is_embedded) == (-1, True)
    assert second.phone_number is second.card_identifier is None
    assert second.carrier_identifier is second.mobile_country_code is None
    assert second.phone_number_of_network == "+380500000002"
    assert second.carrier_name is None


def test_old_android(tmp_path: Path) -> None:
    """Columns that a version does not have are not known."""
    path = tmp_path / "data/data/com.android.providers.telephony/databases/telephony.db"
    write(path, OLD, {"icc_id": ICC, "sim_id": 1, "mcc": 255, "mnc": 6})
    (sim,) = extract(tmp_path).of_type("android:sim:subscription")
    assert (sim.icc_identifier, sim.sim_slot) == (ICC, 1)
    assert (sim.mobile_country_code, sim.mobile_network_code) == ("255", "6")
    assert sim.is_embedded is sim.carrier_name is sim.android_user is None


def test_early_layout(tmp_path: Path) -> None:
    """The slot has another name on a maker's telephones of 2012."""
    columns = "_id INTEGER PRIMARY KEY, icc_id TEXT, slot INTEGER DEFAULT -1"
    write(tmp_path / "telephony.db", columns, {"icc_id": ICC, "slot": 1})
    (sim,) = extract(tmp_path).of_type("android:sim:subscription")
    assert sim.sim_slot == 1


def test_log(tmp_path: Path) -> None:
    """A row that the write-ahead log replaced stays, marked."""
    path = tmp_path / PLACE
    write(path, OLD, {"icc_id": ICC, "number": "1"}, {"icc_id": "2", "number": "2"})
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("UPDATE siminfo SET number = '3', sim_id = 0 WHERE _id = 1")
    connection.execute("DELETE FROM siminfo WHERE _id = 2")
    connection.commit()
    contents = {
        name: (path.parent / name).read_bytes()
        for name in ("telephony.db", "telephony.db-wal")
    }
    connection.close()
    for name, content in contents.items():
        (path.parent / name).write_bytes(content)
    found = [
        (item.phone_number, item.record_state)
        for item in extract(tmp_path).of_type("android:sim:subscription")
    ]
    assert sorted(found, key=str) == [
        ("1", "overwritten"),
        ("2", "removed"),
        ("3", None),
    ]


@pytest.mark.parametrize("value", ["text", b"\xff\xfe", 1.5, -1, 1 << 62, "x" * 5000])
def test_any_values(tmp_path: Path, value: Any) -> None:
    """Columns of SQLite hold anything; no row is lost."""
    names = ["icc_id", "sim_id", "number", "mcc", "is_embedded", "imsi", "card_id"]
    rows = [{"icc_id": ICC, "card_id": "1", name: value} for name in names]
    write(tmp_path / PLACE, NEW, *rows)
    found = extract(tmp_path).of_type("android:sim:subscription")
    assert len(found) == len(rows)
    assert all(len(item.icc_identifier or "") <= 1024 for item in found)


def test_damaged(tmp_path: Path) -> None:
    """Changed and cut databases: no failure."""
    path = tmp_path / "one" / "telephony.db"
    write(path, NEW, *({"icc_id": f"{ICC}{n}", "card_id": "1"} for n in range(40)))
    content = path.read_bytes()
    rng = random.Random(5)
    for index in range(40):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 20)):
            changed[rng.randrange(100, len(changed))] = rng.randrange(256)
        if index % 3 == 0:
            del changed[rng.randrange(512, len(changed)) :]
        (tmp_path / f"{index}.db").write_bytes(changed)
    found = extract(tmp_path)
    assert len(found.of_type("android:sim:subscription")) >= 40
    assert found.warnings


def row(data_type: str, **values: Any) -> Row:
    """A row of event data."""
    assert is_selected(data_type, b"{}")
    assert data_type in sims.DATA_TYPES
    values["data_type"] = data_type
    return Row(1, values, Location("phone.E01", f"/{PLACE}", None))


def test_findings() -> None:
    """A neutral fact for each SIM, with the states of its records."""
    ingest = Ingest()
    android = "android:sim:subscription"
    for values in (
        {"icc_identifier": ICC, "phone_number": "+1", "carrier_name": "A, B."},
        {"icc_identifier": "2", "sim_slot": 0, "record_state": "overwritten"},
        {"icc_identifier": "2", "sim_slot": -1},
        {"icc_identifier": "2", "sim_slot": 1},
        {"icc_identifier": "", "phone_number": None},
    ):
        ingest.add_row(row(android, **values))
    ingest.add_row(
        row("ios:sim:info", phone_number="+380", last_used_time=9.0, sim_type="sim")
    )
    ingest.add_row(row("ios:sim:info", phone_number="+380", last_used_time=5.0))
    ingest.add_row(row("ios:sim:info", last_used_time=5.0))
    found = [
        item for item in attribute(ingest.finish()).findings if item.rule == "TF-011"
    ]
    assert {item.statement for item in found} == {
        "A SIM is known to phone.E01: number +380.",
        f"A SIM is known to phone.E01: ICCID {ICC}, number +1, carrier A, B..",
        "A SIM is known to phone.E01: ICCID 2.",
    }
    (ios,) = [item for item in found if "+380" in item.statement]
    assert (ios.start, ios.end) == (5.0, 9.0)
    (card,) = [item for item in found if "ICCID 2" in item.statement]
    assert [words for _, words in card.evidence] == [
        "SIM record (overwritten)",
        "SIM record, not inserted",
        "SIM record, slot 1",
    ]
    for finding in found:
        assert finding.is_neutral
        assert finding.grade.value == "C"
        for text in (
            finding.statement,
            *finding.not_excluded,
            *finding.would_decide,
            *(words for _, words in finding.evidence),
        ):
            assert rule_texts.translate(text) is not None, text
    assert rule_texts.translate("A SIM is known to a: b.E01: ICCID 2.") is not None


def test_ios(tmp_path: Path) -> None:
    """The stock plugin's event data has what the report reads."""
    import plistlib

    content = {
        "PersonalWallet": {
            "x": {"info": {"mdn": "+380", "ts": 1_795_000_000, "type": "sim"}}
        },
        "PersonalitySlots": {},
        "pw_ver": "1",
    }
    (tmp_path / "com.apple.commcenter.data.plist").write_bytes(plistlib.dumps(content))
    (item,) = support.extract(tmp_path, parsers="plist/ios_siminfo").event_data
    assert item.data_type in sims.DATA_TYPES
    assert item.phone_number == "+380"
    assert item.last_used_time.CopyToPosixTimestamp() == 1_795_000_000
