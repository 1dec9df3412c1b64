"""JSON lines of stock psort through Timesketch's own importer; only HTTP is ours."""

from __future__ import annotations

import email
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import support

importer = pytest.importorskip("timesketch_import_client.importer")
client = pytest.importorskip("timesketch_api_client.client")
sketch = pytest.importorskip("timesketch_api_client.sketch")

COMMANDS = Path(sys.executable).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
OURS = "data_type contains 'telegram' or data_type contains 'remote_access'"
MODEL_CASE = [
    support.TEST_DATA / "case" / name for name in ("office.E01", "telephone.aff4")
]


class Server(ThreadingHTTPServer):
    """Answers like a server that takes everything, and keeps what it was given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.uploads: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        """The login page."""
        self._answer(b'<input id="csrf_token" value="token">', "text/html")

    def do_POST(self) -> None:
        """A login, or an upload."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/login"):
            self.send_response(302)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.endswith("/api/v1/upload/"):
            kind = self.headers["Content-Type"].encode()
            parts = email.message_from_bytes(b"Content-Type: " + kind + b"\n\n" + body)
            found = {}
            for part in parts.get_payload():
                name = part.get_param("name", header="content-disposition")
                found[name] = part.get_payload(decode=True).decode("utf-8")
            self.server.uploads.append(found)
        answer = {"objects": [{"id": 1, "searchindex": {"index_name": "i"}}]}
        self._answer(json.dumps(answer).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on this computer."""
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our events of the model case, as docs/timesketch.md writes them."""
    folder = tmp_path_factory.mktemp("lines")
    common = ["--quiet", "--unattended", "--status_view=none"]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    target = folder / "case.jsonl"
    with target.open("wb") as file:
        for image in MODEL_CASE:
            storage = folder / f"{image.name}.plaso"
            log = f"--logfile={folder / 'log.gz'}"
            subprocess.run(
                [
                    COMMANDS / "log2timeline",
                    *(*common, log, "--parsers=telegram"),
                    *(f"--storage-file={storage}", image),
                ],
                check=True,
                **quiet,
            )
            part = folder / f"{image.name}.jsonl"
            subprocess.run(
                [
                    COMMANDS / "psort",
                    *(*common, log, "-o", "json_line", "-w", part, storage),
                    OURS,
                ],
                check=True,
                **quiet,
            )
            file.write(part.read_bytes())
    return target


def test_import(lines: Path, server: Server) -> None:
    """Every event arrives, with its own time and message, and no digit is lost."""
    api = client.TimesketchApi(server.address, "examiner", "secret")
    with importer.ImportStreamer() as streamer:
        streamer.set_sketch(sketch.Sketch(1, api))
        streamer.set_timeline_name("model case")
        streamer.add_file(str(lines))
    sent = [
        json.loads(line)
        for upload in server.uploads
        for line in upload["events"].splitlines()
    ]
    expected = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert len(sent) == len(expected) > 50
    for event, original in zip(sent, expected, strict=True):
        time = EPOCH + timedelta(microseconds=original["timestamp"])
        assert event["datetime"] == time.replace(tzinfo=None).isoformat(), original
        assert event["message"] == original["message"]
        for name in ("account_identifier", "session_identifier", "message_identifier"):
            assert event.get(name) == original.get(name)
    assert {event["data_type"] for event in sent} >= {
        "telegram:message",
        "telegram:session",
        "remote_access:session",
    }
    assert server.uploads[0]["name"] == "model case"
