"""Text from evidence, made fit to be shown: nothing hidden, nothing reordered, bounded.

A message can hold characters that are not seen or that turn the text around them. They
are replaced by marks that name them. Zero width joiners stay: emoji and several scripts
are made with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from markupsafe import Markup, escape

# Longer texts are cut where they are shown; the JSON report names where they stand.
MAXIMUM_LENGTH: Final = 2000

# Controls but tab and line feed, soft hyphen, fillers, marks and overrides of
# direction, invisible operators, separators of lines and paragraphs, interlinear
# annotations, tags, surrogates and code points that are no characters.
_HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    r"\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
    + "]"
)
_RUNS: Final = re.compile(rf"({_HIDDEN.pattern})\1*")


def _name(match: re.Match[str]) -> str:
    """Mark of a run of one hidden character."""
    run = match[0]
    name = f"U+{ord(run[0]):04X}"
    return name if len(run) == 1 else f"{name} ×{len(run)}"


def show_plain(text: str, limit: int = MAXIMUM_LENGTH, cut: str = "…") -> str:
    """A text with marks in place of hidden characters, for attributes and tables.

    Args:
        limit: number of characters of the text that are shown.
        cut: what stands behind a text that was cut.
    """
    shown = _RUNS.sub(lambda match: f"⟨{_name(match)}⟩", text[:limit])
    return shown if len(text) <= limit else shown + cut


def show_html(
    text: str,
    limit: int = MAXIMUM_LENGTH,
    describe_cut: Callable[[int, int], str] | None = None,
) -> Markup:
    """The same for the body of a page: marks are elements, the text is isolated.

    Args:
        limit: number of characters of the text that are shown.
        describe_cut: words for a text that was cut, of the number of characters shown
            and the number of all.
    """
    shown = text[:limit]
    parts: list[str] = []
    end = 0
    for match in _RUNS.finditer(shown):
        parts.append(escape(shown[end : match.start()]))
        parts.append(Markup('<span class="mark">{}</span>').format(_name(match)))
        end = match.end()
    parts.append(escape(shown[end:]))
    body = Markup("").join(parts)
    if len(text) > limit:
        words = describe_cut(limit, len(text)) if describe_cut else "…"
        body += Markup(' <span class="cut">{}</span>').format(words)
    return Markup("<bdi>{}</bdi>").format(body)
