"""Our AFF4 reader against pyaff4 and libewf, on the same content in the same run.

Makes 192 MiB half of which compresses, writes it as AFF4 (zlib, snappy, lz4, stored,
each bare and below a map) and as E01 (deflate, if ewfacquire is installed), and
measures sequential reads of 1 MiB and random reads of 4 KiB. All readers take turns
within a round, and the ratios are medians over the rounds, since other processes may
load the machine. Then it opens a logical volume of 100,000 files in a process of its
own (Linux only).

    python benchmarks/aff4.py [MIB] [ROUNDS]

pyaff4 and libewf (with ewfacquire) are left out where they are not installed.
"""

from __future__ import annotations

import importlib.util
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import results as figures

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from telegram_forensics.aff4 import local  # noqa: E402
from tests.builders import aff4  # noqa: E402

MIB = 1 << 20
CHUNK = 32768
METHODS = ("zlib", "snappy", "lz4", "stored")
# pyaff4 decodes a whole bevy for any read: a few reads take as long as our thousands.
OTHER_READS = 20
OWN_READS = 4000
FILES = 100_000
Read = Callable[[int, int], bytes]
# MB/s, reads/s
Speed = tuple[float, float]

# Linux counts the peak of the parent before exec into ru_maxrss, not into VmHWM.
OPENER = """
import pathlib, re, sys, time
start = time.perf_counter()
from telegram_forensics.aff4 import local, logical
volumes = local.open_path(sys.argv[1])
tree = logical.build_tree(volumes)
seconds = time.perf_counter() - start
count = sum(1 for node in tree.files() if not node.is_folder)
status = pathlib.Path("/proc/self/status").read_text()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
print(count, seconds, peak)
"""


def make_content(size: int) -> bytes:
    """Half of every chunk is random, half is text."""
    generator = random.Random(1)
    words = [generator.randbytes(3).hex() for _ in range(200)]
    half = CHUNK // 2
    parts = []
    for _ in range(0, size, CHUNK):
        text = " ".join(generator.choices(words, k=half // 7 + 1)).encode()
        parts += [text[:half], generator.randbytes(half)]
    return b"".join(parts)[:size]


def write_aff4(path: pathlib.Path, data: bytes, method: str, with_map: bool) -> None:
    """Writes an image; with a map of one entry per 64 KiB, as Evimetry does."""
    volume = aff4.AFF4Volume()
    # pyaff4 0.34 cannot read the LZ4 form that it writes, but this one.
    volume.add_stream(
        aff4.STREAM, data, method, chunk_size=CHUNK, chunks_in_segment=1024
    )
    stream = aff4.STREAM
    if with_map:
        step = 2 * CHUNK
        entries = [
            (at, min(step, len(data) - at), at, 0) for at in range(0, len(data), step)
        ]
        volume.add_map(aff4.MAP, entries, [aff4.STREAM], size=len(data))
        stream = aff4.MAP
    volume.add_image(aff4.IMAGE, stream, size=len(data))
    path.write_bytes(volume.build(form="evimetry"))


def write_e01(folder: pathlib.Path, raw: pathlib.Path) -> pathlib.Path | None:
    """Writes an E01 with ewfacquire, None if there is none."""
    program = shutil.which("ewfacquire")
    if program is None or importlib.util.find_spec("pyewf") is None:
        return None
    target = folder / "image"
    subprocess.run(
        [program, "-u", "-q", "-t", target, "-c", "deflate:fast", "-S", "4GiB", raw],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return folder / "image.E01"


def open_ours(path: pathlib.Path) -> Read:
    """Our reader."""
    volumes = local.open_path(path)
    return volumes.open_image(volumes.image_urns()[0]).stream.read_at


def open_pyaff4(path: pathlib.Path) -> Read:
    """pyaff4."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyaff4 import container, rdfvalue

        urn = rdfvalue.URN.FromFileName(str(path))
        stream: Any = container.Container.openURNtoContainer(urn).image.dataStream

    def read(offset: int, size: int) -> bytes:
        stream.SeekRead(offset)
        return bytes(stream.Read(size))

    return read


def open_ewf(path: pathlib.Path) -> Read:
    """libewf."""
    import pyewf

    handle = pyewf.handle()
    handle.open([str(path)])

    def read(offset: int, size: int) -> bytes:
        handle.seek(offset)
        return bytes(handle.read(size))

    return read


def measure(read: Read, data: bytes, reads: int, seed: int) -> Speed:
    """Sequential and random speed; every byte that is read is compared."""
    size = len(data)
    start = time.perf_counter()
    for offset in range(0, size, MIB):
        read(offset, min(MIB, size - offset))
    sequential = size / (time.perf_counter() - start) / 1e6
    generator = random.Random(seed)
    offsets = [generator.randrange(size - 4096) // 512 * 512 for _ in range(reads)]
    start = time.perf_counter()
    parts = [read(offset, 4096) for offset in offsets]
    at_random = reads / (time.perf_counter() - start)
    if any(
        part != data[offset : offset + 4096]
        for offset, part in zip(offsets, parts, strict=True)
    ):
        raise RuntimeError("wrong data was read")
    return sequential, at_random


def median_ratio(ours: list[Speed], theirs: list[Speed], which: int) -> float:
    """Median over the rounds of ours by theirs."""
    return statistics.median(
        one[which] / other[which] for one, other in zip(ours, theirs, strict=True)
    )


def report_speed(name: str, speeds: list[Speed]) -> None:
    """Prints the medians of a reader."""
    sequential = statistics.median(speed[0] for speed in speeds)
    at_random = statistics.median(speed[1] for speed in speeds)
    print(f"{name:28}{sequential:10.0f} MB/s{at_random:12.0f} reads/s")


def report_ratio(what: str, ratio: float, target: float) -> None:
    """Prints a ratio beside its target."""
    met = "met" if ratio >= target else "MISSED"
    figures.record(what, ratio, target)
    print(f"{what:58}{ratio:10.1f} x   target {target:g} x: {met}")


def measure_images(folder: pathlib.Path, size: int, rounds: int) -> None:
    """Measures all readers on all images."""
    data = make_content(size)
    raw = folder / "image.raw"
    raw.write_bytes(data)
    readers: dict[str, tuple[Callable[[pathlib.Path], Read], pathlib.Path, int]] = {}
    has_pyaff4 = importlib.util.find_spec("pyaff4") is not None
    for method in METHODS:
        for with_map in (False, True):
            name = f"{method}{', map' if with_map else ''}"
            path = folder / f"{name}.aff4"
            write_aff4(path, data, method, with_map)
            readers[f"ours, {name}"] = (open_ours, path, OWN_READS)
            # pyaff4 opens no image without a map.
            if has_pyaff4 and with_map:
                readers[f"pyaff4, {name}"] = (open_pyaff4, path, OTHER_READS)
    e01 = write_e01(folder, raw)
    if e01 is not None:
        readers["libewf, E01 deflate"] = (open_ewf, e01, OWN_READS // 2)
    speeds: dict[str, list[Speed]] = {name: [] for name in readers}
    for number in range(rounds):
        for name, (opener, path, reads) in readers.items():
            speeds[name].append(measure(opener(path), data, reads, number))
    print(f"{size / MIB:.0f} MiB, chunks of 32 KiB, medians of {rounds} rounds")
    for name, values in speeds.items():
        report_speed(name, values)
    print()
    report_ratios(speeds)
    print()


def report_ratios(speeds: dict[str, list[Speed]]) -> None:
    """Prints all ratios that have targets."""
    names = [f"{method}, map" for method in METHODS]
    pairs = [(name, f"pyaff4, {name}", 1.0, 500.0) for name in names]
    pairs += [(name, "libewf, E01 deflate", 3.0, 3.0) for name in ("zlib", "zlib, map")]
    for name, other, sequential, at_random in pairs:
        if other not in speeds:
            print(f"{other}: not installed, not compared")
            continue
        for which, what, target in (
            (0, "sequential", sequential),
            (1, "random", at_random),
        ):
            ratio = median_ratio(speeds[f"ours, {name}"], speeds[other], which)
            report_ratio(f"{what}, ours ({name}) by {other}", ratio, target)


def measure_logical(folder: pathlib.Path, rounds: int) -> None:
    """Opens a logical volume of many files."""
    volume = aff4.AFF4Volume(dialect="C")
    times = {
        name: "2021-05-06T07:08:09.123456+03:00"
        for name in ("birthTime", "lastWritten", "lastAccessed", "recordChanged")
    }
    for number in range(FILES):
        name = f"folder {number % 997}/file {number}.txt"
        urn = f"{volume.urn}//{name.replace(' ', '%20')}"
        volume.add_file(f"./{name}", urn, str(number).encode(), times=times)
    path = folder / "logical.aff4"
    path.write_bytes(volume.build(form="pyaff4"))
    del volume
    results = []
    for _ in range(rounds):
        output = subprocess.run(
            [sys.executable, "-c", OPENER, path],
            check=True,
            capture_output=True,
            text=True,
            cwd=pathlib.Path(__file__).resolve().parents[1],
        ).stdout.split()
        if int(output[0]) != FILES:
            raise RuntimeError(f"{output[0]} files were found")
        results.append((float(output[1]), float(output[2])))
    seconds = statistics.median(result[0] for result in results)
    peak = max(result[1] for result in results)
    print(f"logical volume of {FILES} files, {path.stat().st_size / 1e6:.0f} MB")
    for what, value, unit, target in (
        ("open, with the tree", seconds, "s", 10),
        ("peak memory of the process", peak, "MiB", 300),
    ):
        met = "met" if value < target else "MISSED"
        figures.record(f"logical volume: {what}", value, target, unit, is_limit=True)
        print(f"{what:58}{value:10.1f} {unit}   target {target} {unit}: {met}")


def main() -> None:
    """Prints the figures."""
    size = (int(sys.argv[1]) if len(sys.argv) > 1 else 192) * MIB
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        measure_images(pathlib.Path(name), size, rounds)
        measure_logical(pathlib.Path(name), rounds)


if __name__ == "__main__":
    main()
