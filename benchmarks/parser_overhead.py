"""What our parsers cost on evidence without Telegram.

Makes a folder of files of many kinds (text, SQLite, gzip, random bytes, empty files; no
Telegram), runs stock log2timeline over it with and without the plugin, alternately, in
a single process, and compares user CPU times. The start of both (a run over an empty
folder) is measured as well and taken off: it does not grow with the evidence. Target:
under 5 % for the evidence, under a second for the start.

    python benchmarks/parser_overhead.py [FILES] [ROUNDS]
"""

from __future__ import annotations

import gzip
import os
import pathlib
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import results


def make_evidence(folder: pathlib.Path, count: int) -> None:
    """Fills the folder."""
    generator = random.Random(1)
    for number in range(count):
        path = folder / f"{number % 37:02d}" / f"{number:06d}"
        path.parent.mkdir(exist_ok=True)
        kind = number % 5
        if kind == 0:
            path.with_suffix(".log").write_text(
                "".join(f"2024-01-01 line {line}\n" for line in range(30)),
                encoding="utf-8",
            )
        elif kind == 1:
            path.with_suffix(".bin").write_bytes(generator.randbytes(5000))
        elif kind == 2:
            path.with_suffix(".gz").write_bytes(gzip.compress(generator.randbytes(900)))
        elif kind == 3 and number % 50 == 3:
            connection = sqlite3.connect(path.with_suffix(".db"))
            connection.execute("CREATE TABLE t (a, b)")
            connection.commit()
            connection.close()
        else:
            path.with_suffix(".txt").write_bytes(b"")


def run(evidence: pathlib.Path, folder: pathlib.Path, disabled: bool) -> float:
    """User CPU seconds of one log2timeline run."""
    storage = folder / "case.plaso"
    storage.unlink(missing_ok=True)
    environment = dict(os.environ)
    environment.pop("TELEGRAM_FORENSICS_DISABLE", None)
    if disabled:
        environment["TELEGRAM_FORENSICS_DISABLE"] = "1"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            pathlib.Path(sys.executable).parent / "log2timeline",
            "--quiet",
            "--unattended",
            "--status_view=none",
            "--single_process",
            f"--logfile={folder / 'log'}",
            f"--storage-file={storage}",
            evidence,
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        make_evidence(evidence, count)
        empty = folder / "empty"
        empty.mkdir()
        run(evidence, folder, False)
        starts, pairs = [], []
        for _ in range(rounds):
            starts.append((run(empty, folder, False), run(empty, folder, True)))
            pairs.append((run(evidence, folder, False), run(evidence, folder, True)))
    start, start_alone = (statistics.median(item[n] for item in starts) for n in (0, 1))
    ratios = [(with_us - start) / (without - start_alone) for with_us, without in pairs]
    ratio = statistics.median(ratios)
    print(f"{count} files, {rounds} pairs of runs, user CPU time")
    print(f"with the plugin:    {statistics.median(p[0] for p in pairs):6.2f} s")
    print(f"without:            {statistics.median(p[1] for p in pairs):6.2f} s")
    print(
        f"start alone:        {start:6.2f} s and {start_alone:.2f} s: "
        f"{start - start_alone:+.2f} s (target: < 1)"
    )
    print(
        f"overhead behind it: {(ratio - 1) * 100:+6.1f} % "
        f"(min {(min(ratios) - 1) * 100:+.1f}, max {(max(ratios) - 1) * 100:+.1f}; "
        "target: < 5)"
    )
    results.record(
        "user CPU time behind the start by that without the plugin",
        ratio,
        1.05,
        is_limit=True,
    )
    results.record(
        "start: more user CPU time", start - start_alone, 1, "s", is_limit=True
    )


if __name__ == "__main__":
    main()
