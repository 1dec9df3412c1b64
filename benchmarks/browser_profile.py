"""Messages per second of the parser of Web A's state, against decoding the state alone.

Writes an IndexedDB folder whose state has many messages, reads it through plaso's own
extraction worker, and compares with what decoding of the value alone takes: the rest is
LevelDB, the messages and plaso's event data. Target: at least 2,000 messages a second.

    python benchmarks/browser_profile.py [MESSAGES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import results

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from telegram_forensics.formats.browser_v8_value import decode_value  # noqa: E402
from tests.builders import browser_profile  # noqa: E402
from tests.parsers import web_support  # noqa: E402

FOLDER = "Default/IndexedDB/https_web.telegram.org_0.indexeddb.leveldb"


def make_state(count: int) -> bytes:
    """A state of Web A."""
    messages = {
        str(number): {
            "id": number,
            "date": 1_707_639_267 + number,
            "isOutgoing": number % 2 == 0,
            "senderId": "5211046831",
            "content": {"text": {"text": f"message {number}"}},
        }
        for number in range(1, count + 1)
    }
    return browser_profile.v8(
        {
            "currentUserId": "5211046831",
            "messages": {"byChatId": {"612345987": {"byId": messages}}},
        }
    )


def main() -> None:
    """Prints the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    value = make_state(count)
    start = time.perf_counter()
    decode_value(value)
    decoded = time.perf_counter() - start
    database = browser_profile.IndexedDb()
    database.database(1, "tt-data", {1: "store"})
    database.put(1, 1, "tt-global-state", value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FOLDER
        path.mkdir(parents=True)
        for name, data in database.files().items():
            (path / name).write_bytes(data)
        start = time.perf_counter()
        found = web_support.extract(Path(folder))
        taken = time.perf_counter() - start
    assert len(found.of_type("telegram:message")) == count
    results.record("messages per second", count / taken, 2000)
    print(
        f"{count} messages, {len(value)} bytes: parser {taken:.2f} s "
        f"({count / taken:.0f} a second), decoding alone {decoded:.2f} s "
        f"({decoded / taken:.0%})"
    )


if __name__ == "__main__":
    main()
