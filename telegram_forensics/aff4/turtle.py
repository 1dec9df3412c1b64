"""A streaming Turtle parser for the metadata of AFF4 volumes.

Specification: formats/aff4.md section 2; the language is W3C Turtle. rdflib would do,
but needs 90 microseconds and 1.5 KB per triple: a logical image of 100,000 files takes
it 98 seconds and 1.7 GB. This parser reads the text in pieces, hands out one statement
after the other and keeps nothing. Nearly all of a real volume is `predicate object ;`
with plain names, which one regular expression reads; the rest goes to a general parser.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from telegram_forensics.aff4.errors import Aff4Error

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE: Final = f"{RDF}type"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_INTEGER: Final = f"{XSD}integer"

_MAXIMUM_STATEMENT: Final = 64 * 1024 * 1024
_MAXIMUM_DEPTH: Final = 32


class Literal(NamedTuple):
    """A literal.

    Attributes:
        text: as written, escapes resolved.
        datatype: IRI of its type, "" if plain.
    """

    text: str
    datatype: str


# An object: the IRI (or "_:name" of a blank node) as str, or a literal.
Node = str | Literal
# A statement: subject, and its predicate-object pairs in order.
Statement = tuple[str, list[tuple[str, Node]]]

# Names may hold Unicode spaces (Japanese file names do), so \s does not end an IRI.
_FAST_OBJECT_PART: Final = r"""
    (?:"(?P<text>[^"\\\n\r]*)"(?!")(?:\^\^(?:<(?P<tiri>[^<>"{}|^`\\\x00-\x20]*)>
                                          |(?P<tname>[A-Za-z][\w-]*:[\w-]*)))?
      |<(?P<oiri>[^<>"{}|^`\\\x00-\x20]*)>
      |(?P<oname>[A-Za-z][\w-]*:[\w-]*|:[\w-]*)(?=[\s;,])
      |(?P<integer>[+-]?\d+)(?=[\s;,])
    )
    \s*(?P<end>[;.,])(?=\s)
    """
_FAST_OBJECT = re.compile(rf"\s*{_FAST_OBJECT_PART}", re.VERBOSE)
_FAST = re.compile(
    r"""\s*
    (?:(?P<a>a)(?=\s)|(?P<pname>[A-Za-z][\w-]*:[\w-]*|:[\w-]+)(?![\w-])|<(?P<piri>[^<>"{}|^`\\\x00-\x20]*)>)
    \s*"""
    + _FAST_OBJECT_PART,
    re.VERBOSE,
)
# No pattern may match the same text in two ways: a failure would try them all.
_TOKEN = re.compile(
    r'''
    (?P<iri><[^<>"{}|^`\x00-\x20]*>)
    |(?P<string>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
        |"(?:[^"\\\n\r]|\\.)*"(?!")|'(?:[^'\\\n\r]|\\.)*'(?!'))
    |(?P<caret>\^\^)
    |(?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<number>[+-]?(?:\d+\.\d*[eE][+-]?\d+|\.?\d+[eE][+-]?\d+|\d*\.\d+|\d+))
    |(?P<blank>_:[\w](?:[\w.-]*[\w-])?)
    |(?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\[^\w\s])
        (?:(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\[^\w\s])*(?:[\w:-]|%[0-9A-Fa-f]{2}|\\[^\w\s]))?)?)
    |(?P<word>[A-Za-z]+)(?![\w:-])
    |(?P<mark>[.;,\[\]()])
    ''',
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*(?:#[^\n\r]*[\n\r]\s*)*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES: Final = {
    "t": "\t",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}


class _NeedMoreError(Exception):
    """The text at hand ends inside a statement."""


class TurtleParser:
    """Parses the text of one `information.turtle`.

    Attributes:
        segment: name for messages.
        prefixes: prefix -> IRI, as far as declared.
        base: base IRI.
    """

    def __init__(self, segment: str) -> None:
        self.segment = segment
        self.prefixes: dict[str, str] = {}
        self.base = ""
        self._names: dict[str, str] = {}
        self._text = ""
        self._position = 0
        self._consumed = 0
        self._is_last = False
        # Behind it is no space in the text.
        self._last_space = -1
        # So much text must be there before it is worth to try again.
        self._wanted = 0
        self._blank_nodes = 0
        self._nested: list[Statement] = []

    def parse(self, pieces: Iterable[bytes]) -> Iterator[Statement]:
        """Parses UTF-8 text that comes in pieces.

        Yields:
            The statements in order; one subject may come several times.

        Raises:
            Aff4Error: on a syntax error, with its position in characters.
        """
        decoder = codecs.getincrementaldecoder("utf-8")()
        waiting: list[str] = []
        size = 0
        try:
            for piece in pieces:
                if b"\0" in piece:
                    raise self._error("NUL byte in the text")
                waiting.append(decoder.decode(piece))
                size += len(waiting[-1])
                if len(self._text) - self._position + size < self._wanted:
                    continue
                self._go_on(waiting)
                size = 0
                yield from self._statements()
            waiting.append(decoder.decode(b"", final=True))
        except UnicodeDecodeError as exception:
            raise self._error("not UTF-8 text") from exception
        self._go_on(waiting)
        self._is_last = True
        yield from self._statements()

    def _go_on(self, waiting: list[str]) -> None:
        """Takes further text, drops what has been parsed."""
        text = "".join([self._text[self._position :], *waiting])
        waiting.clear()
        self._consumed += self._position
        self._position = 0
        self._text = text
        last_word = text.rsplit(None, 1)[-1:] if not text[-1:].isspace() else [""]
        self._last_space = len(text) - len("".join(last_word)) - 1

    def _error(self, reason: str, position: int | None = None) -> Aff4Error:
        place = self._position if position is None else position
        return Aff4Error(self.segment, self._consumed + place, f"Turtle: {reason}")

    def _statements(self) -> Iterator[Statement]:
        while True:
            self._skip_space()
            start, blank_nodes = self._position, self._blank_nodes
            if start == len(self._text):
                return
            try:
                statement = self._statement()
            except _NeedMoreError:
                # It is read again from its start when more text is there.
                self._nested.clear()
                self._blank_nodes = blank_nodes
                if self._is_last:
                    raise self._error("text ends inside a statement", start) from None
                if len(self._text) - start > _MAXIMUM_STATEMENT:
                    raise self._error("statement is too long", start) from None
                self._position = start
                # Twice as much: else a long statement is read once for each piece.
                self._wanted = 2 * (len(self._text) - start)
                return
            if statement is not None:
                yield statement
            yield from self._nested
            self._nested.clear()

    def _skip_space(self) -> None:
        """Skips space and comments, but no comment that may go on in the next piece."""
        match = _SPACE.match(self._text, self._position)
        assert match is not None
        self._position = match.end()
        if self._is_last and self._text.startswith("#", self._position):
            self._position = len(self._text)

    def _token(self) -> tuple[str, str]:
        self._skip_space()
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            if not self._is_last or self._position == len(self._text):
                raise _NeedMoreError
            raise self._error("unexpected text")
        # Without space behind it a token may go on in the next piece: 1.e + 3.
        if not self._is_last and match.end() > self._last_space:
            raise _NeedMoreError
        self._position = match.end()
        kind = match.lastgroup or ""
        return kind, match[kind]

    def _peek(self) -> tuple[str, str]:
        position = self._position
        token = self._token()
        self._position = position
        return token

    def _statement(self) -> Statement | None:
        kind, text = self._token()
        if kind == "at" and text in ("@prefix", "@base"):
            self._directive(text[1:], has_dot=True)
            return None
        if kind == "word" and text.lower() in ("prefix", "base"):
            self._directive(text.lower(), has_dot=False)
            return None
        if kind == "mark" and text == "[":
            subject = self._blank_node_properties(0)
            if self._peek() == ("mark", "."):
                self._token()
                return None
        elif kind == "mark" and text == "(":
            subject = self._collection(0)
        else:
            subject = self._iri(kind, text)
        pairs: list[tuple[str, Node]] = []
        if not self._fast_pairs(pairs):
            self._pairs(pairs, ".", 0)
        return subject, pairs

    def _fast_pairs(self, pairs: list[tuple[str, Node]]) -> bool:
        """Reads pairs of the usual form; True if they end the statement."""
        text, position = self._text, self._position
        # Where the general parser goes on: before a predicate, never inside a list.
        resume, kept = position, len(pairs)
        predicate, end = "", ";"
        try:
            while True:
                if end == ",":
                    match = _FAST_OBJECT.match(text, position)
                    if match is None:
                        break
                    *node_groups, end = match.groups()
                else:
                    resume, kept = position, len(pairs)
                    match = _FAST.match(text, position)
                    if match is None:
                        break
                    is_a, pname, piri, *node_groups, end = match.groups()
                    if is_a:
                        predicate = RDF_TYPE
                    elif pname is not None:
                        predicate = self._names.get(pname) or self._name(pname)
                    else:
                        predicate = self._resolve(piri)
                pairs.append((predicate, self._fast_object(*node_groups)))
                position = match.end()
                if end == ".":
                    self._position = position
                    return True
        except Aff4Error:
            # The general parser says what is wrong, and where.
            pass
        del pairs[kept:]
        self._position = resume
        return False

    def _fast_object(
        self,
        literal: str | None,
        tiri: str | None,
        tname: str | None,
        oiri: str | None,
        oname: str | None,
        number: str,
    ) -> Node:
        """The object that the groups of the fast pattern hold."""
        if literal is not None:
            if tname is not None:
                return Literal(literal, self._names.get(tname) or self._name(tname))
            return Literal(literal, self._resolve(tiri) if tiri else "")
        if oiri is not None:
            return self._resolve(oiri)
        if oname is not None:
            return self._names.get(oname) or self._name(oname)
        return Literal(number, _INTEGER)

    def _pairs(self, pairs: list[tuple[str, Node]], closing: str, depth: int) -> None:
        """Reads `predicate object, object; ...` up to the closing mark."""
        if depth > _MAXIMUM_DEPTH:
            raise self._error("nested too deeply")
        while True:
            kind, text = self._token()
            if kind == "mark" and text == closing:
                return
            if kind == "mark" and text == ";":
                continue
            if kind == "word" and text == "a":
                predicate = RDF_TYPE
            else:
                predicate = self._iri(kind, text)
            while True:
                pairs.append((predicate, self._object(depth)))
                kind, text = self._token()
                if (kind, text) != ("mark", ","):
                    break
            if (kind, text) == ("mark", closing):
                return
            if (kind, text) != ("mark", ";"):
                raise self._error(f"';' or '{closing}' expected, {text!r} found")
            if depth == 0 and closing == "." and self._fast_pairs(pairs):
                return

    def _object(self, depth: int) -> Node:
        kind, text = self._token()
        if kind == "string":
            quotes = 3 if text[:3] in ('"""', "'''") else 1
            return self._literal(self._unescape(text[quotes:-quotes]))
        if kind == "number":
            name = "decimal" if "." in text else "integer"
            return Literal(text, f"{XSD}{'double' if 'e' in text.lower() else name}")
        if kind == "word" and text in ("true", "false"):
            return Literal(text, f"{XSD}boolean")
        if kind == "mark" and text == "[":
            return self._blank_node_properties(depth + 1)
        if kind == "mark" and text == "(":
            return self._collection(depth + 1)
        return self._iri(kind, text)

    def _literal(self, text: str) -> Literal:
        kind, _ = self._peek()
        if kind == "caret":
            self._token()
            return Literal(text, self._iri(*self._token()))
        if kind == "at":
            self._token()
            return Literal(text, f"{RDF}langString")
        return Literal(text, "")

    def _blank_node(self) -> str:
        self._blank_nodes += 1
        # No label of the text can look like this.
        return f"_:[{self._blank_nodes}]"

    def _blank_node_properties(self, depth: int) -> str:
        subject = self._blank_node()
        pairs: list[tuple[str, Node]] = []
        self._pairs(pairs, "]", depth + 1)
        self._nested.append((subject, pairs))
        return subject

    def _collection(self, depth: int) -> str:
        if depth > _MAXIMUM_DEPTH:
            raise self._error("nested too deeply")
        items = []
        while self._peek() != ("mark", ")"):
            items.append(self._object(depth + 1))
        self._token()
        following = f"{RDF}nil"
        for item in reversed(items):
            subject = self._blank_node()
            self._nested.append(
                (subject, [(f"{RDF}first", item), (f"{RDF}rest", following)])
            )
            following = subject
        return following

    def _directive(self, name: str, *, has_dot: bool) -> None:
        prefix = ""
        if name == "prefix":
            kind, prefix = self._token()
            if kind != "name" or not prefix.endswith(":"):
                raise self._error(f"prefix expected, {prefix!r} found")
        iri = self._iri(*self._token())
        if has_dot:
            self._expect(".")
        if name == "prefix":
            self.prefixes[prefix[:-1]] = iri
            self._names.clear()
        else:
            self.base = iri

    def _expect(self, mark: str) -> None:
        kind, text = self._token()
        if (kind, text) != ("mark", mark):
            raise self._error(f"{mark!r} expected, {text!r} found")

    def _iri(self, kind: str, text: str) -> str:
        if kind == "iri":
            return self._resolve(self._unescape(text[1:-1]))
        if kind == "name":
            return self._name(text)
        if kind == "blank":
            return text
        raise self._error(f"name expected, {text!r} found")

    def _name(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        iri = self.prefixes.get(prefix)
        if iri is None:
            raise self._error(f"prefix {prefix!r} is not declared")
        full = iri + re.sub(r"\\(.)", r"\1", local)
        if len(self._names) > 10_000:
            self._names.clear()
        self._names[name] = full
        return full

    def _resolve(self, iri: str) -> str:
        """Resolves a relative IRI; the bases of AFF4 volumes have no path."""
        if not self.base or ":" in iri.partition("/")[0]:
            return iri
        if not iri:
            return self.base
        return f"{self.base}{'' if iri[0] in '/#?' else '/'}{iri}"

    def _unescape(self, text: str) -> str:
        if "\\" not in text:
            return text

        def replace(match: re.Match[str]) -> str:
            short, long, single = match.groups()
            if single is not None:
                if single not in _ESCAPES:
                    raise self._error(f"escape \\{single} is unknown")
                return _ESCAPES[single]
            number = int(short or long, 16)
            if number > 0x10FFFF:
                raise self._error(f"escape \\U{long} is no character")
            return chr(number)

        plain = _ESCAPE.sub(replace, text)
        if _SURROGATE.search(plain):
            # Java writes characters beyond 16 bits as two escapes.
            try:
                plain = plain.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise self._error("escape of half a character") from None
        return plain
