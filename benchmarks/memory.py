"""Highest memory of stock log2timeline for one large input of each kind.

Writes each input of `tests/builders/large_inputs.py` (values, logs, exports, blocks
that grow when they are unpacked) and runs log2timeline over it in a single process,
where parsers and timeliner share the memory. Target: never more than 512 MiB.

    python benchmarks/memory.py [MEGABYTES] [NAME ...]
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import results

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.builders import large_inputs  # noqa: E402

COMMANDS = pathlib.Path(sys.executable).parent
LIMIT_MEBIBYTES = 512
PARSERS = "telegram"


def make(name: str, folder: pathlib.Path, size: int) -> int:
    """Writes an input; bytes on the disk."""
    folder.mkdir(parents=True)
    large_inputs.MAKERS[name](folder, size)
    return large_inputs.total_size(folder)


def run(source: pathlib.Path, folder: pathlib.Path) -> tuple[int, float, str]:
    """Highest memory in MiB, processor seconds, what came out."""
    storage = folder / "case.plaso"
    storage.unlink(missing_ok=True)
    process = subprocess.Popen(
        [
            *(COMMANDS / "log2timeline", "--quiet", "--unattended"),
            *("--status_view=none", "--single_process", f"--parsers={PARSERS}"),
            *(f"--logfile={folder / 'log'}", f"--storage-file={storage}", source),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"log2timeline ended with {status}: {folder / 'log'}")
    return usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime, count(storage)


def count(storage: pathlib.Path) -> str:
    """Number of events and warnings in a storage file."""
    connection = sqlite3.connect(storage)
    found = []
    for table in ("event", "extraction_warning"):
        query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        number = 0
        if connection.execute(query, (table,)).fetchone()[0]:
            number = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        found.append(f"{number:7}")
    connection.close()
    return " ".join(found)


def main() -> int:
    """Prints the table; 1 if something took more than the limit."""
    size = int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 256 << 20
    names = sys.argv[2:] or list(large_inputs.MAKERS)
    worst = 0
    head = ("input", "on disk", "memory", "processor", "clock", "events", "warned")
    print("{:<22} {:>10} {:>10} {:>10} {:>9} {:>7} {:>7}".format(*head))
    with tempfile.TemporaryDirectory() as temporary:
        for name in ["", *names]:
            folder = pathlib.Path(temporary) / (name or "empty")
            source = folder / "evidence"
            written = 0
            # Some hundred thousand events tell as much of memory as millions.
            part = size // 32 if name in large_inputs.MANY_EVENTS else size
            if name:
                # In a process of its own: one that is started counts its parent's.
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    written = pool.apply(make, (name, source, part))
            else:
                source.mkdir(parents=True)
            images = list(source.glob("*.aff4"))
            begin = time.monotonic()
            memory, seconds, found = run(images[0] if images else source, folder)
            worst = max(worst, memory)
            results.record(
                f"{name or 'nothing'}: most memory",
                memory,
                LIMIT_MEBIBYTES,
                "MiB",
                is_limit=True,
            )
            print(
                f"{name or '(nothing)':<22} {written / 1e6:7.0f} MB {memory:6} MiB "
                f"{seconds:8.1f} s {time.monotonic() - begin:7.1f} s {found}",
                flush=True,
            )
            subprocess.run(["rm", "-rf", folder], check=True)
    print(f"worst: {worst} MiB of {LIMIT_MEBIBYTES} ({worst / LIMIT_MEBIBYTES:.2f})")
    return 1 if worst > LIMIT_MEBIBYTES else 0


if __name__ == "__main__":
    sys.exit(main())
