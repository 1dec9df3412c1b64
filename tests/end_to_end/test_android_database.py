"""Stock log2timeline and psort over a telephone's disk, in E01 and in AFF4."""

from __future__ import annotations

import gzip
import json
import pathlib
from collections import Counter
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
    check_balance(timeline.events)


def check_balance(events: list[dict[str, Any]]) -> None:
    """The balance of each chat counts the messages of both states of the database."""
    messages: dict[str, dict[str, Any]] = {}
    for item in events:
        if item["data_type"] == "telegram:message":
            # A message has an event for each of its times.
            key = f"{item['account_identifier']} {item['chat_identifier']}"
            if item.get("record_table") is None:
                messages[f"{key} {item['message_identifier']}"] = item
    counted: Counter[tuple[str, str, str]] = Counter(
        (item["account_identifier"], item["chat_type"], item["chat_identifier"])
        for item in messages.values()
        if item.get("is_outgoing")
        and item.get("record_state") is None
        and item.get("recovery_method") is None
        and item.get("service_action") is None
        and item.get("origin") in ("this_installation", "no_local_trace")
        and item["chat_type"] != "secret"
        # Not what was never sent.
        and int(item["message_identifier"]) > 0
    )
    balances = {
        (item["account_identifier"], item["chat_type"], item["chat_identifier"]): item
        for item in events
        if item["data_type"] == "telegram:chat"
        and item.get("record_table") == "randoms_v2"
    }
    assert len(balances) > 10
    assert {
        key: item.get("number_of_outgoing") or 0 for key, item in balances.items()
    } == {key: counted[key] for key in balances}
    assert set(counted) <= set(balances)
