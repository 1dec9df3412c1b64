"""The real client's exports, and what their ground truth says of each message."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("desktop-ana", "desktop-marta")

samples = pytest.mark.parametrize("name", NAMES)


@dataclass
class TrueMessage:
    """A message as the service side knows it."""

    chat: str
    id: int
    date: int
    sender: int | None
    text: str
    out: bool
    edited: int | None
    reply_to: int | None
    forwarded: int | None
    media: dict[str, Any] | None
    action: str | None


def sample_folder(name: str) -> Path:
    """Folder of a sample; skips the test where it is not there."""
    for folder in (
        ROOT / "test_data" / "samples" / name.replace("desktop-", "export-"),
        ROOT.parent / "shared" / "samples" / "export" / name,
    ):
        if (folder / "truth.json").is_file():
            return folder
    pytest.skip(f"sample {name} is not here")


def unpack(name: str, kind: str, folder: Path) -> Path:
    """Unpacks the JSON or HTML export of a sample.

    Returns:
        The folder that the client made.
    """
    with tarfile.open(sample_folder(name) / f"{kind}.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    (found,) = folder.glob("DataExport_*")
    return found


def world(name: str) -> dict[str, Any]:
    """Ground truth of a sample."""
    text = (sample_folder(name) / "truth.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def names(truth: dict[str, Any]) -> dict[int, str]:
    """Names of all people by id."""
    people = [truth["world"]["self"], *truth["world"]["users"]]
    return {
        item["id"]: " ".join(
            part for part in (item.get("first"), item.get("last")) if part
        )
        for item in people
    }


def messages(truth: dict[str, Any], kind: str) -> list[TrueMessage]:
    """What an export must hold.

    Args:
        truth: ground truth.
        kind: "json", made with all messages of private groups, or "html", made with
            the account's own ones. Public channels only ever have these.
    """
    public = {
        f"k{item['id']}" for item in truth["world"]["channels"] if item.get("username")
    }
    everything = [
        (chat, item)
        for chat, items in truth["world"]["messages"].items()
        for item in items
    ]
    everything += [(f"{kind}{number}", item) for (kind, number), item in truth["sent"]]
    found = []
    for chat, item in everything:
        is_own_only = chat in public or (kind == "html" and chat[0] in "ck")
        if is_own_only and not item["out"]:
            continue
        found.append(
            TrueMessage(
                chat,
                item["id"],
                item["date"],
                item["from"],
                item["text"],
                item["out"],
                item.get("edit"),
                item.get("reply"),
                item.get("fwd"),
                item.get("media"),
                (item.get("action") or {}).get("_"),
            )
        )
    return sorted(found, key=lambda item: (item.chat, item.id))
