#!/usr/bin/env python3
"""Makes windows_shadow_copy.E01: a tdata folder before and after a passcode was set.

The image is committed; this script is needed only to make it anew:

    sudo python3 test_data/make_shadow_copy.py

It needs root and /dev/fuse (to mount NTFS) and the Debian packages ntfs-3g and
ewf-tools. The shadow copy is written by tests/builders/vss.py.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.builders import tdata, vss

NAME = "windows_shadow_copy"
TDATA = "Users/Zoë/AppData/Roaming/Telegram Desktop/tdata"
PASSCODE = "sesame open 99"
# 2025-11-20 00:53:20 UTC as 100 ns since 1601.
SHADOW_COPY_TIME = (1_763_600_000 + 11_644_473_600) * 10**7


def account(draft: str) -> tdata.BuiltAccount:
    """The account, with what it had not sent at that time."""
    return tdata.BuiltAccount(
        index=0,
        user_id=8123456701,
        main_dc=4,
        auth_keys={4: tdata.made_up_key("vss 4"), 2: tdata.made_up_key("vss 2")},
        first_name="Zoë",
        last_name="Kerr",
        phone="48500000701",
        username="zoe_kerr",
        drafts=[(640011223, draft)],
    )


def write(disk: Path, work: Path, passcode: str, draft: str) -> bytes:
    """Writes the tdata folder anew and gives the volume."""
    mount_point = work / "mount"
    mount_point.mkdir(exist_ok=True)
    subprocess.run(["ntfs-3g", disk, mount_point], check=True)
    try:
        (mount_point / "Windows" / "System32").mkdir(parents=True, exist_ok=True)
        folder = mount_point / TDATA
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        tdata.build_tdata(
            folder,
            [account(draft)],
            passcode=passcode,
            local_key=tdata.made_up_key("vss local"),
            rng=random.Random(5),
            usertag=0x1122334455667788,
        )
    finally:
        subprocess.run(["umount", mount_point], check=True)
    return disk.read_bytes()


def main() -> None:
    """Makes the image."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        disk = work / "volume.raw"
        disk.write_bytes(bytes(4 * 2**20))
        subprocess.run(["mkntfs", "-F", "-q", "-Q", "-L", "Windows", disk], check=True)
        before = write(disk, work, "", "before")
        now = write(disk, work, PASSCODE, "after")
        volume = vss.add_shadow_copy(now, before, SHADOW_COPY_TIME)
        (work / f"{NAME}.raw").write_bytes(volume)
        subprocess.run(
            ["ewfacquire", "-u", "-q", "-c", "deflate:best", "-t", NAME, f"{NAME}.raw"],
            check=True,
            cwd=work,
            stdout=subprocess.DEVNULL,
        )
        shutil.copy(work / f"{NAME}.E01", HERE)


if __name__ == "__main__":
    main()
