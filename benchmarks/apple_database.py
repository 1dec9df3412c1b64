"""How fast a database of iOS or macOS is read, and how much memory it takes.

Makes a database of the given number of messages in clear (iOS) and encrypted (macOS)
and runs stock log2timeline over each in a single process: events per second of CPU
time, and the highest memory. The time of a run over an empty folder is taken off. With
a second size the memory of both is compared: it must not grow with the database.

    python benchmarks/apple_database.py [MESSAGES] [MESSAGES]
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import results

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.builders import apple_store  # noqa: E402

COMMANDS = pathlib.Path(sys.executable).parent
PARSERS = "telegram_apple_encrypted,sqlite/telegram_apple_database"
A_ROUND = 130


def run(evidence: pathlib.Path, folder: pathlib.Path) -> tuple[float, float, int]:
    """Seconds of CPU, seconds on the clock, highest memory in MiB."""
    storage = folder / "case.plaso"
    storage.unlink(missing_ok=True)
    started = time.monotonic()
    process = subprocess.Popen(
        [
            *(COMMANDS / "log2timeline", "--quiet", "--unattended"),
            *("--status_view=none", "--single_process", "--hashers=none"),
            *(f"--parsers={PARSERS}", f"--logfile={folder / 'log'}"),
            *(f"--storage-file={storage}", evidence),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"log2timeline ended with {status}")
    return (
        usage.ru_utime + usage.ru_stime,
        time.monotonic() - started,
        usage.ru_maxrss // 1024,
    )


def make(kind: str, folder: pathlib.Path, rounds: int) -> tuple[str, str, int]:
    """Makes a database; root, path and number of messages."""
    made = {"iOS": apple_store.make_ios, "macOS": apple_store.make_macos}[kind](
        folder, rounds=rounds
    )
    return str(made.root), str(made.path), len(made.database.messages)


def measure(messages: int, folder: pathlib.Path) -> None:
    """Prints the figures of one size."""
    rounds = max(1, messages // A_ROUND)
    (folder / "empty").mkdir(parents=True)
    idle, _, memory = run(folder / "empty", folder)
    print(f"{messages} messages; log2timeline alone: {idle:.1f} s, {memory} MiB")
    for name in ("iOS", "macOS"):
        # In a process of its own: one that is started counts the memory of its parent.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            root, path, count = pool.apply(make, (name, folder / name, rounds))
        size = pathlib.Path(path).stat().st_size / 1e6
        seconds, clock, memory = run(pathlib.Path(root), folder)
        speed = count / (seconds - idle)
        results.record(
            f"{name}, {size:.0f} MB: memory", memory, 512, "MiB", is_limit=True
        )
        results.record(f"{name}: messages per second of CPU", speed, 1000)
        print(
            f"  {name}: {count} messages, {size:.0f} MB: {speed:.0f} "
            f"messages per second of CPU, {clock:.0f} s, {memory} MiB"
        )


def main() -> None:
    """Prints the figures."""
    sizes = [int(text) for text in sys.argv[1:]] or [20_000]
    with tempfile.TemporaryDirectory() as name:
        for number, size in enumerate(sizes):
            measure(size, pathlib.Path(name) / str(number))


if __name__ == "__main__":
    main()
