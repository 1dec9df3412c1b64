"""Writes archives of NSKeyedArchiver, as Apple's foundation classes do."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Instance:
    """An object of a class of the app."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)


class _Writer:
    def __init__(self) -> None:
        self.objects: list[Any] = ["$null"]
        self._classes: dict[str, plistlib.UID] = {}

    def _class(self, name: str) -> plistlib.UID:
        if name not in self._classes:
            self.objects.append({"$classname": name, "$classes": [name, "NSObject"]})
            self._classes[name] = plistlib.UID(len(self.objects) - 1)
        return self._classes[name]

    def add(self, value: Any) -> plistlib.UID:
        """Adds a value and all that it holds."""
        if value is None:
            return plistlib.UID(0)
        place = len(self.objects)
        self.objects.append(None)
        self.objects[place] = self._made(value)
        return plistlib.UID(place)

    def _made(self, value: Any) -> Any:
        if isinstance(value, Instance):
            # Numbers of objects stand in place, everything else behind a reference.
            found = {
                key: item if isinstance(item, int | float) else self.add(item)
                for key, item in value.fields.items()
            }
            return {**found, "$class": self._class(value.name)}
        if isinstance(value, dict):
            return {
                "NS.keys": [self.add(key) for key in value],
                "NS.objects": [self.add(item) for item in value.values()],
                "$class": self._class("NSDictionary"),
            }
        if isinstance(value, list):
            return {
                "NS.objects": [self.add(item) for item in value],
                "$class": self._class("NSArray"),
            }
        if isinstance(value, bytearray):
            return {"NS.data": bytes(value), "$class": self._class("NSMutableData")}
        return value


def archive(value: Any) -> bytes:
    """An archive whose root is the value."""
    writer = _Writer()
    root = writer.add(value)
    content = {
        "$version": 100_000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": root},
        "$objects": writer.objects,
    }
    return plistlib.dumps(content, fmt=plistlib.FMT_BINARY)


def auth_info(
    key: bytes,
    key_id: int,
    *,
    salts: list[tuple[int, int, int]] | None = None,
    valid_until: int = 0x7FFFFFFF,
    initialization: str | None = None,
) -> Instance:
    """An authorization key of Telegram's keychain.

    Args:
        key: the key.
        key_id: its id, signed.
        salts: salt, first and last message id for which it is valid.
        valid_until: end of the key.
        initialization: what was announced to the server under it.
    """
    attributes = {}
    if initialization is not None:
        attributes["apiInitializationHash"] = initialization
    return Instance(
        "MTDatacenterAuthInfo",
        {
            "authKey": key,
            "authKeyId": key_id,
            "validUntilTimestamp": valid_until,
            "saltSet": [
                Instance(
                    "MTDatacenterSaltInfo",
                    {
                        "salt": salt,
                        "firstValidMessageId": first,
                        "lastValidMessageId": last,
                    },
                )
                for salt, first, last in salts or ()
            ],
            "authKeyAttributes": attributes,
        },
    )
