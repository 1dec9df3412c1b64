#!/usr/bin/env python3
"""Makes the disk images of this folder and the file with their ground truth.

The images are committed; this script is needed only to make them anew:

    sudo python3 test_data/make_images.py

It needs root (to mount NTFS, and for the owners of files), /dev/fuse, the Debian
packages named in `TOOLS`, and the Python packages of the tests. The tdata folders come
from test_data/samples (written by the real client) and from tests/builders/tdata.py.
Content, owners and times of the files are the same in every run; serial numbers and
the times of NTFS system files and of the acquisition are not.
"""

from __future__ import annotations

import calendar
import dataclasses
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.builders import tdata

# Program -> Debian package.
TOOLS = {
    "debugfs": "e2fsprogs",
    "ewfacquire": "ewf-tools",
    "mke2fs": "e2fsprogs",
    "mkntfs": "ntfs-3g",
    "ntfs-3g": "ntfs-3g",
    "sgdisk": "gdisk",
    "umount": "mount",
}

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

SECTOR = 512
PARTITION_START = 2048
NTFS_SIZE = 10 * 2**20
EXT4_SIZE = 8 * 2**20

MFT_RECORD_SIZE = 1024
ATTRIBUTE_STANDARD_INFORMATION = 0x10
ATTRIBUTE_FILE_NAME = 0x30

# Added to seconds since 1970 to get seconds since 1601 (NTFS).
SECONDS_1601_TO_1970 = 11644473600

ANA = "desktop-ana-one-account-no-passcode"
MARTA = "desktop-marta-one-account-no-passcode"
MARTA_TWO = "desktop-marta-two-accounts-passcode"
COPIED = "desktop-marta-copied-tdata"

BUILT_NAME = "tests/builders/tdata.py"


def utc(text: str) -> int:
    """Gives the seconds since 1970 of a time such as 2026-11-18 09:15:02."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


INSTALLED = utc("2026-11-18 08:00:00")


@dataclasses.dataclass
class Entry:
    """A file or folder of an image.

    Attributes:
        data: content, None for a folder.
        mtime: modification time, seconds since 1970.
        owner: user id.
        birth: creation time; None: that of the modification, as for every file that a
            program saves anew and renames, or, for a folder, the first time in it.
    """

    data: bytes | None
    mtime: int
    owner: int = 0
    birth: int | None = None

    @property
    def change(self) -> int:
        """Time of the last change of the metadata."""
        return max(self.mtime, self.birth or 0)


Tree = dict[PurePosixPath, Entry]


def add_file(tree: Tree, path: str, data: bytes, mtime: int, owner: int = 0) -> None:
    """Adds a file and the folders above it that are still missing."""
    tree[PurePosixPath(path)] = Entry(data, mtime, owner)
    add_folders(tree, str(PurePosixPath(path).parent), owner)


def add_folders(tree: Tree, path: str, owner: int = 0) -> None:
    """Adds a folder and those above it that are still missing."""
    folder = PurePosixPath(path)
    for part in (folder, *folder.parents):
        if part.parts:
            tree.setdefault(part, Entry(None, INSTALLED, owner))


def read_sample(name: str) -> Iterator[tuple[str, bytes | None, int]]:
    """Gives path below the home folder, content and time of a sample's entries."""
    with tarfile.open(HERE / "samples" / name / "home.tar.gz") as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts[2:]
            if not parts:
                continue
            data = None
            if member.isfile():
                file_object = archive.extractfile(member)
                assert file_object is not None
                data = file_object.read()
            yield "/".join(parts), data, int(member.mtime)


def add_sample(
    tree: Tree,
    name: str,
    folders: dict[str, str],
    owner: int = 0,
    copied: int | None = None,
) -> None:
    """Adds the parts of a sample that lie in certain folders.

    Args:
        tree: gets the entries.
        name: name of the sample.
        folders: folder below the sample's home folder -> folder of the image. The
            first one that fits is taken; "" as target leaves it out.
        owner: user id of the files.
        copied: time at which older files were copied here, with the modification
            times kept.
    """
    for path, data, mtime in read_sample(name):
        for source, target in folders.items():
            if path == source or path.startswith(f"{source}/"):
                if target:
                    birth = copied if copied and mtime < copied else None
                    whole = PurePosixPath(target + path[len(source) :])
                    tree[whole] = Entry(data, mtime, owner, birth)
                    add_folders(tree, str(whole.parent), owner)
                break


def add_export(tree: Tree, folder: str) -> None:
    """Adds the data exports that the client of MARTA_TWO made, JSON and HTML."""
    for name in ("json", "html"):
        with tarfile.open(HERE / "exports" / "marta" / f"{name}.tar.gz") as archive:
            for member in archive:
                data = None
                if member.isfile():
                    file_object = archive.extractfile(member)
                    assert file_object is not None
                    data = file_object.read()
                path = PurePosixPath(folder) / member.name
                tree[path] = Entry(data, int(member.mtime), 0)


def read_truth(name: str) -> dict[str, Any]:
    """Reads the ground truth of a sample."""
    text = (HERE / "samples" / name / "truth.json").read_text(encoding="utf-8")
    truth: dict[str, Any] = json.loads(text)
    return truth


def key_ids(keys: dict[str, Any]) -> dict[str, str]:
    """Gives data center -> key id for the keys of a sample's ground truth."""
    return {
        dc: tdata.session_identifier(bytes.fromhex(key["key_hex"]))
        for dc, key in sorted(keys.items())
    }


def sample_truth(path: str, name: str) -> dict[str, Any]:
    """Gives the ground truth of a tdata folder that came from a sample."""
    truth = read_truth(name)
    accounts = []
    for account in truth["accounts"]:
        keys = key_ids(account["auth_keys"])
        accounts.append(
            {
                "index": account["index"],
                "user_id": account["user_id"],
                "main_dc": account["main_dc"],
                "session_identifier": keys[str(account["main_dc"])],
                "key_identifiers": keys,
                "keys_to_destroy": key_ids(account["keys_to_destroy"]),
                "drafts": [
                    {"peer_id": draft["peer_id"], "text": draft["text"]}
                    for draft in account["drafts"]
                ],
            }
        )
    return {
        "path": path,
        "source": f"samples/{name}",
        "client_version": truth["key_file_version"],
        "passcode": truth["passcode"],
        "active_index": truth["active_index"],
        "accounts": accounts,
    }


# The tdata of Zoë, with the times at which its files were last saved.

BUILT_ACCOUNTS = [
    tdata.BuiltAccount(
        index=0,
        user_id=8123456701,
        main_dc=4,
        auth_keys={4: tdata.made_up_key("zoë 4"), 2: tdata.made_up_key("zoë 2")},
        first_name="Zoë",
        last_name="Łukasik-Ünal",
        phone="48500000701",
        username="zoe_lukasik",
        about="déjà vu ☕",
        last_seen=utc("2026-11-20 18:21:09"),
        drafts=[(8123456701, "zażółć gęślą jaźń"), (640011223, "jutro o 7?")],
    ),
    tdata.BuiltAccount(
        index=1,
        user_id=640011223,
        main_dc=2,
        auth_keys={2: tdata.made_up_key("зоя 2")},
        keys_to_destroy={2: tdata.made_up_key("зоя, earlier session")},
        first_name="Зоя",
        last_name="",
        phone="380000000223",
        username="",
        about="",
        last_seen=utc("2026-11-19 21:40:00"),
    ),
    tdata.BuiltAccount(
        index=2,
        user_id=1370042042,
        main_dc=5,
        auth_keys={5: tdata.made_up_key("ゾエ 5")},
        first_name="ゾエ",
        last_name="🦊",
        phone="810000000042",
        username="zoe_fox",
        about="",
        last_seen=utc("2026-11-20 07:59:59"),
        drafts=[(777000, "?")],
    ),
]
BUILT_ACTIVE = 1
BUILT_USERTAG = 0x5A6F652054616721
BUILT_LOGINS = {
    "D877F783D5D3EF8Cs": utc("2026-11-18 09:17:40"),
    "A7FDF864FBC10B77s": utc("2026-11-19 20:02:11"),
    "F8806DD0C461824Fs": utc("2026-11-20 07:45:33"),
}
BUILT_TIMES = {
    **BUILT_LOGINS,
    "usertag": utc("2026-11-18 09:15:02"),
    "settingss": utc("2026-11-20 18:20:41"),
    "key_datas": utc("2026-11-20 07:45:34"),
}
# The maps and drafts, and the folders.
BUILT_OTHER_TIME = utc("2026-11-20 18:22:13")


def add_built(tree: Tree, path: str) -> None:
    """Adds the tdata folder that the builder writes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tdata"
        tdata.build_tdata(
            folder,
            BUILT_ACCOUNTS,
            active=BUILT_ACTIVE,
            usertag=BUILT_USERTAG,
            settings=tdata.settings_blocks(
                auto_start=1,
                last_update_check=utc("2026-11-20 18:20:41"),
                dialog_last_path="C:/Users/Zoë/Obrazy",
            ),
            rng=random.Random("windows_telegram"),
        )
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                mtime = BUILT_TIMES.get(file.name, BUILT_OTHER_TIME)
                target = f"{path}/{file.relative_to(folder).as_posix()}"
                add_file(tree, target, file.read_bytes(), mtime)
    for folder_name in ("", *(name.rstrip("s") for name in BUILT_LOGINS)):
        entry = tree[PurePosixPath(path, folder_name)]
        entry.mtime = BUILT_OTHER_TIME
        entry.birth = BUILT_LOGINS.get(f"{folder_name}s", BUILT_TIMES["usertag"])


def built_truth(path: str) -> dict[str, Any]:
    """Gives the ground truth of the tdata folder that the builder writes."""

    def ids(keys: dict[int, bytes]) -> dict[str, str]:
        return {
            str(dc): tdata.session_identifier(key) for dc, key in sorted(keys.items())
        }

    accounts = []
    for account in BUILT_ACCOUNTS:
        main_key = account.auth_keys[account.main_dc]
        accounts.append(
            {
                "index": account.index,
                "user_id": account.user_id,
                "main_dc": account.main_dc,
                "session_identifier": tdata.session_identifier(main_key),
                "key_identifiers": ids(account.auth_keys),
                "keys_to_destroy": ids(account.keys_to_destroy),
                "first_name": account.first_name,
                "last_name": account.last_name,
                "phone": account.phone,
                "username": account.username,
                "about": account.about,
                "drafts": [
                    {"peer_id": peer, "text": text} for peer, text in account.drafts
                ],
            }
        )
    return {
        "path": path,
        "source": BUILT_NAME,
        "client_version": tdata.DEFAULT_VERSIONS["modern"],
        "passcode": "",
        "active_index": BUILT_ACTIVE,
        "accounts": accounts,
    }


def windows_image() -> tuple[Tree, list[dict[str, Any]]]:
    """Gives the content of the Windows image and its ground truth."""
    installed = "Users/Marta/AppData/Roaming/Telegram Desktop"
    portable = "Users/Marta/Desktop/Portable Telegram"
    built = "Users/Zoë/AppData/Roaming/Telegram Desktop/tdata"
    work = ".local/share/TelegramDesktop"
    tree: Tree = {}
    add_folders(tree, "Windows/System32/config")
    add_folders(tree, "Program Files")
    add_sample(tree, MARTA_TWO, {work: installed, "Downloads": "Users/Marta/Downloads"})
    add_export(tree, "Users/Marta/Downloads/Telegram Desktop")
    add_sample(tree, ANA, {f"{work}/DebugLogs": "", work: portable})
    add_built(tree, built)
    truth = [
        sample_truth(f"/{installed}/tdata", MARTA_TWO),
        sample_truth(f"/{portable}/tdata", ANA),
        built_truth(f"/{built}"),
    ]
    return tree, truth


# When guest7 copied the tdata of marta, by the folder made for it.
COPY_TIME = utc("2026-11-21 23:31:13")

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
marta:x:1000:1000:Marta,,,:/home/marta:/bin/bash
guest7:x:1001:1001:guest7,,,:/home/guest7:/bin/bash
"""
OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
"""


def linux_image() -> tuple[Tree, list[dict[str, Any]]]:
    """Gives the content of the Linux image and its ground truth."""
    work = ".local/share/TelegramDesktop"
    tree: Tree = {}
    for path, text in {
        "etc/hostname": "pier7\n",
        "etc/os-release": OS_RELEASE,
        "etc/passwd": PASSWD,
        "etc/timezone": "Etc/UTC\n",
    }.items():
        add_file(tree, path, text.encode(), INSTALLED)
    truth = []
    for user, owner, name, copied in (
        ("marta", 1000, MARTA, None),
        ("guest7", 1001, COPIED, COPY_TIME),
    ):
        home = f"home/{user}"
        folders = {part: f"{home}/{part}" for part in (".local", "Downloads")}
        add_sample(tree, name, folders, owner, copied)
        tree[PurePosixPath(home)] = Entry(None, INSTALLED, owner)
        truth.append(sample_truth(f"/{home}/{work}/tdata", name))
    tree[PurePosixPath("home")] = Entry(None, INSTALLED)
    return tree, truth


# Writing.


def run(program: str, *arguments: str | Path, text: str | None = None) -> str:
    """Runs a program and gives its output.

    Raises:
        SystemExit: if the program is missing or fails.
    """
    found = shutil.which(program, path=SEARCH_PATH)
    if not found:
        raise SystemExit(
            f"{program} is missing: install the Debian package {TOOLS[program]}"
        )
    result = subprocess.run(
        [found, *map(str, arguments)],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        env={"PATH": SEARCH_PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )
    if result.returncode:
        raise SystemExit(f"{program} failed ({result.returncode}):\n{result.stdout}")
    return result.stdout


def settle_births(tree: Tree) -> None:
    """Sets the creation times that are still open."""
    births: dict[PurePosixPath, int] = {}
    for path, entry in tree.items():
        birth = entry.mtime if entry.birth is None else entry.birth
        for part in (path, *path.parents):
            births[part] = min(birth, births.get(part, birth))
    for path, entry in tree.items():
        if entry.birth is None:
            entry.birth = births[path]


def settle_ntfs_times(volume: Path) -> None:
    """Ends the traces of the building in the times of an NTFS volume.

    ntfs-3g sets three times of a file as it is told, but the fourth (change of the MFT
    entry), and all four of the file name attribute, to the clock. Here the fourth
    becomes the modification time, and the file name attribute gets the creation time,
    as when a file was made under its name.
    """
    data = bytearray(volume.read_bytes())
    for record in range(0, len(data), MFT_RECORD_SIZE):
        if data[record : record + 4] != b"FILE":
            continue
        (first,) = struct.unpack_from("<H", data, record + 20)
        attribute = record + first
        creation = None
        while True:
            kind, size = struct.unpack_from("<2I", data, attribute)
            if kind not in (ATTRIBUTE_STANDARD_INFORMATION, 0x20, ATTRIBUTE_FILE_NAME):
                break
            (content,) = struct.unpack_from("<H", data, attribute + 20)
            times = attribute + content
            if kind == ATTRIBUTE_STANDARD_INFORMATION:
                creation, modification = struct.unpack_from("<2Q", data, times)
                struct.pack_into("<Q", data, times + 16, modification)
            elif kind == ATTRIBUTE_FILE_NAME and creation is not None:
                struct.pack_into("<4Q", data, times + 8, *[creation] * 4)
            attribute += size
    volume.write_bytes(data)


def write_tree(tree: Tree, root: Path, *, set_owner: bool) -> None:
    """Writes the entries below a folder; times are set last, deepest first."""
    for path, entry in sorted(tree.items()):
        target = root / path
        if entry.data is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.write_bytes(entry.data)
        if set_owner:
            os.chown(target, entry.owner, entry.owner)
            target.chmod(0o755 if entry.data is None else 0o644)
    for path, entry in sorted(tree.items(), reverse=True):
        os.utime(root / path, (entry.mtime, entry.mtime))


def write_ntfs(tree: Tree, disk: Path, scratch: Path) -> None:
    """Writes a GPT disk with one NTFS volume."""
    volume, mount_point = scratch / "volume", scratch / "mounted"
    with volume.open("wb") as file_object:
        file_object.truncate(NTFS_SIZE)
    run(
        "mkntfs",
        *("-F", "-Q", "-q", "-L", "Windows", "-s", str(SECTOR), "-c", "4096"),
        *("-p", str(PARTITION_START), "-H", "255", "-S", "63"),
        volume,
    )
    mount_point.mkdir()
    run("ntfs-3g", "-o", "locale=C.UTF-8", volume, mount_point)
    try:
        write_tree(tree, mount_point, set_owner=False)
        for path, entry in sorted(tree.items(), reverse=True):
            # Creation, modification, access and change of the MFT entry.
            times = (entry.birth or 0, entry.mtime, entry.mtime, entry.change)
            value = struct.pack(
                "=4Q", *((each + SECONDS_1601_TO_1970) * 10**7 for each in times)
            )
            os.setxattr(mount_point / path, "system.ntfs_times", value)
    finally:
        run("umount", mount_point)
    settle_ntfs_times(volume)
    with disk.open("wb") as file_object:
        file_object.truncate(NTFS_SIZE + 2 * PARTITION_START * SECTOR)
        file_object.seek(PARTITION_START * SECTOR)
        file_object.write(volume.read_bytes())
    run(
        "sgdisk",
        f"--new=1:{PARTITION_START}:+{NTFS_SIZE // 1024}K",
        "--typecode=1:0700",
        "--change-name=1:Basic data partition",
        "--disk-guid=6b1f3a52-8f0c-4a57-9a39-07c0ffee0001",
        "--partition-guid=1:6b1f3a52-8f0c-4a57-9a39-07c0ffee0002",
        disk,
    )


def write_ext4(tree: Tree, disk: Path, scratch: Path, size: int = EXT4_SIZE) -> None:
    """Writes an ext4 volume without partition table."""
    root = scratch / "root"
    root.mkdir()
    os.utime(root, (INSTALLED, INSTALLED))
    write_tree(tree, root, set_owner=True)
    run(
        "mke2fs",
        *("-q", "-t", "ext4", "-b", "1024", "-L", "root", "-d", root),
        *("-U", "6b1f3a52-8f0c-4a57-9a39-07c0ffee0003"),
        *("-E", "hash_seed=6b1f3a52-8f0c-4a57-9a39-07c0ffee0004"),
        disk,
        f"{size // 1024}k",
    )
    commands = []
    for path, entry in sorted(tree.items()):
        for field, value in (("ctime", entry.change), ("crtime", entry.birth)):
            commands.append(f'set_inode_field "/{path}" {field} @{value}')
    output = run("debugfs", "-w", "-f", "-", disk, text="\n".join(commands) + "\n")
    complaints = [
        line for line in output.splitlines() if line and not line.startswith("debugfs")
    ]
    if complaints:
        raise SystemExit("debugfs complained:\n" + "\n".join(complaints))


def acquire(disk: Path, target: Path, description: str) -> None:
    """Makes an E01 of a raw disk."""
    scratch = disk.parent / target.stem
    run(
        "ewfacquire",
        *("-u", "-q", "-c", "deflate:best", "-m", "fixed", "-M", "physical"),
        *("-C", "telegram_forensics", "-E", target.stem, "-e", "test data"),
        *("-D", description, "-N", "made by test_data/make_images.py"),
        *("-t", scratch, disk),
    )
    shutil.move(f"{scratch}.E01", target)


def check_machine() -> None:
    """Checks that everything needed is there.

    Raises:
        SystemExit: if not, saying what is missing.
    """
    missing = sorted(
        f"{program} (Debian package {package})"
        for program, package in TOOLS.items()
        if not shutil.which(program, path=SEARCH_PATH)
    )
    if missing:
        raise SystemExit("missing: " + ", ".join(missing))
    if os.geteuid() != 0:
        raise SystemExit("must run as root: NTFS is mounted, files get owners")
    if not Path("/dev/fuse").exists():
        raise SystemExit("/dev/fuse is missing: NTFS cannot be mounted")


def main() -> None:
    """Makes the images and ground_truth.json."""
    check_machine()
    images = {
        "windows_telegram.E01": (windows_image, write_ntfs, "Windows NT"),
        "linux_telegram.E01": (linux_image, write_ext4, "Linux"),
    }
    truths: dict[str, Any] = {}
    for name, (content, write, operating_system) in images.items():
        tree, tdata_folders = content()
        settle_births(tree)
        with tempfile.TemporaryDirectory() as scratch:
            disk = Path(scratch) / "disk.raw"
            write(tree, disk, Path(scratch))
            media_md5 = hashlib.md5(disk.read_bytes()).hexdigest()
            acquire(disk, HERE / name, f"{operating_system} with Telegram Desktop")
        data = (HERE / name).read_bytes()
        truths[name] = {
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "media_md5": media_md5,
            "operating_system": operating_system,
            "tdata": tdata_folders,
            "files": {
                f"/{path}": {
                    "size": len(entry.data),
                    "created": entry.birth,
                    "modified": entry.mtime,
                    "sha256": hashlib.sha256(entry.data).hexdigest(),
                }
                for path, entry in sorted(tree.items())
                if entry.data is not None
            },
        }
        print(f"{name}: {len(data)} bytes")
    text = json.dumps(truths, indent=1, ensure_ascii=False)
    (HERE / "ground_truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
