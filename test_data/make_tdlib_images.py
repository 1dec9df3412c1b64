#!/usr/bin/env python3
"""Makes tdlib.E01, a telephone with Telegram X, and unigram.E01, a computer.

The images are committed; this script is needed only to make them anew:

    sudo python3 test_data/make_tdlib_images.py

It needs what make_images.py needs, and the real TDLib samples beside the repository.
The files come from tests/builders/tdlib_devices.py.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from test_data import make_images
from tests.builders import tdlib_devices

OWNER = 10123
TIME = make_images.utc("2026-11-21 22:50:00")
EXT4_SIZE = 4 * 2**20


def make_tree(files: dict[str, bytes], owner: int) -> make_images.Tree:
    """Files with times and owners."""
    tree: make_images.Tree = {}
    for path, data in files.items():
        is_own = path.startswith("data/")
        make_images.add_file(tree, path, data, TIME, owner if is_own else 0)
    make_images.settle_births(tree)
    return tree


def main() -> None:
    """Makes both images."""
    make_images.check_machine()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        tree = make_tree(tdlib_devices.make_telephone(scratch), OWNER)
        disk = scratch / "telephone.raw"
        make_images.write_ext4(tree, disk, scratch, EXT4_SIZE)
        make_images.acquire(disk, HERE / "tdlib.E01", "Telephone with Telegram X")
        tree = make_tree(tdlib_devices.make_computer(scratch), 0)
        disk = scratch / "computer.raw"
        make_images.write_ntfs(tree, disk, scratch)
        make_images.acquire(disk, HERE / "unigram.E01", "Computer with Unigram")
    for name in ("tdlib.E01", "unigram.E01"):
        print(f"{name}: {(HERE / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
