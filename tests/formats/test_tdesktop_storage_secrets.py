"""Tests that no key and no passcode appears in a repr, where a log could catch it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.formats.tdesktop_folder import LocalFolder
from telegram_forensics.formats.tdesktop_storage import Account, TdataStorage
from tests import helpers
from tests.builders import tdata

PEOPLE = helpers.PEOPLE


def objects(value: object, seen: set[int]) -> Iterator[object]:
    """Everything of the library that can be reached from a value."""
    if id(value) in seen or isinstance(value, enum.Enum | str | bytes | int):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for item in value.values():
            yield from objects(item, seen)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from objects(item, seen)
    elif dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from objects(getattr(value, field.name), seen)
    elif isinstance(value, Account | TdataStorage):
        yield value
        yield from objects(vars(value), seen)


def printable_parts(secret: bytes) -> list[str]:
    """Parts of a secret as they would stand in the repr of bytes around them."""
    parts = [secret[start : start + 8] for start in range(0, len(secret) - 8, 8)]
    return [repr(part)[2:-1] for part in parts if b"'" not in part and b'"' not in part]


@pytest.mark.parametrize("layout", ["modern", "seven_three", "legacy_map"])
def test_no_secret_in_any_repr(tmp_path: Path, layout: str) -> None:
    """No object reachable from a storage shows a key or the passcode in its repr."""
    key = tdata.made_up_key("local")
    people = PEOPLE if layout != "legacy_map" else PEOPLE[:1]
    options: dict[str, Any] = {"local_key": key, "passcode": "Geheim77"}
    if layout == "seven_three":
        options |= {"kdf_cost": (64, 1, 1), "stale_passcode": "Geheim76"}
    folder = helpers.built(tmp_path, people, layout=layout, **options)
    storage = TdataStorage(
        LocalFolder(tmp_path / "tdata"),
        helpers.open_storage(folder, "Geheim77").passcodes,
    )
    helpers.all_issues(storage)
    draft = storage.accounts[0].map
    assert draft is not None
    decrypted = storage.accounts[0].decrypt(f"{draft.files[0].name}s")
    found = [*objects(storage, set()), *objects(decrypted, set())]
    kinds = {type(value).__name__ for value in found}
    assert {"KeyFile", "LocalKey", "Authorization", "MapSlot", "SelfRecord"} <= kinds
    assert {"Passcodes", "DecryptedFile", "TdfContainer", "KeySlot"} <= kinds
    text = "\n".join(map(repr, found))
    secrets = [key, *(k for true in people for k in true.auth_keys.values())]
    secrets += [k for true in people for k in true.keys_to_destroy.values()]
    for secret in secrets:
        parts = printable_parts(secret)
        assert len(parts) > 20
        assert all(part in repr(secret) for part in parts)
        assert not [part for part in parts if part in text]
        assert secret.hex()[:32] not in text
    assert "Geheim7" not in text
