"""Stock log2timeline and psort over a telephone's disk, in E01 and in AFF4."""

from __future__ import annotations

import gzip
import json
import pathlib
from typing import Any

import pytest

from tests import android_truth
from tests.end_to_end import support
from tests.vfs import aff4_support

IMAGE = "android_telegram.E01"
TRUTH: list[dict[str, Any]] = json.loads(
    gzip.decompress((support.TEST_DATA / "android_truth.json.gz").read_bytes())
)


def evidence(container: str, folder: pathlib.Path) -> pathlib.Path:
    """The same disk in a container."""
    if container == "E01":
        return support.TEST_DATA / IMAGE
    data = aff4_support.read_e01(IMAGE)
    path = folder / "telephone.aff4"
    path.write_bytes(aff4_support.one_stream(data, "lz4"))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("container", "mode"),
    [("E01", ("--workers", "1")), ("AFF4", ("--single_process",))],
)
def test_every_message(
    container: str, mode: tuple[str, ...], tmp_path: pathlib.Path
) -> None:
    """Each message of the ground truth, with its times, account, session, device."""
    timeline = support.make_timeline(evidence(container, tmp_path), tmp_path, *mode)
    assert support.warnings(timeline.storage, tmp_path) == []
    records = android_truth.join_events(timeline.events)
    assert len(TRUTH) == 2
    numbers = [android_truth.check_account(records, account) for account in TRUTH]
    assert numbers[0] > 700
    assert numbers[1] >= 250
    # Nothing comes from anywhere else.
    carved = [item for item in records if item.get("recovery_method") is not None]
    assert len(records) == sum(numbers) + len(carved)
    # What is needed to tell apart who wrote from where is in the words of each event.
    message = next(
        item["message"]
        for item in timeline.events
        if item.get("origin_basis") == "randoms_v2"
    )
    assert "this_installation" in message
    assert TRUTH[0]["attribution"]["session_identifier"] in message
