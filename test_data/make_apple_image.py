#!/usr/bin/env python3
"""Makes macos_telegram.E01, a Mac with two builds of native Telegram.

The image is committed; this script is needed only to make it anew:

    sudo python3 test_data/make_apple_image.py

It needs root (for the owners of files) and the Debian packages e2fsprogs and ewf-tools.
The files come from tests/builders/apple_store.py; the volume is ext4, for want of a
program that writes APFS.
"""

from __future__ import annotations

import plistlib
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from test_data import make_images
from tests.builders import apple_store

NAME = "macos_telegram"
OWNER = 501
TIME = make_images.utc("2026-11-20 18:22:13")
SYSTEM = {
    "ProductName": "macOS",
    "ProductVersion": "14.2",
    "ProductBuildVersion": "23C64",
}


def main() -> None:
    """Makes the image."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        root = scratch / "mac"
        containers = root / "Users" / "olga" / "Library" / "Group Containers"
        apple_store.make_mac_with_two_builds(containers)
        tree: make_images.Tree = {}
        for path in sorted(root.rglob("*")):
            if path.is_file():
                target = path.relative_to(root).as_posix()
                make_images.add_file(tree, target, path.read_bytes(), TIME, OWNER)
        make_images.add_file(
            tree,
            "System/Library/CoreServices/SystemVersion.plist",
            plistlib.dumps(SYSTEM),
            make_images.INSTALLED,
        )
        make_images.settle_births(tree)
        disk = scratch / "disk.raw"
        make_images.write_ext4(tree, disk, scratch, make_images.EXT4_SIZE)
        target = HERE / f"{NAME}.E01"
        make_images.acquire(disk, target, "Mac with native Telegram")
        print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
