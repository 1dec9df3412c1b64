"""Splits an HTML page of an export into the blocks that matter, as small trees.

The parser is libxml2's, through lxml: it is fuzzed, tokenizes like a browser since
libxml2 2.14, and can be fed in chunks. Its events are used, not its tree, so that a
page of any size takes the memory of one block; html.parser of the standard library
keeps an unfinished construct as long as the file goes on, and html5lib builds the whole
tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from lxml import etree  # type: ignore[import-untyped]

CHUNK_SIZE: Final = 1 << 17
MAXIMUM_NODES: Final = 20_000
MAXIMUM_DEPTH: Final = 64
MAXIMUM_TEXT: Final = 1 << 21
# libxml2 keeps all that it was fed: begin anew at a message after so many bytes.
_SEGMENT: Final = 1 << 23
_MESSAGE: Final = b'<div class="message '

# Classes of elements that are blocks -> name of the block.
_BLOCKS: Final = {
    "message": "message",
    "entry": "entry",
    "page_header": "header",
    "personal_info": "personal",
    "section": "section",
    "pagination": "pagination",
    "page_about": "about",
}
_TAIL: Final = re.compile(r"\n *$")


@dataclass(slots=True)
class Node:
    """An element.

    Attributes:
        tag: its name.
        classes: its classes.
        attributes: its other attributes.
        children: elements and pieces of text in order.
    """

    tag: str
    classes: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def elements(self, *classes: str) -> Iterator[Node]:
        """Children that have all of the classes."""
        for child in self.children:
            if isinstance(child, Node) and all(
                name in child.classes for name in classes
            ):
                yield child

    def first(self, *classes: str) -> Node | None:
        """First child that has all of the classes."""
        return next(self.elements(*classes), None)

    def walk(self) -> Iterator[Node]:
        """All elements below this one, in the order of the page."""
        waiting = list(reversed(self.children))
        while waiting:
            child = waiting.pop()
            if isinstance(child, Node):
                yield child
                waiting.extend(reversed(child.children))

    def find(self, *classes: str) -> Node | None:
        """First element below this one that has all of the classes."""
        for node in self.walk():
            if all(name in node.classes for name in classes):
                return node
        return None

    def pieces(self) -> Iterator[str]:
        """All text below this element, with line breaks."""
        waiting: list[Node | str] = [self]
        while waiting:
            child = waiting.pop()
            if isinstance(child, str):
                yield child
            elif child.tag == "br":
                yield "\n"
            else:
                waiting.extend(reversed(child.children))

    @property
    def raw(self) -> str:
        """All text below this element as the exporter was given it.

        The exporter puts a line break behind the opening tag and one, with the indent,
        in front of the closing tag.
        """
        return _TAIL.sub("", "".join(self.pieces()).removeprefix("\n"))

    @property
    def text(self) -> str | None:
        """All text below this element without white space around it."""
        return "".join(self.pieces()).strip() or None

    @property
    def own_text(self) -> str | None:
        """Text of this element alone."""
        pieces = (child for child in self.children if isinstance(child, str))
        return "".join(pieces).strip() or None


@dataclass(slots=True)
class Block:
    """A block of a page.

    Attributes:
        name: message, entry, header, personal, section, pagination or about.
        node: its element.
        is_truncated: it has more elements or text than is kept.
    """

    name: str
    node: Node
    is_truncated: bool = False


class _Target:
    """Receives the events of the parser."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._block: Block | None = None
        self._open: list[Node] = []
        self._depth = 0
        self._nodes = 0
        self._size = 0
        self._pieces: list[str] = []

    @property
    def is_open(self) -> bool:
        """The page is inside a block."""
        return self._block is not None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        classes = tuple(attributes.get("class", "").split())
        if self._block is None or self._block.name in classes:
            if self._block is not None:
                # Messages and entries never stand in one another: a tag is missing.
                self._flush()
                self._block.is_truncated = True
                self.blocks.append(self._block)
            name = next((_BLOCKS[item] for item in classes if item in _BLOCKS), None)
            self._block = None
            if name is not None:
                self._block = Block(name, _node(tag, classes, attributes))
                self._open = [self._block.node]
                self._depth = 1
                self._nodes = self._size = 0
            return
        self._flush()
        self._depth += 1
        self._nodes += 1
        if self._nodes > MAXIMUM_NODES or self._depth > MAXIMUM_DEPTH:
            self._block.is_truncated = True
            return
        if self._depth != len(self._open) + 1:
            # Below an element that was left out.
            return
        node = _node(tag, classes, attributes)
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._block is None:
            return
        self._flush()
        if self._depth == len(self._open):
            self._open.pop()
        self._depth -= 1
        if self._depth == 0:
            self.blocks.append(self._block)
            self._block = None

    def data(self, text: str) -> None:
        """Text."""
        if self._block is None or self._depth != len(self._open):
            return
        self._size += len(text)
        if self._size > MAXIMUM_TEXT:
            self._block.is_truncated = True
            return
        self._pieces.append(text)

    def comment(self, text: str) -> None:
        """A comment."""

    def close(self) -> None:
        """The page ends."""

    def _flush(self) -> None:
        if self._pieces:
            self._open[-1].children.append("".join(self._pieces))
            self._pieces = []


class PageBlocks:
    """The blocks of one page.

    Attributes:
        size: number of bytes read.
        is_cut_off: the page ends inside a block, or without its last tag.
    """

    def __init__(self, file_object: BinaryIO) -> None:
        self._file = file_object
        self.size = 0
        self.is_cut_off = False

    def blocks(self) -> Iterator[Block]:
        """Reads the page.

        Yields:
            Blocks whose closing tag is there.
        """
        target, parser = _new_parser()
        self._file.seek(0)
        tail = b""
        fed = 0
        while data := self._file.read(CHUNK_SIZE):
            self.size += len(data)
            tail = (tail + data)[-64:]
            # libxml2 takes a NUL for the end of the text.
            data = data.replace(b"\x00", b"\xef\xbf\xbd")
            place = data.find(_MESSAGE) if fed > _SEGMENT else -1
            if place >= 0:
                parser.feed(data[:place])
                yield from _taken(target)
                _close(parser)
                target, parser = _new_parser()
                data, fed = data[place:], 0
            parser.feed(data)
            fed += len(data)
            yield from _taken(target)
        self.is_cut_off = target.is_open or b"</html>" not in tail
        if fed and not _close(parser):
            self.is_cut_off = True
        if not self.is_cut_off:
            yield from _taken(target)


def _new_parser() -> tuple[_Target, etree.HTMLParser]:
    target = _Target()
    return target, etree.HTMLParser(target=target, encoding="utf-8", remove_pis=True)


def _close(parser: etree.HTMLParser) -> bool:
    """Ends a parser, which frees its memory; False if it complains."""
    try:
        parser.close()
    except etree.LxmlError:
        return False
    return True


def _taken(target: _Target) -> list[Block]:
    blocks = target.blocks
    target.blocks = []
    return blocks


def _node(tag: str, classes: tuple[str, ...], attributes: dict[str, str]) -> Node:
    kept = {
        name: value[:MAXIMUM_TEXT]
        for name, value in attributes.items()
        if name in ("id", "title", "href")
    }
    return Node(tag, classes, kept)
