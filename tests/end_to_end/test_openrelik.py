"""OpenRelik's plaso worker with its real code: a broker, its Celery worker, its task.

The worker's code is no package and not ours, so a copy of it is named by the
environment: `OPENRELIK_WORKER_PLASO`, a checkout of openrelik-worker-plaso, and
`OPENRELIK_PYTHON`, the interpreter of an environment that has celery[redis],
openrelik-common, openrelik-worker-common, plaso and telegram_forensics (see
docs/scale.md). The worker calls `log2timeline.py`, the name in Debian's packages: it
must be in that environment's folder of commands. Skipped without them or redis-server.

Versions of the worker that answer with counters of events cannot do so with plaso
20260720, whose counters are objects that no JSON encoder knows: their task ends with
an error when its storage file is complete. `test_plaso_alone` shows that this is so
without our package as well; the storage file is compared all the same.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import support

WORKER = os.environ.get("OPENRELIK_WORKER_PLASO")
PYTHON = os.environ.get("OPENRELIK_PYTHON")
TASK = "openrelik-worker-plaso.tasks.log2timeline"
# As a server of OpenRelik would ask for it.
SEND = """
import json, os, sys
from celery import Celery
app = Celery(broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
result = app.send_task(sys.argv[1], kwargs=json.loads(sys.argv[2]))
print(result.get(timeout=300))
"""
FORM = """
import json
from src.log2timeline import TASK_METADATA
print(json.dumps(sorted(TASK_METADATA["task_config"][1]["items"])))
"""
NO_ANSWER = "TypeError: Object of type ParserCount is not JSON serializable"

pytestmark = pytest.mark.skipif(
    not (WORKER and PYTHON and shutil.which("redis-server")),
    reason="OPENRELIK_WORKER_PLASO, OPENRELIK_PYTHON and redis-server are not all here",
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:
    """Of a worker that runs, with its broker and candidate passcodes."""
    port = _free_port()
    assert PYTHON and WORKER
    commands = Path(PYTHON).parent
    variables = {
        **os.environ,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "TELEGRAM_FORENSICS_PASSCODES": str(support.TEST_DATA / "passcodes.txt"),
        **getattr(request, "param", {}),
    }
    server = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
        + ["--appendonly", "no", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    log = tmp_path / "worker.log"
    with open(log, "wb") as output:
        worker = subprocess.Popen(
            [commands / "celery", "--app=src.app", "worker", "--task-events"]
            + ["--concurrency=1", "--loglevel=INFO"],
            cwd=WORKER,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            for _ in range(600):
                if b" ready." in log.read_bytes():
                    break
                assert worker.poll() is None, log.read_text("utf-8")
                time.sleep(0.1)
            yield variables
        finally:
            worker.terminate()
            worker.wait(60)
            server.terminate()
            server.wait(30)


def _send(
    environment: dict[str, str], image: Path, folder: Path, config: dict[str, Any]
) -> tuple[Path, dict[str, Any] | None]:
    """Storage file of the task, and the counters that it answers with if it can."""
    folder.mkdir()
    arguments = {
        "input_files": [{"path": str(image), "display_name": image.name}],
        "output_path": str(folder),
        "workflow_id": "1",
        "task_config": config,
    }
    result = subprocess.run(
        [str(PYTHON), "-c", SEND, TASK, json.dumps(arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    if result.returncode:
        assert result.stderr.splitlines()[-1] == NO_ANSWER, result.stderr
        (storage,) = folder.glob("*.plaso")
        return storage, None
    answer = json.loads(base64.b64decode(result.stdout))
    (output,) = answer["output_files"]
    return Path(output["path"]), answer["meta"]["event_counters"]


def _counted(events: list[dict[str, Any]]) -> Counter[str]:
    return Counter(str(sorted(item.items())) for item in events)


def test_form_knows_our_parsers(environment: dict[str, str]) -> None:
    """What the user of OpenRelik can choose."""
    result = subprocess.run(
        [str(PYTHON), "-c", FORM],
        cwd=WORKER,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(json.loads(result.stdout))
    assert {"telegram_desktop", "sqlite/telegram_android_database"} <= found
    assert {"telegram_web_indexed_db", "telegram_tdlib_binlog"} <= found


@pytest.mark.parametrize(
    ("image", "config", "options"),
    [
        ("case/office.E01", {}, ()),
        (
            "windows_telegram.E01",
            {"parsers": ["telegram_desktop", "telegram_desktop_log"]},
            ("--parsers", "telegram_desktop,telegram_desktop_log"),
        ),
        (
            "android_telegram.E01",
            {"artifacts": ["TelegramAndroid"]},
            ("--artifact_filters", "TelegramAndroid"),
        ),
        ("case/telephone.aff4", {}, ()),
    ],
)
def test_task(
    image: str,
    config: dict[str, Any],
    options: tuple[str, ...],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """The task's events are those of log2timeline, passcodes and AFF4 included."""
    source = support.TEST_DATA / image
    storage, counters = _send(environment, source, tmp_path / "task", config)
    found = support.read_events(storage, tmp_path / "task")
    passcodes = support.TEST_DATA / "passcodes.txt"
    (tmp_path / "direct").mkdir()
    direct = support.make_timeline(
        source,
        tmp_path / "direct",
        *("--telegram_passcodes", passcodes, "--partitions", "all", "--volumes", "all"),
        *options,
    )
    assert any("telegram" in item["data_type"] for item in found)
    assert _counted(found) == _counted(direct.events)
    assert counters is None or any("telegram" in name for name in counters)


@pytest.mark.parametrize(
    "environment", [{"TELEGRAM_FORENSICS_DISABLE": "1"}], indirect=True
)
def test_plaso_alone(environment: dict[str, str], tmp_path: Path) -> None:
    """The task without us: an error that it ends with is not ours."""
    image = support.TEST_DATA / "case" / "office.E01"
    config = {"parsers": ["filestat"]}
    alone, counters = _send(environment, image, tmp_path / "alone", config)
    found = support.read_events(alone, tmp_path / "alone")
    assert found and {item["data_type"] for item in found} == {"fs:stat"}
    if counters is None:
        text = f"this worker does not go with this plaso: {NO_ANSWER}"
        warnings.warn(text, stacklevel=1)
