#!/usr/bin/env python3
"""Makes the two images of the model case, test_data/case, and their ground truth.

The images are committed; this script is needed only to make them anew:

    sudo python3 test_data/make_case.py

It needs what make_images.py needs. What lies in the images is said in
tests/builders/case.py.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from test_data import make_images
from tests.builders import aff4, case

FOLDER = HERE / "case"
TIME = make_images.utc("2026-11-20 18:40:00")
ANDROID_USER = 10123
# As common acquisition tools do.
CHUNK_SIZE = 32768
CHUNKS_IN_SEGMENT = 64


def _tree(files: dict[str, bytes], owner: int) -> make_images.Tree:
    tree: make_images.Tree = {}
    for path, data in files.items():
        of_user = owner if path.startswith("data/data/") else 0
        make_images.add_file(tree, path, data, TIME, of_user)
    return tree


def write_computer(target: Path, scratch: Path) -> None:
    """The office computer: NTFS in an E01."""
    tree = _tree(case.computer(scratch), 0)
    make_images.add_folders(tree, "Windows/System32/config")
    make_images.settle_births(tree)
    disk = scratch / "disk.raw"
    make_images.write_ntfs(tree, disk, scratch)
    make_images.acquire(disk, target, "Model case: the office computer")


def write_telephone(target: Path, scratch: Path) -> None:
    """The telephone: ext4 in an AFF4 image."""
    tree = _tree(case.telephone(scratch), ANDROID_USER)
    make_images.settle_births(tree)
    disk = scratch / "disk.raw"
    make_images.write_ext4(tree, disk, scratch)
    data = disk.read_bytes()
    volume = aff4.AFF4Volume()
    volume.add_stream(
        aff4.STREAM,
        data,
        chunk_size=CHUNK_SIZE,
        chunks_in_segment=CHUNKS_IN_SEGMENT,
    )
    volume.add_map(aff4.MAP, [(0, len(data), 0, 0)], [aff4.STREAM], size=len(data))
    volume.add_image(aff4.IMAGE, aff4.MAP, size=len(data))
    term = aff4.hash_term("sha1", data)
    volume.add_object(aff4.STREAM, (), ("hash", term))
    target.write_bytes(volume.build())


def main() -> None:
    """Makes the images, case.yaml and truth.json."""
    make_images.check_machine()
    FOLDER.mkdir(exist_ok=True)
    truth = dict(case.TRUTH)
    hashes = {}
    for name, write in (
        ("office.E01", write_computer),
        ("telephone.aff4", write_telephone),
    ):
        with tempfile.TemporaryDirectory() as scratch:
            write(FOLDER / name, Path(scratch))
        data = (FOLDER / name).read_bytes()
        hashes[name] = hashlib.sha256(data).hexdigest()
        print(f"{name}: {len(data)} bytes")
    truth["sha256"] = hashes
    text = json.dumps(truth, indent=1, sort_keys=True)
    (FOLDER / "truth.json").write_text(text + "\n", encoding="utf-8")
    (FOLDER / "case.yaml").write_text(case.CASE, encoding="utf-8")


if __name__ == "__main__":
    main()
