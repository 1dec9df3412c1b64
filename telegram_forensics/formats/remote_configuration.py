"""Settings of remote control programs: conf, INI, TOML and JSON files.

Specification: formats/remote_access.md. Names and values are given as they are stored;
a meaning only where the specification confirms it. Of passwords, hashes, keys and
tokens only the size is given: whoever reads the timeline must not be able to use them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats.remote_text import TextLine

ANYDESK: Final = "AnyDesk"
CHROME: Final = "Chrome Remote Desktop"
RUSTDESK: Final = "RustDesk"
TEAMVIEWER: Final = "TeamViewer"
ULTRAVNC: Final = "UltraVNC"

_SECRET: Final = re.compile(
    r"pass|pwd|hash|salt|secret|token|private|enc_?id|(?<!hot)key(?!board)|cert"
    r"|\b[ps]k\b|bearer|credential",
    re.IGNORECASE,
)
_SETTING: Final = re.compile(r"\s*([^=\s][^=]{0,200}?)\s*=(.*)")
_MAXIMUM_VALUE: Final = 16384
_MAXIMUM_JSON: Final = 1024 * 1024
_MAXIMUM_DEPTH: Final = 6

# Own identifier; unattended access is set; partners.
_MEANINGS: Final = {
    (ANYDESK, "ad.anynet.id"): "own_identifier",
    (ANYDESK, "ad.anynet.pwd_hash"): "unattended_access_set",
    (ANYDESK, "ad.anynet.pwd_salt"): "unattended_access_set",
    (ANYDESK, "ad.roster.items"): "partners",
    (TEAMVIEWER, "clientid"): "own_identifier",
    (TEAMVIEWER, "targetid"): "partner",
}


def setting_meaning(tool: str, name: str) -> str | None:
    """Meaning of a setting, None where it is not confirmed."""
    return _MEANINGS.get((tool, name.lower()))


def is_secret(name: str) -> bool:
    """Whether a setting's value must not be given out."""
    return _SECRET.search(name) is not None


def public_value(name: str, value: str) -> str:
    """The value of a setting as it may be given out."""
    if value and (is_secret(name) or "-----BEGIN " in value):
        return f"set ({len(value)} characters, not given out)"
    if len(value) > _MAXIMUM_VALUE:
        return f"{value[:_MAXIMUM_VALUE]} ... ({len(value)} characters)"
    return value


class SettingsDecoder(records.LogDecoder):
    """Decoder of files of lines `name = value`, with or without [sections]."""

    def __init__(self, tool: str, remote_identifier: str | None = None) -> None:
        super().__init__()
        self.tool = tool
        self._remote_identifier = remote_identifier
        self._section = ""

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Decodes a line."""
        text = line.text.strip()
        if not text or text[0] in "#;":
            return
        if text.startswith("[") and text.endswith("]"):
            self._section = text.strip("[] ")
            return
        match = _SETTING.match(text)
        if not match:
            # What has no name may be a secret.
            self.reject(line, "no setting")
            return
        self.seen(None)
        value = match[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        yield self._record(line, match[1], value)

    def _record(self, line: TextLine, name: str, value: str) -> records.Record:
        meaning = setting_meaning(self.tool, name)
        full_name = f"{self._section}.{name}" if self._section else name
        record = self.event(line, None, "configuration")
        record.setting_name = full_name
        record.setting_value = public_value(full_name, value)
        record.setting_meaning = meaning
        record.remote_identifier = self._remote_identifier
        if self._remote_identifier is not None:
            record.direction = "outgoing"
        if meaning == "own_identifier":
            record.local_identifier = value or None
        elif meaning == "partner":
            record.remote_identifier, record.direction = value or None, "outgoing"
        return record


def is_settings(lines: Iterable[TextLine], pattern: str) -> bool:
    """Whether one of the first lines of a file is a setting with such a name."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return any(wanted.match(line.text.strip("\ufeff \t")) for line in lines)


class JsonSettingsDecoder(records.LogDecoder):
    """Decoder of a JSON file of settings."""

    def __init__(self, tool: str) -> None:
        super().__init__()
        self.tool = tool
        self._parts: list[str] = []
        self._size = 0

    def line(self, line: TextLine) -> Iterator[records.Record]:
        """Takes in a line."""
        if not self._parts and not line.text.strip():
            return
        self._size += len(line.text)
        if self._size > _MAXIMUM_JSON:
            if self._parts:
                self.reject(line, "larger than any such file, not decoded")
            self._parts = []
            return
        self._parts.append(line.text)
        yield from ()

    def end(self) -> Iterator[records.Record]:
        """Decodes the file."""
        if not self._parts:
            return
        line = TextLine(0, "\n".join(self._parts))
        try:
            value = json.loads(line.text)
        except (ValueError, RecursionError):
            self.reject(line, "no JSON")
            return
        yield from self._walk(line, "", value, 0)

    def _walk(
        self, line: TextLine, name: str, value: Any, depth: int
    ) -> Iterator[records.Record]:
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            if depth >= _MAXIMUM_DEPTH:
                self.reject(line, "settings nested deeper are not given out")
                return
            for key, item in items:
                full_name = f"{name}.{key}" if name else str(key)
                yield from self._walk(line, full_name, item, depth + 1)
            return
        text = value if isinstance(value, str) else json.dumps(value)
        self.seen(None)
        yield self.event(
            line,
            None,
            "configuration",
            setting_name=name or None,
            setting_value=public_value(name, text),
            setting_meaning=setting_meaning(self.tool, name),
        )
