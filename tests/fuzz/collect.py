"""Makes the seed corpus out of the tests: `python -m tests.fuzz.collect`.

The decoders' own tests run while a profiler sees what each decoder is given. Of that
the corpus keeps the fewest inputs that reach all lines which all of them reach.
"""

from __future__ import annotations

import hashlib
import signal
import sys
import zipfile
from types import CodeType, FrameType
from typing import Any, Final

import pytest

from tests.fuzz import engine
from tests.fuzz.targets import TARGETS, Target
from tests.helpers import SHARED

_MAXIMUM_SIZE: Final = 1 << 14
_MAXIMUM_LARGE: Final = 1 << 16
_CANDIDATES: Final = 60
_SECONDS_PER_TEST: Final = 1.5
_KEPT: Final = 16
_KEPT_BYTES: Final = 1 << 16
# A fixed time for every member: the same inputs give the same file.
_TIME: Final = (2025, 1, 1, 0, 0, 0)
_DAMAGE: Final = (
    *("mutat", "trunc", "damage", "fuzz", "random", "every", "any_", "cut", "hostile"),
    *("bytes_changed", "trap", "recall", "memory", "large", "many", "time_"),
)
_FOREIGN: Final = ("android", "aff4/AFF4Std", "aff4/AFF4PreStd", "aff4/memory")
_SHORT: Final = 128
Found = dict[str, dict[bytes, bytes]]


def _watched() -> dict[CodeType, list[Target]]:
    found: dict[CodeType, list[Target]] = {}
    for target in TARGETS.values():
        if target.watched is not None:
            code = target.watched.__code__
            found.setdefault(code, []).append(target)
    return found


class EnoughError(BaseException):
    """Ends a test that has been looked at long enough."""


class Collector:
    """A plugin of pytest that looks on."""

    def __init__(self) -> None:
        self.found: Found = {name: {} for name in TARGETS}
        self._watched = _watched()
        self._is_busy = False
        self._is_on = False

    def _see(self, frame: FrameType, event: str, _: Any) -> None:
        targets = self._watched.get(frame.f_code) if event == "call" else None
        if not targets or self._is_busy:
            return
        self._is_busy = True
        try:
            for target in targets:
                self._keep(target, frame)
        finally:
            self._is_busy = False

    def _keep(self, target: Target, frame: FrameType) -> None:
        found = self.found[target.name]
        if len(found) >= _CANDIDATES:
            return
        count = frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount
        names = frame.f_code.co_varnames[:count]
        try:
            value = target.take({name: frame.f_locals[name] for name in names})
            data = bytes(value) if value is not None else b""  # type: ignore[call-overload]
        except Exception:  # noqa: BLE001
            return
        if 0 < len(data) <= _MAXIMUM_LARGE:
            found.setdefault(hashlib.sha256(data).digest(), data)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out the tests that make damaged inputs by the thousand."""
        items[:] = [
            item
            for item in items
            if not any(word in item.name for word in _DAMAGE)
            and not hasattr(getattr(item, "obj", None), "is_hypothesis_test")
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self) -> Any:
        """Looks on while a test runs, for a moment: what it shows first is enough."""
        signal.signal(signal.SIGALRM, self._enough)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_PER_TEST, 0.2)
        self._is_on = True
        sys.setprofile(self._see)
        try:
            return (yield)
        finally:
            self._is_on = False
            sys.setprofile(None)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _enough(self, *_: Any) -> None:
        if self._is_on:
            raise EnoughError


def lines_of(target: Target, data: bytes) -> set[tuple[str, int]]:
    """Lines of the library that an input reaches."""
    lines: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if "telegram_forensics" not in name:
            return None
        if event == "line":
            lines.add((name, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        target.run(data)
    except Exception:  # noqa: BLE001
        pass
    finally:
        sys.settrace(None)
    return lines


def select(target: Target, candidates: list[bytes]) -> list[bytes]:
    """The fewest inputs that reach everything, the small ones first."""
    small = sorted(candidates, key=len)
    if any(len(item) <= _MAXIMUM_SIZE for item in small):
        small = [item for item in small if len(item) <= _MAXIMUM_SIZE]
    reached = [(data, lines_of(target, data)) for data in small[:_CANDIDATES]]
    kept: list[bytes] = []
    seen: set[tuple[str, int]] = set()
    size = 0
    while reached and len(kept) < _KEPT:
        data, lines = max(reached, key=lambda item: len(item[1] - seen))
        if not lines - seen or (kept and size + len(data) > _KEPT_BYTES):
            break
        kept.append(data)
        size += len(data)
        seen |= lines
    return kept


def foreign_files() -> list[bytes]:
    """Samples that others have published: tests read them, we do not hand them on."""
    folders = [SHARED / "samples" / name for name in _FOREIGN]
    paths = [path for folder in folders for path in folder.rglob("*")]
    return [path.read_bytes() for path in paths if path.is_file()]


def own(candidates: list[bytes], foreign: list[bytes]) -> list[bytes]:
    """Inputs that are no piece of a foreign file; short ones are nobody's."""
    return [
        data
        for data in candidates
        if len(data) < _SHORT or not any(data in file for file in foreign)
    ]


def main() -> int:
    """Runs tests, writes the corpus."""
    foreign = foreign_files()
    collector = Collector()
    paths = sys.argv[1:] or ["tests/formats", "tests/aff4"]
    pytest.main(
        [
            "-q",
            "-p",
            "no:warnings",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            *paths,
        ],
        plugins=[collector],
    )
    with zipfile.ZipFile(engine.CORPUS, "w", zipfile.ZIP_DEFLATED) as corpus:
        for name, target in TARGETS.items():
            candidates = own(list(collector.found[name].values()), foreign)
            kept = select(target, candidates)
            print(f"{name}: {len(collector.found[name])} seen, {len(kept)} kept")
            for data in kept:
                member = f"{name}/{hashlib.sha256(data).hexdigest()[:16]}"
                info = zipfile.ZipInfo(member, _TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                corpus.writestr(info, data)
    print(f"{engine.CORPUS}: {engine.CORPUS.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
