"""case.yaml: what is read, and that mistakes are told instead of changing a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from telegram_forensics.attribution.case import CaseError, parse_case, read_case

FULL = """
name: 17/2026
time_zone: Europe/Kyiv
devices:
  phone.E01: {role: owner_phone, owner: Ann, clock_offset: -3.5}
  office.E01: {role: computer, controlled: true}
admitted:
  sessions: [0dc577ea4cfe2c5e, "hash 123"]
  remote_identifiers: [1660360496]
disputed:
  start: 2026-11-20T18:00:00+02:00
  end: "2026-11-21T00:00:00Z"
  chats: [777001]
  messages:
  - {account: 6000000001, chat: 777001, message: 4243}
"""


def test_whole_case(tmp_path: Path) -> None:
    """Every key; identifiers may stand without quotes; times become UTC."""
    path = tmp_path / "case.yaml"
    path.write_text(FULL, encoding="utf-8")
    case = read_case(path)
    assert case.name == "17/2026"
    assert case.time_zone == "Europe/Kyiv"
    assert case.devices["phone.E01"].clock_offset == -3.5
    assert case.clock_error("phone.E01") == 3.5
    assert case.clock_error("other") == 0.0
    assert case.devices["office.E01"].controlled
    assert case.admitted_sessions == {"0dc577ea4cfe2c5e", "hash 123"}
    assert case.admitted_remote == {"1660360496"}
    assert case.start == 1_795_190_400.0
    assert case.end == 1_795_219_200.0
    assert case.disputed_chats == {"777001"}
    (message,) = case.disputed
    assert (message.account, message.chat, message.message) == (
        "6000000001",
        "777001",
        "4243",
    )
    assert case.in_period(1_795_200_000.0)
    assert not case.in_period(1_795_190_399.0)
    assert not case.in_period(None)


def test_empty_case(tmp_path: Path) -> None:
    """Every key is optional."""
    path = tmp_path / "case.yaml"
    path.write_text("# nothing known yet\n", encoding="utf-8")
    case = read_case(path)
    assert not case.has_period
    assert case.time_zone == "UTC"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"dispute": {}}, "dispute is not known"),
        ({"devices": {"a": {"roll": "x"}}}, "roll is not known"),
        ({"devices": {"a": {"role": "thief"}}}, "role 'thief' is not known"),
        ({"devices": {"a": {"clock_offset": "3"}}}, "number of seconds"),
        ({"devices": {"a": {"clock_offset": True}}}, "number of seconds"),
        ({"devices": {"a": {"controlled": "yes"}}}, "true or false"),
        ({"devices": ["a"]}, "names with values"),
        ({"time_zone": "Kyiv"}, "no time zone"),
        ({"time_zone": "../../etc/passwd"}, "no time zone"),
        ({"admitted": {"sessions": "abc"}}, "a list is expected"),
        ({"admitted": {"sessions": [["a"]]}}, "a text is expected"),
        ({"disputed": {"start": "yesterday"}}, "is no time"),
        ({"disputed": {"start": "2026-11-20T18:00:00"}}, "two meanings"),
        ({"disputed": {"start": 5}}, "day and time"),
        (
            {"disputed": {"start": "2026-11-21T00:00Z", "end": "2026-11-20T00:00Z"}},
            "before start",
        ),
        ({"disputed": {"messages": [{}]}}, "names nothing"),
        ({"disputed": {"messages": [{"text": "x"}]}}, "text is not known"),
        ([], "names with values"),
    ],
)
def test_mistakes(document: object, words: str) -> None:
    """A mistake says where it is."""
    with pytest.raises(CaseError, match=words.replace(".", r"\.")):
        parse_case(document)


def test_unreadable_files(tmp_path: Path) -> None:
    """Not YAML, not UTF-8, too large, code in it."""
    path = tmp_path / "case.yaml"
    for data in (
        b"a: [",
        b"\xff\xfe\x00",
        b"#" * 2_000_000,
        b"!!python/object/apply:os.system [echo]",
    ):
        path.write_bytes(data)
        with pytest.raises(CaseError):
            read_case(path)
    with pytest.raises(OSError, match="none"):
        read_case(tmp_path / "none")
