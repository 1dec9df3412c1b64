"""What is not known must not read as "no" in a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from plaso.formatters import yaml_formatters_file

FORMATTERS = Path(__file__).resolve().parents[1] / "formatters"


def definitions() -> list[dict[str, Any]]:
    """All formatter definitions."""
    return [
        definition
        for path in sorted(FORMATTERS.glob("*.yaml"))
        for definition in yaml.safe_load_all(path.read_text("utf-8"))
    ]


def test_no_words_for_false_by_boolean_helpers() -> None:
    """Plaso's boolean helper takes None for false."""
    found = [
        (definition["data_type"], helper["input_attribute"])
        for definition in definitions()
        for helper in definition.get("boolean_helpers", ())
        if helper.get("value_if_false")
    ]
    assert len(definitions()) > 10
    assert not found


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "outgoing"), (False, "not sent by the account"), (None, None)],
)
def test_direction(value: bool | None, expected: str | None) -> None:
    """The direction of a message in words, nothing if it is not known."""
    path = FORMATTERS / "telegram_messages.yaml"
    formatters = yaml_formatters_file.YAMLFormattersFile().ReadFromFile(str(path))
    formatter = next(
        item for item in formatters if item.data_type == "telegram:message"
    )
    values: dict[str, Any] = {"text": "hello", "is_outgoing": value, "is_read": value}
    for helper in formatter.helpers:
        helper.FormatEventValues(None, values)
    words = formatter.GetMessage(values)
    assert words.startswith("Message: hello")
    if expected is None:
        assert "sent" not in words
        assert "read" not in words
    else:
        assert expected in words
