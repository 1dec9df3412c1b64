"""A telephone and a computer with applications that embed TDLib.

One account slot of the telephone is a real database, copied while it was open; the
other ones are built.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests import helpers
from tests.builders import tdlib as build

TELEGRAM_X = "org.thunderdog.challegram"
FORK = "org.example.fork"
PACKAGES = (
    "Users/anna/AppData/Local/Packages/"
    "38833FF26BA1D.UnigramPreview_g9c9v27vpyspw/LocalState"
)
REAL = "tdlib-1.8.50-live-wal"
FORK_KEY = "key of the fork"
UNKNOWN_KEY = "nobody knows this"
SLOT_TIME = (build.DATE - 80) * 1000


@dataclass(frozen=True)
class Store:
    """A directory of TDLib.

    Attributes:
        path: where it lies.
        user: user id of the account.
        seed: of its authorization key.
        key: database key, empty if the application gives none.
        composed, received, elsewhere: texts of messages: composed here, of somebody
            else, sent by another session.
        client: name of the application.
        package: Android package, None for other systems.
        android_user: number of the Android user.
        slot: number of the account.
    """

    path: str
    user: int
    seed: bytes
    key: str = ""
    composed: str = ""
    received: str = ""
    elsewhere: str = ""
    client: str = "Telegram X"
    package: str | None = TELEGRAM_X
    android_user: int | None = 0
    slot: int | None = 0

    @property
    def session(self) -> str:
        """Identifier of the session."""
        return build.key_identifier(self.seed)

    @property
    def name(self) -> str:
        """Name of the account."""
        return f"Owner {self.user}"


SLOT_0 = Store(
    f"data/data/{TELEGRAM_X}/files/tdlib",
    640011223,
    b"slot 0",
    composed="written on the telephone",
    received="answer of Bob",
    elsewhere="written somewhere else",
)
FORKED = Store(
    f"data/data/{FORK}/files/tdlib2",
    715203344,
    b"fork",
    key=FORK_KEY,
    composed="written in the fork",
    received="answer in the fork",
    elsewhere="not written in the fork",
    client="TDLib application for Android",
    package=FORK,
    slot=2,
)
LOCKED = Store(
    f"data/user/10/{TELEGRAM_X}/files/tdlib",
    811111111,
    b"locked",
    key=UNKNOWN_KEY,
    composed="cannot be read",
    android_user=10,
)
SECOND_USER = Store(
    f"data/user/10/{TELEGRAM_X}/files/tdlib1",
    822222222,
    b"second user",
    composed="written by the second user",
    received="answer to the second user",
    elsewhere="not written by the second user",
    android_user=10,
    slot=1,
)
UNIGRAM = Store(
    f"{PACKAGES}/0",
    198765432,
    b"unigram",
    composed="written in Unigram",
    received="answer in Unigram",
    elsewhere="not written in Unigram",
    client="Unigram",
    package=None,
    android_user=None,
)
UNIGRAM_LOCKED = Store(
    f"{PACKAGES}/1",
    198765433,
    b"unigram 1",
    key=UNKNOWN_KEY,
    composed="cannot be read either",
    client="Unigram",
    package=None,
    android_user=None,
    slot=1,
)
TELEPHONE = (SLOT_0, FORKED, LOCKED, SECOND_USER)
COMPUTER = (UNIGRAM, UNIGRAM_LOCKED)


def make_store(store: Store, folder: Path) -> dict[str, bytes]:
    """The files of a directory, by path."""
    messages = {}
    for number, (words, random_id, is_outgoing) in enumerate(
        (
            (store.composed, 77, True),
            (store.received, None, False),
            (store.elsewhere, None, True),
        ),
        201,
    ):
        if words:
            messages[build.FRIEND, number << 20] = build.message(
                build.text_content(words),
                number=number << 20,
                random_id=random_id,
                is_outgoing=is_outgoing,
                sender=store.user if is_outgoing else build.FRIEND,
            )
    common = {
        f"us{store.user}": build.user("Owner", str(store.user), "15550001122"),
        f"us{build.FRIEND}": build.user("Bob", "Friend"),
    }
    records = build.state_records(seed=store.seed, user=store.user)
    log = build.log(records, store.key.encode() or b"cucumber")
    return {
        f"{store.path}/td.binlog": log,
        f"{store.path}/db.sqlite": build.database(folder, messages, common),
    }


def make_telephone(folder: Path) -> dict[str, bytes]:
    """The files of the telephone, by path."""
    files: dict[str, bytes] = {}
    for store in TELEPHONE:
        files |= make_store(store, folder)
    real = helpers.SHARED / "samples" / "tdlib" / REAL
    for name in ("td.binlog", "db.sqlite", "db.sqlite-wal"):
        path = f"data/data/{TELEGRAM_X}/files/tdlib1/{name}"
        files[path] = (real / name).read_bytes()
    files[f"data/data/{TELEGRAM_X}/files/tdlib_accounts.bin"] = build.account_slots(
        [(0x10, SLOT_0.user, SLOT_TIME), (0, build.OWN, SLOT_TIME + 1000)]
    )
    files["system/build.prop"] = b"ro.product.model=Pixel 6\nro.build.version.sdk=33\n"
    return files


def make_computer(folder: Path) -> dict[str, bytes]:
    """The files of the computer, by path."""
    files: dict[str, bytes] = {}
    for store in COMPUTER:
        files |= make_store(store, folder)
    number = int(UNIGRAM.session, 16)
    line = (
        f"[ 2][t 3][{build.DATE}.123456789][AuthDataShared.cpp:128][#1]\tDcId{{2}} "
        f"[auth_key_id:{number}][state:OK][created_at:{build.DATE - 100}.0]\n"
    )
    files[f"{PACKAGES}/tdlib_log.txt"] = line.encode()
    files["Windows/System32/readme.txt"] = b"marks the system\n"
    return files


def write(files: dict[str, bytes], root: Path) -> Path:
    """Writes files below a folder."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root
