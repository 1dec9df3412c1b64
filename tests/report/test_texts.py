"""Words of the report: both languages complete, hidden characters visible, times."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from telegram_forensics.attribution import rules_messages
from telegram_forensics.attribution.records import SourceState
from telegram_forensics.report import lanes, rule_texts, texts, view, visible
from telegram_forensics.report.axis import make_ticks
from telegram_forensics.report.texts import LANGUAGES, Texts
from telegram_forensics.report.times import Clock
from tests.report import cases

REPORT = Path(view.__file__).parent
RULES = Path(rules_messages.__file__).parent
# Empty where a language needs no such words.
OPTIONAL = {"about.language"}


def fields(text: str) -> set[str]:
    """Names of the values in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_texts() -> None:
    """Every key in every language, with the same values."""
    english = LANGUAGES["en"]
    for words in LANGUAGES.values():
        assert list(words) == list(english)
        for key, text in words.items():
            assert fields(text) == fields(english[key]), key
            assert text or key in OPTIONAL


def test_used_texts_exist() -> None:
    """Every text that templates and code name exists, and none is left over."""
    sources = [
        path.read_text(encoding="utf-8")
        for path in [*REPORT.glob("*.py"), *REPORT.glob("templates/*.j2")]
        if not path.name.startswith("texts_")
    ]
    source = "\n".join(sources)
    used = set(re.findall(r"""\b(?:t|texts|_texts)\(\s*"([^"]+)"[,)]""", source))
    assert used
    assert used <= set(LANGUAGES["en"])
    prefixes = set(re.findall(r"""choice\(\s*"([^"]+)\"""", source))
    prefixes |= {
        name.rstrip(".")
        for name in re.findall(r"""(?:t|texts|_texts)\(\s*f?"([a-z.]+\.)["{]""", source)
    }
    prefixes |= {
        "says",
        "row",
        "rule",
        "means",
        "column",
        "dossier.input",
        "dossier.success",
    }
    unused = [
        key
        for key in LANGUAGES["en"]
        if key not in used
        and key.rpartition(".")[0] not in prefixes
        and not key.endswith(".title")
        and f'"{key}"' not in source
    ]
    assert unused == []


def test_stored_values_have_words() -> None:
    """States, matches, kinds of rows: what templates look up by a value."""
    for words in LANGUAGES.values():
        for state in SourceState:
            assert words[f"source.{state.value}"]
        for match in ("key", "matched", "unmatched", "ambiguous"):
            assert words[f"match.{match}"]
        for kind in lanes.MESSAGE_KINDS:
            assert words[f"row.{kind}"]
            assert words[f"legend.{kind}"]
            assert words[f"says.{kind}"]
        for kind in lanes.EVENT_KINDS:
            assert words[f"row.{kind}"]
            assert words[f"legend.{kind}"]


def test_rules_have_headings() -> None:
    """Every rule that states findings has a heading and an explanation."""
    found = set()
    for path in RULES.glob("rules_*.py"):
        found |= set(re.findall(r'"(TF-\d{3})"', path.read_text(encoding="utf-8")))
    assert found
    for words in LANGUAGES.values():
        for rule in found:
            assert words[f"rule.{rule}"]
            assert words[f"means.{rule}"]


def test_constant_texts_of_rules_are_said_by_rules() -> None:
    """No translation of what no rule says any more."""
    said = set()
    # What is read out of evidence words some records that rules repeat.
    for path in [*RULES.glob("*.py"), REPORT / "ingest.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
    for text in rule_texts._CONSTANT:
        bare = text.removeprefix("messages: ")
        assert bare in said, text


def test_texts_of_rules_are_translated() -> None:
    """Everything that the rules say in the case of the tests is known in Ukrainian."""
    words = Texts("uk")
    for finding in cases.make_case().findings:
        for text in (
            finding.statement,
            *finding.supports,
            *finding.contradicts,
            *finding.not_excluded,
            *finding.would_decide,
        ):
            assert words.words(text)[1], text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Session 0011223344556677 (a (b), c) belongs to no key in the images.",
            "Сеанс 0011223344556677 (a (b), c) не належить до жодного ключа в образах.",
        ),
        ("Session hash -5.", "Сеанс hash -5."),
        (
            "Session hash 5 (x) fits several keys: aa, bb.",
            "Сеанс hash 5 (x) підходить до кількох ключів: aa, bb.",
        ),
        (
            "Account 1 ([{n}] {id}) is known to Telegram; local passcode: none.",
            "Обліковий запис 1 ([{n}] {id}) відомий програмі Telegram; локальний "
            "пароль: none.",
        ),
        ("Account 1 is known to x.", "Обліковий запис 1 відомий програмі x."),
        ("Something else", None),
        ("Account 1 (" + "x" * 5000 + ") is known to x.", None),
    ],
)
def test_values_in_translations(text: str, expected: str | None) -> None:
    """Values are filled in as they are, whatever they hold."""
    assert rule_texts.translate(text) == expected


def test_texts() -> None:
    """Values, words for stored values, missing ones."""
    words = Texts("en")
    assert words("more", n=3).startswith("3 more")
    assert words.choice("role", "phone") == "a telephone"
    assert words.choice("role", "toaster") == "toaster"
    assert words.choice("role", None) == ""
    assert words.words("anything") == ("anything", True)
    with pytest.raises(KeyError):
        words("no such text")
    assert texts.LANGUAGES.keys() == {"en", "uk"}


def test_visible() -> None:
    """Hidden characters have names; emoji and scripts stay whole."""
    assert visible.show_plain("a\u202eb") == "a⟨U+202E⟩b"
    assert visible.show_plain("\0\0\0") == "⟨U+0000 ×3⟩"
    assert visible.show_plain("👩\u200d👧 می\u200cخواهم\n\tx") == (
        "👩\u200d👧 می\u200cخواهم\n\tx"
    )
    assert visible.show_plain("\ud800\U0001ffff\r") == "⟨U+D800⟩⟨U+1FFFF⟩⟨U+000D⟩"
    assert visible.show_plain("abcdef", 3) == "abc…"
    assert visible.show_html("<b>\u2066") == (
        '<bdi>&lt;b&gt;<span class="mark">U+2066</span></bdi>'
    )
    cut = visible.show_html("abcdef", 3, lambda shown, length: f"<{shown}/{length}>")
    assert cut == '<bdi>abc <span class="cut">&lt;3/6&gt;</span></bdi>'


def test_times() -> None:
    """UTC, and the zone with the offset of that day."""
    clock = Clock("Europe/Kyiv")
    assert clock.words(1_795_190_400.0) == (
        "2026-11-20 16:00:00 UTC (2026-11-20 18:00:00 +02:00)"
    )
    assert clock.zone_words(1_783_000_000.5) == "2026-07-02 16:46:40.5 +03:00"
    assert clock.iso(0.25) == "1970-01-01T00:00:00.250000Z"
    assert Clock("UTC").zone_words(0.0) is None
    assert Clock("UTC").words(0.0) == "1970-01-01 00:00:00 UTC"
    assert Clock("America/New_York").zone_words(0.0) == "1969-12-31 19:00:00 -05:00"
    for nothing in (None, float("nan"), float("inf"), 1e300, -1e18):
        assert clock.words(nothing) is None


@pytest.mark.parametrize("span", [1.5, 30, 4000, 90_000, 8e5, 5e6, 3e7, 1e8, 1e9, 3e9])
def test_ticks(span: float) -> None:
    """A handful of ticks within the range, whatever its length."""
    for start in (1.4e9, 1_795_190_400.0 - 0.5):
        ticks = make_ticks(start, start + span, Clock("Europe/Kyiv"))
        assert len(ticks) <= 10
        assert len({tick.time for tick in ticks}) == len(ticks)
        assert all(start <= tick.time <= start + span for tick in ticks)
        assert all(tick.utc and tick.zone for tick in ticks)
    assert make_ticks(1.4e9, 1.4e9 + span, Clock()) or span > 2e9
