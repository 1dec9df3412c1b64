"""Fuzzes all decoders, or some: `python -m tests.fuzz --seconds 600`."""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path

from tests.fuzz.engine import Outcome, fuzz
from tests.fuzz.parsers import PARSER_TARGETS
from tests.fuzz.targets import TARGETS as DECODERS

TARGETS = {**DECODERS, **PARSER_TARGETS}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzzes the decoders."
    )
    parser.add_argument("targets", nargs="*", help="names of targets; default: all")
    parser.add_argument("--seconds", type=float, default=60, help="over all targets")
    parser.add_argument("--seed", type=int, help="of the run; default: drawn")
    parser.add_argument(
        "--failures", type=Path, default=Path("out/fuzz"), help="folder for inputs"
    )
    return parser.parse_args()


def _keep(outcome: Outcome, seed: int, folder: Path) -> None:
    """Writes the inputs of findings."""
    for failure in outcome.failures:
        target = folder / outcome.name
        target.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(failure.data).hexdigest()[:12]
        stem = f"{seed}-{failure.number}-{digest}"
        (target / f"{stem}.bin").write_bytes(failure.data)
        (target / f"{stem}.txt").write_text(f"{failure.reason}\n", encoding="utf-8")


def main() -> int:
    """Runs the targets one after the other; 1 if there were findings."""
    options = _options()
    unknown = sorted(set(options.targets) - set(TARGETS))
    if unknown:
        print(f"No such target: {', '.join(unknown)}", file=sys.stderr)
        return 2
    names = options.targets or list(TARGETS)
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    begin = time.monotonic()
    outcomes = []
    print(f"Seed {seed}, {len(names)} targets, {options.seconds:.0f} seconds")
    head = ("target", "inputs", "per s", "taken", "slowest", "memory", "findings")
    form = "{:<52} {:>9} {:>8} {:>6} {:>9} {:>8} {:>8}"
    print(form.format(*head))
    for index, name in enumerate(names):
        left = options.seconds - (time.monotonic() - begin)
        outcome = fuzz(TARGETS[name], seed, max(0.05, left / (len(names) - index)))
        _keep(outcome, seed, options.failures)
        outcomes.append(outcome)
        print(
            form.format(
                name,
                outcome.executions,
                f"{outcome.executions / max(outcome.seconds, 0.001):.0f}",
                f"{100 * outcome.accepted // max(outcome.executions, 1)}%",
                f"{outcome.slowest * 1000:.0f} ms",
                f"{outcome.memory >> 20} MiB",
                len(outcome.failures),
            ),
            flush=True,
        )
    failures = [item for outcome in outcomes for item in outcome.failures]
    total = sum(outcome.executions for outcome in outcomes)
    print(
        f"{total} inputs in {time.monotonic() - begin:.0f} s, {len(failures)} findings"
    )
    for outcome in outcomes:
        for failure in outcome.failures:
            print(f"  {outcome.name}: {failure.reason}")
    if failures:
        print(f"Inputs: {options.failures}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
