"""CSV, XLSX and the published schema of the JSON report."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

import telegram_forensics
from telegram_forensics import cli, report_cli
from telegram_forensics.attribution.case import Case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.attribution.records import Evidence
from telegram_forensics.report.document import make_document
from telegram_forensics.report.html import render
from telegram_forensics.report.tables import make_rows, to_csv, write_xlsx
from telegram_forensics.report.texts import Texts
from tests.report import cases

FORMULAS = (
    '=HYPERLINK("http://evil.example";"x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "  =1+1",
)
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def injected() -> Attribution:
    """A case whose texts begin like formulas."""
    case = cases.make_case()
    for finding, text in zip(case.findings, FORMULAS, strict=False):
        finding.statement = text
        finding.account = text
        finding.sessions = [text, "x"]
        finding.supports = [text]
    return case


def read_csv(data: bytes) -> list[list[str]]:
    """Rows of a CSV file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv() -> None:
    """A row for each finding, both times, lists as lines."""
    case = cases.make_case()
    rows = read_csv(to_csv(case))
    assert len(rows) == len(case.findings) + 1
    assert {len(row) for row in rows} == {16}
    table = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    (found,) = [row for row in table if row["rule"] == "TF-102"]
    assert found["points beyond the owner"] == "yes"
    assert found["grade"] == "A"
    assert found["start (UTC)"] == "2026-11-20 19:30:00 UTC"
    assert found["start (Europe/Kyiv)"] == "2026-11-20 21:30:00 +02:00"
    assert "message 41, 2026-11-20 20:00:00 UTC" in found["messages"]
    assert "the partner's device" in found["would decide"].split("\n")
    assert to_csv(case) == to_csv(cases.make_case())


def test_csv_in_ukrainian() -> None:
    """Headings and statements."""
    rows = read_csv(to_csv(cases.make_case(), "uk"))
    assert rows[0][3] == "твердження"
    assert any("під віддаленим керуванням" in row[3] for row in rows)


def test_csv_without_zone() -> None:
    """A case in UTC has its times once; an empty one has headings."""
    rows = read_csv(to_csv(attribute(Evidence(), Case())))
    assert len(rows) == 1
    assert len(rows[0]) == 14


def test_no_formula_in_csv() -> None:
    """No cell begins as programs want a formula."""
    rows = read_csv(to_csv(injected()))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.lstrip().startswith(tuple("=+-@\t\r"))]
    assert "'" + FORMULAS[0] in cells


def test_no_formula_in_xlsx(tmp_path: Path) -> None:
    """Every cell is a text."""
    path = tmp_path / "findings.xlsx"
    case = injected()
    case.findings[-1].statement = "x" * 1_000_000 + "\0"
    write_xlsx(case, path)
    with zipfile.ZipFile(path) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        strings = etree.fromstring(archive.read("xl/sharedStrings.xml"))
        assert not [name for name in archive.namelist() if "external" in name.lower()]
    assert not list(sheet.iter(f"{NAMESPACE}f"))
    assert not list(sheet.iter(f"{NAMESPACE}hyperlink"))
    found = list(sheet.iter(f"{NAMESPACE}c"))
    assert len(found) > 16
    assert {cell.get("t") for cell in found} <= {"s", None}
    texts = ["".join(item.itertext()) for item in strings]
    assert FORMULAS[0] in texts
    assert max(len(text) for text in texts) <= 32_767


def test_same_xlsx(tmp_path: Path) -> None:
    """The same input gives the same bytes."""
    for name in ("one", "two"):
        write_xlsx(cases.make_case(), tmp_path / name, "uk")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_rows_are_whole() -> None:
    """Before it is written, nothing is cut."""
    case = cases.make_case()
    case.findings[0].statement = "y" * 100_000
    rows = list(make_rows(case, Texts("en")))
    assert rows[1][3] == "y" * 100_000


# JSON.


@pytest.fixture(scope="module", name="schema")
def fixture_schema() -> dict[str, Any]:
    """The published schema."""
    folder = Path(telegram_forensics.__file__).parent / "data"
    text = (folder / "report.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def errors(schema: dict[str, Any], document: Any) -> list[str]:
    """What a validator that is not ours says."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return [
        f"{item.json_path}: {item.message}" for item in validator.iter_errors(document)
    ]


@pytest.mark.parametrize("make", [cases.make_case, lambda: attribute(Evidence())])
def test_report_follows_schema(schema: dict[str, Any], make: Any) -> None:
    """A full and an empty report."""
    document = json.loads(json.dumps(make_document(make())))
    assert errors(schema, document) == []


def test_schema_is_strict(schema: dict[str, Any]) -> None:
    """What is missing, of another kind or not known is told."""
    good = json.loads(json.dumps(make_document(cases.make_case())))
    for change in (
        {"schema_version": 2},
        {"findings": [{}]},
        {"more": 1},
        {"inputs": [{"name": "x", "sha256": "zz"}]},
    ):
        assert errors(schema, {**good, **change})
    for name in good:
        assert errors(schema, {key: good[key] for key in good if key != name})
    good["sessions"][0]["created_time"] = "yesterday"
    assert errors(schema, good)


def test_schema_explains(schema: dict[str, Any]) -> None:
    """Every definition has a description."""
    for name, definition in schema["$defs"].items():
        assert definition["description"], name


# The command.


def test_command_writes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each option writes its file; without any there is the summary."""

    def collect(*_: object) -> Evidence:
        return cases.make_evidence()

    monkeypatch.setattr(report_cli.ingest, "collect", collect)
    case = tmp_path / "case.yaml"
    case.write_text(yaml.safe_dump(cases.CASE), encoding="utf-8")
    names = {name: tmp_path / name for name in ("o", "json", "csv", "xlsx")}
    arguments = ["report", "x.plaso", "--case", str(case), "--language", "uk"]
    for name, path in names.items():
        arguments += ["-o" if name == "o" else f"--{name}", str(path)]
    assert cli.main(arguments) == 0
    words = capsys.readouterr().out
    for path in names.values():
        assert f"Report: {path}" in words
    assert names["o"].read_text(encoding="utf-8") == render(cases.make_case(), "uk")
    assert names["csv"].read_bytes() == to_csv(cases.make_case(), "uk")
    assert json.loads(names["json"].read_bytes()) == make_document(cases.make_case())
    assert zipfile.is_zipfile(names["xlsx"])
    assert cli.main(["report", "x.plaso"]) == 0
    assert "TF-201 (grade A" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 5
    for option in ("-o", "--xlsx", "--csv", "--json"):
        target = str(tmp_path / "no folder" / "file")
        assert cli.main(["report", "x.plaso", "--quiet", option, target]) == 2
        assert "no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["report", "x.plaso", "--language", "xx"])


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Storage that cannot be read is an error; the help has examples."""
    with pytest.raises(SystemExit):
        cli.main(["report", "--help"])
    words = capsys.readouterr().out
    for option in (
        "--output",
        "--language",
        "--csv",
        "--xlsx",
        "--json",
        "-o report.html",
    ):
        assert option in words
    target = tmp_path / "report.html"
    assert cli.main(["report", str(tmp_path / "no.plaso"), "-o", str(target)]) == 2
    assert not target.exists()
