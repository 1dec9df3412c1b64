"""From URN to member name.

Specification: formats/aff4.md section 1.4. Every writer has its own way of naming the
members of a URN; the reader makes candidates and takes the first that exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_ESCAPED: Final = '!$\\:*?"<>|%'
_SCHEME: Final = "aff4://"


def candidates(urn: str, volume_urn: str, suffix: str = "") -> Iterator[str]:
    """Names that the member of a URN may have, most likely first.

    Args:
        urn: the URN.
        volume_urn: URN of the volume.
        suffix: what the member is of the URN, e.g. `/map`, `/00000000.index`.
    """
    seen = set()
    for name in _candidates(urn + suffix, volume_urn):
        if name and name not in seen:
            seen.add(name)
            yield name
    cut = re.split("[#?]", urn, maxsplit=1)[0]
    if cut != urn and suffix:
        # pyaff4 loses everything from "#" or "?" before it appends the suffix.
        for name in _candidates(cut + suffix, volume_urn):
            if name and name not in seen:
                seen.add(name)
                yield name


def _candidates(urn: str, volume_urn: str) -> Iterator[str]:
    if volume_urn and urn.startswith(volume_urn):
        rest = urn[len(volume_urn) :]
        rest = rest[1:] if rest.startswith("/") else rest
        yield rest
        yield rest.replace("%20", " ")
        for form in ("%{:02X}", "%{:02x}"):
            yield "".join(
                form.format(ord(character)) if character in _ESCAPED else character
                for character in rest
            )
        yield unquote(rest)
        yield rest.lstrip("/")
        yield rest.lstrip("/").replace("%20", " ")
    if urn.startswith(_SCHEME):
        rest = urn[len(_SCHEME) :]
        yield f"aff4%3A%2F%2F{rest}"
        yield urn
        yield urn.replace("%20", " ")
        yield f"aff4%3a%2f%2f{rest}"
