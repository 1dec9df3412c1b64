#!/usr/bin/env python3
"""Makes android_telegram.E01, a telephone with two accounts, and its ground truth.

The image is committed; this script is needed only to make it anew:

    sudo python3 test_data/make_android_image.py

It needs root (for the owners of files) and the Debian packages e2fsprogs and ewf-tools.
The files come from tests/builders/android_telephone.py.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from test_data import make_images
from tests.builders import android_telephone

NAME = "android_telegram"
COUNTS = (500, 250)
# Of the application on Android.
OWNER = 10123
TIME = make_images.utc("2026-11-20 18:22:13")
MEBIBYTE = 2**20


def write_disk(files: dict[str, bytes], disk: Path, scratch: Path) -> None:
    """Writes the files to an ext4 volume that is large enough."""
    tree: make_images.Tree = {}
    for path, data in files.items():
        owner = OWNER if path.startswith("data/data/") else 0
        make_images.add_file(tree, path, data, TIME, owner)
    make_images.settle_births(tree)
    used = sum(map(len, files.values()))
    size = max(make_images.EXT4_SIZE, (used * 5 // 4 // MEBIBYTE + 8) * MEBIBYTE)
    make_images.write_ext4(tree, disk, scratch, size)


def main() -> None:
    """Makes the image and android_truth.json.gz."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        telephone = android_telephone.make_telephone(scratch / "telephone", COUNTS)
        disk = scratch / "disk.raw"
        write_disk(telephone.files, disk, scratch)
        target = HERE / f"{NAME}.E01"
        make_images.acquire(disk, target, "Telephone with Telegram for Android")
        print(f"{target.name}: {target.stat().st_size} bytes")
    text = json.dumps(telephone.accounts, ensure_ascii=False, sort_keys=True)
    # Without a time, so that the same truth gives the same file.
    packed = gzip.compress(text.encode(), 9, mtime=0)
    (HERE / "android_truth.json.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
