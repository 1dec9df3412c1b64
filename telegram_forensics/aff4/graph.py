"""The metadata graph of an AFF4 volume: objects by URN, with standard names."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Final

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.turtle import Literal, Node, Statement

property_name = functools.lru_cache(4096)(lexicon.property_name)
class_name = functools.lru_cache(4096)(lexicon.class_name)

HASH_URN_PREFIX: Final = "aff4:sha512:"


class Aff4Object:
    """What a volume says about one URN.

    Attributes:
        urn: its name.
        properties: property name -> values in order; types are under `type`.
    """

    __slots__ = ("properties", "urn")

    def __init__(self, urn: str) -> None:
        self.urn = urn
        self.properties: dict[str, list[Node]] = {}

    @property
    def types(self) -> set[str]:
        """Class names."""
        return {str(node) for node in self.properties.get(lexicon.TYPE, ())}

    def texts(self, name: str) -> list[str]:
        """Values as text, whether literals or IRIs."""
        return [
            node.text if isinstance(node, Literal) else node
            for node in self.properties.get(name, ())
        ]

    def text(self, name: str) -> str | None:
        """First value as text."""
        values = self.texts(name)
        return values[0] if values else None

    def iris(self, name: str) -> list[str]:
        """Values that are IRIs."""
        return [
            node
            for node in self.properties.get(name, ())
            if not isinstance(node, Literal)
        ]

    def number(self, name: str) -> int | None:
        """Largest value as a number: parts of a split image say 0 before the last.

        Raises:
            Aff4Error: if a value is no whole number, negative or beyond 2^63.
        """
        numbers = []
        for text in self.texts(name):
            try:
                number = int(text)
            except ValueError:
                number = -1
            if not 0 <= number < 1 << 63:
                raise Aff4Error(self.urn, None, f"{name} is {text!r}")
            numbers.append(number)
        return max(numbers) if numbers else None

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """All properties, under their standard names."""
        for name, nodes in self.properties.items():
            for node in nodes:
                yield name, node

    def add(self, pairs: Iterable[tuple[str, Node]]) -> None:
        """Adds what a statement says, without repeating values."""
        for predicate, node in pairs:
            name = property_name(predicate)
            value: Node = node
            if name == lexicon.TYPE and not isinstance(node, Literal):
                value = class_name(node)
            values = self.properties.setdefault(name, [])
            if value not in values:
                values.append(value)


class Graph:
    """Objects of one volume or of a group of volumes.

    Attributes:
        objects: URN -> object, in the order of the metadata.
        pieces: `aff4:sha512:` URN -> IRI of the byte range that holds the piece; kept
            apart, since a deduplicated volume has one per piece.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Aff4Object] = {}
        self.pieces: dict[str, str] = {}

    def add(self, statement: Statement) -> None:
        """Adds a statement."""
        urn, pairs = statement
        if urn.startswith(HASH_URN_PREFIX):
            for predicate, node in pairs:
                if property_name(predicate) == "dataStream" and isinstance(node, str):
                    self.pieces.setdefault(urn, node)
            return
        found = self.objects.get(urn)
        if found is None:
            found = self.objects[urn] = Aff4Object(urn)
        found.add(pairs)

    def of_type(self, *names: str) -> list[Aff4Object]:
        """Objects of any of these classes, in order."""
        wanted = set(names)
        return [item for item in self.objects.values() if wanted & item.types]
