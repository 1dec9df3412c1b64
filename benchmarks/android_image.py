"""A telephone with many messages through the stock tools, checked row by row.

Makes a disk with ext4 and two accounts, puts it into an E01 and an AFF4 image, runs
stock log2timeline and psort over each, compares every message of the timeline with the
ground truth, and prints what that took.

    sudo python3 benchmarks/android_image.py [MESSAGES] [WORKERS]

It needs root and the Debian packages e2fsprogs and ewf-tools.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from test_data import make_android_image, make_images
from tests import android_truth
from tests.builders import android_telephone
from tests.end_to_end import support
from tests.vfs import aff4_support


def make_evidence(folder: pathlib.Path, count: int) -> tuple[list, dict]:
    """Makes the images; gives the ground truth and the images by name."""
    telephone = android_telephone.make_telephone(
        folder / "telephone", (count, count // 10)
    )
    disk = folder / "disk.raw"
    make_android_image.write_disk(telephone.files, disk, folder)
    make_images.acquire(disk, folder / "telephone.E01", "Telephone")
    packed = aff4_support.one_stream(disk.read_bytes(), "lz4")
    (folder / "telephone.aff4").write_bytes(packed)
    size = disk.stat().st_size
    disk.unlink()
    print(f"disk: {size / 2**20:.0f} MiB")
    images = {name: folder / f"telephone.{name}" for name in ("E01", "aff4")}
    return telephone.accounts, images


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    workers = sys.argv[2] if len(sys.argv) > 2 else "1"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        start = time.monotonic()
        accounts, images = make_evidence(folder, count)
        print(f"made in {time.monotonic() - start:.0f} s")
        for kind, image in images.items():
            own = folder / kind
            own.mkdir()
            start = time.monotonic()
            timeline = support.make_timeline(image, own, "--workers", workers)
            seconds = time.monotonic() - start
            records = android_truth.join_events(timeline.events)
            numbers = [
                android_truth.check_account(records, account) for account in accounts
            ]
            carved = len([item for item in records if item.get("recovery_method")])
            warnings = support.warnings(timeline.storage, own)
            print(
                f"{kind}: {sum(numbers)} messages of {len(timeline.events)} events, "
                f"all as in the ground truth; {carved} carved rows, "
                f"{len(warnings)} warnings; log2timeline and psort: {seconds:.0f} s"
            )


if __name__ == "__main__":
    main()
