"""Runs a target in a process of its own, with limits of time and memory.

The process has a table of one number, shared with its parent: which execution it is at.
So a process that dies (a C library that aborts, the kernel) names its input as well.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import resource
import signal
import sys
import time
import traceback
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fuzz.mutate import make_input
from tests.fuzz.parsers import parser_seeds
from tests.fuzz.seeds import extra_seeds
from tests.fuzz.targets import Target

CORPUS: Final = Path(__file__).with_name("corpus.zip")
MEMORY: Final = 512 << 20
MAXIMUM_FAILURES: Final = 20
_MAXIMUM_EXECUTIONS: Final = 1 << 40


class TooSlowError(BaseException):
    """An input took longer than the limit; no decoder may catch it."""


@dataclass
class Failure:
    """A finding.

    Attributes:
        number: of the execution; with the seed it gives the input again.
        reason: what happened, with the place in the code.
        data: the input.
    """

    number: int
    reason: str
    data: bytes = b""


@dataclass
class Outcome:
    """What a run of a target gave.

    Attributes:
        name: of the target.
        executions: how many inputs.
        accepted: how many of them the decoder took without an error.
        seconds: how long.
        slowest: processor seconds of the slowest input.
        memory: peak of resident memory above that of the start, bytes.
        failures: findings, one for each place in the code.
    """

    name: str
    executions: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    memory: int = 0
    failures: list[Failure] = field(default_factory=list)


def corpus_names() -> list[str]:
    """Names of the committed seeds: target and digest."""
    with zipfile.ZipFile(CORPUS) as corpus:
        return corpus.namelist()


def seeds_of(name: str) -> list[bytes]:
    """Sound inputs of a target."""
    found = extra_seeds(name) or parser_seeds(name)
    if CORPUS.exists():
        with zipfile.ZipFile(CORPUS) as corpus:
            found += [
                corpus.read(item)
                for item in sorted(corpus.namelist())
                if item.startswith(f"{name}/")
            ]
    return found or [b""]


def place_of(error: BaseException) -> str:
    """Type and place of an exception: the last lines of it that are ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [item for item in frames if "telegram_forensics" in item.filename]
    place = ours[-1] if ours else frames[-1]
    file = Path(place.filename).name
    return f"{type(error).__name__}: {str(error)[:120]!r} in {file}:{place.lineno}"


def _too_slow(*_: Any) -> None:
    raise TooSlowError("takes too long")


def run_input(target: Target, data: bytes) -> tuple[bool, str | None]:
    """Gives a target one input; whether it took it, and what is wrong."""
    try:
        # Of processor time: the machine may do other things.
        signal.setitimer(signal.ITIMER_VIRTUAL, target.seconds)
        try:
            target.run(data)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except target.allowed:
        return False, None
    except (Exception, TooSlowError) as error:  # noqa: BLE001
        return False, place_of(error)
    return True, None


def _address_space() -> int:
    """Bytes of the address space of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * resource.getpagesize()


def limit_memory() -> None:
    """Lets this process take that much more than it has."""
    if Path("/proc/self/statm").exists():
        limit = _address_space() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _loop(
    target: Target,
    seeds: list[bytes],
    seed: int,
    first: int,
    limit: tuple[float, int],
    shared: mmap.mmap,
) -> Outcome:
    outcome = Outcome(target.name)
    places = set()
    begin, start = time.monotonic(), _peak()
    for number in range(first, first + limit[1]):
        if time.monotonic() - begin > limit[0]:
            break
        shared[:8] = number.to_bytes(8, "little")
        data = make_input(target.name, seed, number, seeds, target.maximum)
        before = time.process_time()
        accepted, reason = run_input(target, data)
        outcome.slowest = max(outcome.slowest, time.process_time() - before)
        outcome.executions += 1
        outcome.accepted += accepted
        place = reason and reason.rpartition(" in ")[2] + reason.partition(":")[0]
        if reason and place not in places:
            places.add(place)
            outcome.failures.append(Failure(number, reason))
            if len(places) >= MAXIMUM_FAILURES:
                break
    outcome.seconds = time.monotonic() - begin
    outcome.memory = _peak() - start
    return outcome


def _child(work: Any, write: int) -> None:
    """Never returns: what follows the fork belongs to the parent."""
    status = 1
    try:
        signal.signal(signal.SIGVTALRM, _too_slow)
        faulthandler.disable()
        limit_memory()
        result = work()
        record = {
            **result.__dict__,
            "failures": [[item.number, item.reason] for item in result.failures],
        }
        with os.fdopen(write, "w") as pipe:
            json.dump(record, pipe)
        status = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def fuzz(
    target: Target,
    seed: int,
    seconds: float,
    *,
    maximum: int = _MAXIMUM_EXECUTIONS,
    first: int = 0,
) -> Outcome:
    """Runs a target for some seconds or executions.

    Args:
        target: what to run.
        seed: of the run.
        seconds: how long at most.
        maximum: how many inputs at most.
        first: number of the first execution.
    """
    seeds = seeds_of(target.name)
    shared = mmap.mmap(-1, 8)
    read, write = os.pipe()
    begin = time.monotonic()
    process = os.fork()
    if process == 0:
        os.close(read)
        limit = (seconds, maximum)
        _child(lambda: _loop(target, seeds, seed, first, limit, shared), write)
    os.close(write)
    # The process ends by itself; a library that hangs where no signal reaches it
    # is ended by the alarm of the kernel, which it does not catch.
    with os.fdopen(read) as pipe:
        text = _read_until(pipe, process, seconds + 60)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if text:
        record = json.loads(text)
        failures = [Failure(*item) for item in record.pop("failures")]
        outcome = Outcome(**record, failures=failures)
    else:
        number = int.from_bytes(shared[:8], "little")
        reason = f"process ended with status {status}"
        outcome = Outcome(target.name, number - first + 1)
        outcome.failures.append(Failure(number, reason))
        outcome.seconds = time.monotonic() - begin
    for failure in outcome.failures:
        failure.data = make_input(
            target.name, seed, failure.number, seeds, target.maximum
        )
    return outcome


def _read_until(pipe: Any, process: int, seconds: float) -> str:
    """What the process says; one that is silent for too long is ended."""

    def end(*_: Any) -> None:
        os.kill(process, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return str(pipe.read())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
