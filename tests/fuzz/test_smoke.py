"""The fuzzing itself: every target takes its seeds, and what must be found is found."""

from __future__ import annotations

import ctypes
import os
import time

import pytest

from telegram_forensics.formats import tdesktop_logs as logs
from telegram_forensics.formats.errors import FormatError
from tests.fuzz import engine
from tests.fuzz.mutate import MAXIMUM_SIZE, make_input
from tests.fuzz.parsers import PARSER_TARGETS
from tests.fuzz.targets import TARGETS, Target

# Each in a process with the limits of memory and time.
INPUTS = 200
SECONDS = 0.5
NAMES = sorted(TARGETS)
# What these decrypt has targets of its own.
BEHIND_A_KEY = {"tdesktop_encrypted_file", "tdesktop_oldest.read_keys"}
GROUPS = [NAMES[start::8] for start in range(8)]


@pytest.mark.parametrize("names", GROUPS, ids=[group[0] for group in GROUPS])
def test_no_findings(names: list[str]) -> None:
    """Seeds and some damaged inputs, the same in every run."""
    for name in names:
        outcome = engine.fuzz(TARGETS[name], 20_250, SECONDS, maximum=INPUTS)
        assert [(name, item.number, item.reason) for item in outcome.failures] == []
        assert outcome.executions > 0


def test_no_findings_in_parsers() -> None:
    """Whole parsers through plaso's worker, with few inputs: each is a run."""
    for name, target in PARSER_TARGETS.items():
        outcome = engine.fuzz(target, 20_250, 5, maximum=2)
        assert [(name, item.number, item.reason) for item in outcome.failures] == []
        assert outcome.executions > 0


def test_uncaught_errors_of_parsers_are_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What plaso catches and reports as a warning only."""

    def fail(self: object, data: bytes) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(logs, "is_log", fail)
    target = PARSER_TARGETS["parsers.desktop_log.log.txt"]
    outcome = engine.fuzz(target, 1, 5, maximum=1)
    (failure,) = outcome.failures
    assert "UncaughtError" in failure.reason


def test_seeds_are_sound() -> None:
    """Nearly every target accepts one of its seeds: else it is stuck at the door."""
    stuck = {
        name
        for name, target in TARGETS.items()
        if not any(engine.run_input(target, data)[0] for data in engine.seeds_of(name))
    }
    assert stuck == BEHIND_A_KEY


def _target(run: object) -> Target:
    return Target("made up", run, None, lambda arguments: None, seconds=0.2)  # type: ignore[arg-type]


def _documented(data: bytes) -> None:
    raise FormatError(0, "documented")


def _wrong(data: bytes) -> None:
    raise IndexError("not documented")


def _hang(data: bytes) -> None:
    while True:
        try:
            for number in range(1 << 60):
                hash(number)
        except Exception:  # noqa: BLE001
            continue


def _greedy(data: bytes) -> None:
    held = [bytearray(1 << 24) for _ in range(100)]
    assert held


def _abort(data: bytes) -> None:
    if len(data) > 1:
        ctypes.string_at(0)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (_wrong, "IndexError"),
        (_hang, "TooSlowError"),
        (_greedy, "MemoryError"),
        (_abort, "process ended with status"),
    ],
)
def test_findings(run: object, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each limit is there for."""
    monkeypatch.setattr(engine, "seeds_of", lambda name: [b"1", b"22"])
    outcome = engine.fuzz(_target(run), 1, 5, maximum=3)
    (failure,) = outcome.failures
    assert reason in failure.reason
    assert failure.data in (b"1", b"22")


def test_documented_errors_are_no_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder says what is wrong, in its own way."""
    monkeypatch.setattr(engine, "seeds_of", lambda name: [b"1"])
    outcome = engine.fuzz(_target(_documented), 1, 1, maximum=20)
    assert (outcome.executions, outcome.accepted, outcome.failures) == (20, 0, [])


def test_inputs_are_reproducible() -> None:
    """Seed and number give an input again, in another process as well."""
    seeds = engine.seeds_of("tl_reader.read_object")
    first = [make_input("t", 7, number, seeds) for number in range(300)]
    assert first == [make_input("t", 7, number, seeds) for number in range(300)]
    assert first[: len(seeds)] == seeds
    assert len(set(first)) > 200
    assert max(map(len, first)) <= MAXIMUM_SIZE
    assert [make_input("t", 8, number, seeds) for number in range(300)] != first


def test_corpus_has_no_orphans() -> None:
    """Every seed belongs to a target, and the whole is small."""
    assert engine.CORPUS.stat().st_size < 1_000_000
    assert os.path.dirname(engine.CORPUS) == os.path.dirname(engine.__file__)
    known = set(TARGETS)
    assert {name.rpartition("/")[0] for name in engine.corpus_names()} <= known


def test_time_is_kept() -> None:
    """A target ends with its time."""
    begin = time.monotonic()
    outcome = engine.fuzz(TARGETS["tl_reader.read_object"], 1, 0.5)
    assert outcome.executions > 50
    assert time.monotonic() - begin < 10
