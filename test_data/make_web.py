#!/usr/bin/env python3
"""Makes web.E01 and web_linux.E01: profiles of browsers with Telegram's web clients.

The images are committed; this script is needed only to make them anew:

    sudo python3 test_data/make_web.py

It needs what make_images.py needs, and the profiles of ../shared/samples/web, which
real browsers wrote. `web_truth.json` says which profile lies where.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from test_data import make_images

SAMPLES = HERE.parents[1] / "shared" / "samples" / "web"
TIME = make_images.utc("2026-11-21 23:10:00")
OLGA_ID, MARK_ID = 1000, 1001
# Not Telegram's, or never read.
SKIPPED = re.compile(r"History$|Session Storage|-shm$|LOCK$|Service Worker/ScriptCache")
APP_DATA = "Users/olga/AppData"
USER_DATA = "User Data/Default"
# Folder of the profile, sample, browser, user.
WINDOWS = (
    (
        f"{APP_DATA}/Local/Google/Chrome/{USER_DATA}",
        "chromium156_leveldb_weba",
        "Chrome",
        "olga",
    ),
    (
        f"{APP_DATA}/Local/Google/Chrome/User Data/Profile 1",
        "chromium156_leveldb_webk",
        "Chrome",
        "olga",
    ),
    (
        f"{APP_DATA}/Local/Microsoft/Edge/{USER_DATA}",
        "chromium113_leveldb_webogram_webz",
        "Edge",
        "olga",
    ),
    (
        f"{APP_DATA}/Local/BraveSoftware/Brave-Browser/{USER_DATA}",
        "chromium156_leveldb_weba_passcode",
        "Brave",
        "olga",
    ),
    (
        f"{APP_DATA}/Roaming/Opera Software/Opera Stable",
        "chromium156_leveldb_webk_passcode",
        "Opera",
        "olga",
    ),
    (
        f"Users/mark/AppData/Local/Vivaldi/{USER_DATA}",
        "chromium156_sqlite_webk",
        "Vivaldi",
        "mark",
    ),
    (
        f"Users/mark/AppData/Local/Yandex/YandexBrowser/{USER_DATA}",
        "chromium113_leveldb_webogram_webz",
        "Yandex",
        "mark",
    ),
    (
        "Users/mark/AppData/Roaming/Mozilla/Firefox/Profiles/a1b2c3d4.default",
        "firefox153_weba",
        "Firefox",
        "mark",
    ),
)
LINUX = (
    (
        "home/olga/.config/google-chrome/Default",
        "chromium156_leveldb_webk",
        "Chrome",
        "olga",
    ),
    (
        "home/olga/snap/chromium/common/chromium/Default",
        "chromium113_leveldb_webogram_webz",
        "Chromium",
        "olga",
    ),
    (
        "home/mark/.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/"
        "Default",
        "chromium156_leveldb_webk_passcode",
        "Brave",
        "mark",
    ),
    (
        "home/mark/.mozilla/firefox/a1b2c3d4.default-esr",
        "firefox153_webk",
        "Firefox",
        "mark",
    ),
)
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\n"
    f"olga:x:{OLGA_ID}:{OLGA_ID}::/home/olga:/bin/bash\n"
    f"mark:x:{MARK_ID}:{MARK_ID}::/home/mark:/bin/bash\n"
)


def _tree(profiles: tuple[tuple[str, str, str, str], ...]) -> make_images.Tree:
    tree: make_images.Tree = {}
    for folder, sample, _, user in profiles:
        root = SAMPLES / sample
        owner = OLGA_ID if user == "olga" else MARK_ID
        base = root / "Default" if (root / "Default").is_dir() else root
        for path in sorted(base.rglob("*")):
            name = path.relative_to(base).as_posix()
            if path.is_file() and not SKIPPED.search(name) and "truth" not in name:
                target = f"{folder}/{name}"
                make_images.add_file(tree, target, path.read_bytes(), TIME, owner)
    return tree


def windows() -> make_images.Tree:
    """Files of the Windows computer."""
    tree = _tree(WINDOWS)
    make_images.add_folders(tree, "Windows/System32/config")
    return tree


def linux() -> make_images.Tree:
    """Files of the Linux computer."""
    tree = _tree(LINUX)
    make_images.add_file(tree, "etc/passwd", PASSWD.encode(), make_images.INSTALLED)
    name = b'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
    make_images.add_file(tree, "etc/os-release", name, make_images.INSTALLED)
    return tree


def main() -> None:
    """Makes the images and web_truth.json."""
    make_images.check_machine()
    truth: dict[str, Any] = {}
    for name, tree, write, profiles in (
        ("web.E01", windows(), make_images.write_ntfs, WINDOWS),
        ("web_linux.E01", linux(), make_images.write_ext4, LINUX),
    ):
        make_images.settle_births(tree)
        with tempfile.TemporaryDirectory() as scratch:
            disk = Path(scratch) / "disk.raw"
            write(tree, disk, Path(scratch))
            make_images.acquire(disk, HERE / name, "Telegram Web in browsers")
        data = (HERE / name).read_bytes()
        truth[name] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "profiles": [
                dict(zip(("folder", "sample", "browser", "user"), item, strict=True))
                for item in profiles
            ],
        }
        print(f"{name}: {len(data)} bytes")
    text = json.dumps(truth, indent=1)
    (HERE / "web_truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
