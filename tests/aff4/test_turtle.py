"""Tests of the Turtle parser (section 2), against rdflib as independent oracle."""

from __future__ import annotations

import random
import time
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.aff4.errors import Aff4Error
from telegram_forensics.aff4.turtle import RDF, XSD, Literal, Statement, TurtleParser
from telegram_forensics.aff4.volume import Volume
from tests.aff4 import support
from tests.helpers import every_truncation, mutations

SAMPLE_NAMES = [
    "py_map_symbolic.aff4",
    "py_logical_dedup.aff4",
    "py_logical_windows.aff4",
    "py_encrypted.aff4",
    "c_logical.aff4",
    "py_zlib.aff4",
    "py_lz4.aff4",
    "py_map_gaps.aff4",
    "py_logical_zip.aff4",
    "c_snappy.aff4",
    "c_none.aff4",
    "c_split.aff4",
    "c_split.aff4.A02",
    *support.REFERENCE_IMAGES,
]
NUMBERS = {f"{XSD}{name}" for name in ("integer", "decimal", "double")}
BASE = "aff4://128327b9-19e4-4555-82f2-623aa34cb7a0"
HEAD = f"""@base <{BASE}> .
@prefix : <{BASE}> .
@prefix aff4: <http://aff4.org/Schema#> .
@prefix xsd: <{XSD}> .
"""


def parse(*pieces: bytes) -> list[Statement]:
    """Parses text that comes in pieces."""
    return list(TurtleParser("t").parse(pieces))


def graph_of(text: bytes) -> Any:
    """Our statements as a graph of rdflib."""
    rdflib = pytest.importorskip("rdflib")

    def term(node: str | Literal) -> Any:
        if isinstance(node, Literal):
            if node.datatype == f"{RDF}langString":
                return rdflib.Literal(node.text)
            if node.datatype in NUMBERS:
                return rdflib.Literal(str(float(node.text)))
            datatype = rdflib.URIRef(node.datatype) if node.datatype else None
            return rdflib.Literal(node.text, datatype=datatype, normalize=False)
        if node.startswith("_:"):
            return rdflib.BNode(node[2:])
        return rdflib.URIRef(node)

    graph = rdflib.Graph()
    for subject, pairs in parse(text):
        for predicate, node in pairs:
            graph.add((term(subject), term(predicate), term(node)))
    return graph


def graph_of_rdflib(text: bytes) -> Any:
    """What rdflib makes of the text, numbers and languages brought to our form."""
    rdflib = pytest.importorskip("rdflib")
    normalizes, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        parsed = rdflib.Graph().parse(data=text, format="turtle")
    finally:
        rdflib.NORMALIZE_LITERALS = normalizes
    graph = rdflib.Graph()
    for subject, predicate, node in parsed:
        term = node
        if isinstance(node, rdflib.Literal):
            if node.language:
                term = rdflib.Literal(str(node))
            elif str(node.datatype) in NUMBERS:
                term = rdflib.Literal(str(float(str(node))))
        graph.add((subject, predicate, term))
    return graph


def assert_same_graph(text: bytes) -> None:
    """Compares our parser with rdflib."""
    compare = pytest.importorskip("rdflib.compare")
    ours, theirs = graph_of(text), graph_of_rdflib(text)
    assert len(ours) == len(theirs)
    assert compare.isomorphic(ours, theirs)


def turtle_of(name: str) -> bytes:
    """The metadata of a sample."""
    volume = Volume(support.source(support.sample(name).read_bytes()))
    return volume.directory.read("information.turtle", 1 << 24)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_against_rdflib(name: str) -> None:
    """Both parsers get the same graph out of every sample."""
    assert_same_graph(turtle_of(name))


def test_turtle_is_the_member() -> None:
    """The text of the tests is what another ZIP reader takes out of a volume."""
    with zipfile.ZipFile(support.sample("c_logical.aff4")) as archive:
        assert archive.read("information.turtle") == turtle_of("c_logical.aff4")


@pytest.mark.parametrize("name", ["py_logical_windows.aff4", "py_map_symbolic.aff4"])
def test_samples_in_pieces(name: str) -> None:
    """However the text of a sample is cut up, the statements are the same."""
    text = turtle_of(name)
    whole = parse(text)
    for cut in range(len(text)):
        assert parse(text[:cut], text[cut:]) == whole
    assert parse(*(bytes([byte]) for byte in text)) == whole


PIECES = """# comment } with { marks " '
PREFIX e: <http://x/>
<http://x/s>a e:C,e:D;e:p "a;b.c","\\"q\\\\",'it', '''l'o''ng
lines''', \"\"\"with "two"" quotes\"\"\", ""\t, "x"@en-GB, "5"^^xsd:long , 1.5,
  1.e3, .5E-1,-7;;
  :r e:a.b, e:a..b, e:1%41\\-x, <#f>, <rel>, </abs>, <>, :, true # end
  .
[ e:p [ e:q ( 1 "two" ( ) [] ) ] ] .
_:b1 e:p _:b.1, [] ; .
( 1 2 ) e:p () .
[] a e:X .
<http://x/a#b?c=d&e> e:long\u00fc "\\u00e9\\U0001F600\\uD83D\\uDE00\\t\\b\\n\\r\\f\\'" .
""".encode()


def test_every_split() -> None:
    """Wherever the text is cut, inside any kind of token, the result is the same."""
    text = HEAD.encode() + PIECES
    whole = parse(text)
    assert len(whole) > 10
    for cut in range(len(text)):
        assert parse(text[:cut], text[cut:]) == whole, text[cut - 9 : cut + 9]
    assert parse(*(bytes([byte]) for byte in text)) == whole
    generator = random.Random(1)
    for _ in range(50):
        cuts = sorted(generator.sample(range(len(text)), 7))
        ends = [*cuts, len(text)]
        parts = [text[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
        assert parse(*parts) == whole


def test_constructs_against_rdflib() -> None:
    """Everything that Turtle offers means the same to rdflib."""
    # rdflib takes neither surrogate pairs nor a base without path.
    text = PIECES.replace(b"\\uD83D\\uDE00", b"").replace(b"<#f>, <rel>, </abs>, ", b"")
    assert_same_graph(HEAD.encode() + text)


def test_literals() -> None:
    """Literals keep their text and datatype as written."""
    text = (
        f'{HEAD}<> :p 007, "1"^^xsd:int, "2021-05-06T07:08:09.5+03:00"^^xsd:dateTime.'
    )
    ((subject, pairs),) = parse(text.encode())
    assert subject == BASE
    assert [node for _, node in pairs] == [
        Literal("007", f"{XSD}integer"),
        Literal("1", f"{XSD}int"),
        Literal("2021-05-06T07:08:09.5+03:00", f"{XSD}dateTime"),
    ]


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("<>", BASE),
        ("</a/b%20c>", f"{BASE}/a/b%20c"),
        ("<a/b>", f"{BASE}/a/b"),
        ("<#x>", f"{BASE}#x"),
        ("<aff4://other/x>", "aff4://other/x"),
        ("<aff4:sha512:ab==>", "aff4:sha512:ab=="),
        ("<aff4://x/a\u3000b\u00a0c\u2028>", "aff4://x/a\u3000b\u00a0c\u2028"),
        ("<aff4://x[0x0:0xa3f]>", "aff4://x[0x0:0xa3f]"),
        ("<\\u0041:\\U00000042>", "A:B"),
        (":", BASE),
        ("aff4:Zero", "http://aff4.org/Schema#Zero"),
        ("aff4:a%41\\-b.c", "http://aff4.org/Schema#a%41-b.c"),
    ],
)
def test_names(written: str, resolved: str) -> None:
    """Names are resolved as section 2 says."""
    for end in (" .", ".", " , 1 .", ";\n."):
        ((_, pairs),) = parse(f"{HEAD}<x:s> <x:p> {written}{end}".encode())
        assert pairs[0] == ("x:p", resolved)


def test_blank_nodes_stay_apart() -> None:
    """A made-up name never meets a label of the text."""
    statements = parse(b"<a:a> <a:b> [ <a:c> 1 ], [ <a:c> 2 ] . _:b1 <a:d> 2 .")
    subjects = [subject for subject, _ in statements]
    assert len(set(subjects)) == len(subjects) == 4
    assert "_:b1" in subjects


_LOCAL = st.text("abz_09", min_size=1, max_size=5)
_IRI = st.one_of(
    _LOCAL.map(lambda name: f"<aff4://{name}/{name}%20x>"),
    _LOCAL.map(lambda name: f"<http://x/{name}#y?z=é>"),
    _LOCAL.map(lambda name: f"<aff4://x/{name}\u3000\u00a0\u2028\u0085.txt>"),
    _LOCAL.map(lambda name: f"aff4:{name}"),
    _LOCAL.map(lambda name: f":{name}.{name}"),
    st.sampled_from(["<>", ":", "xsd:%41b", "aff4:a\\-b"]),
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@st.composite
def _strings(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(['"', "'", '"""', "'''"]))
    text = draw(_TEXT).replace("\\", "\\\\").replace(quote[0], f"\\{quote[0]}")
    if draw(st.booleans()):
        text = "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in text)
    # rdflib reads through universal line ends, so CR stays escaped.
    text = text.replace("\r", "\\r")
    if len(quote) == 1:
        text = text.replace("\n", "\\n")
    end = draw(st.sampled_from(["", "", "@en", "@de-AT", "^^xsd:string", "^^<x:y>"]))
    return f"{quote}{text}{quote}{end}"


_NUMBERS = st.one_of(
    st.integers(-999, 10**20).map(str),
    st.integers(0, 99999).map(lambda number: f"{number / 1000:.3f}"),
    st.sampled_from(["1.5e3", "2E-1", "true", "false"]),
)
_SPACES = st.sampled_from([" ", "\n    ", "\t", "\r\n", " # c } \" '\n", "\n\n"])


@st.composite
def _objects(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.integers(0, 9 if depth < 2 else 7))
    if kind < 3:
        return draw(_IRI)
    if kind < 5:
        return draw(_strings())
    if kind < 7:
        return draw(_NUMBERS)
    if kind == 7:
        return draw(_LOCAL.map(lambda name: f"_:{name}"))
    space = draw(_SPACES)
    if kind == 8:
        items = draw(st.lists(_objects(depth + 1), max_size=3))
        return space.join(["(", *items, ")"])
    return f"[{space}{draw(_pairs(depth + 1))}{space}]" if draw(st.booleans()) else "[]"


@st.composite
def _pairs(draw: st.DrawFn, depth: int = 0) -> str:
    groups = []
    for _ in range(draw(st.integers(1, 3))):
        objects = draw(st.lists(_objects(depth), min_size=1, max_size=3))
        predicate = draw(st.one_of(_IRI, st.just("a")))
        space = draw(_SPACES)
        groups.append(f"{predicate}{space}{f'{space},'.join(objects)}")
    return f"{draw(_SPACES)};{draw(_SPACES)}".join(groups)


@st.composite
def _graphs(draw: st.DrawFn) -> str:
    statements = []
    for _ in range(draw(st.integers(1, 4))):
        space = draw(_SPACES)
        subject = draw(st.one_of(_IRI, _LOCAL.map(lambda name: f"_:{name}")))
        statements.append(f"{subject}{space}{draw(_pairs())}{space}.{space}")
    return HEAD + "".join(statements)


@settings(max_examples=150, deadline=None)
@given(_graphs())
def test_made_up_graphs_against_rdflib(text: str) -> None:
    """Any graph, however it is written, means the same to rdflib."""
    assert_same_graph(text.encode())


@settings(max_examples=150, deadline=None)
@given(_graphs(), st.data())
def test_made_up_graphs_in_pieces(text: str, data: st.DataObject) -> None:
    """Any graph is the same in any pieces."""
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)))
    parts = [
        raw[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)
    ]
    assert parse(*parts) == parse(raw)


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        ("<a:a> <a:b> } .", 12, "unexpected"),
        ("<a:a> <a:b> 1 2 .", 15, "';' or '.' expected"),
        ("<a:a> <a:b> 1 ]", 15, "expected"),
        ("<a:a> 5 6 .", 7, "name expected"),
        ("<a:a> <a:b> x:y .", 15, "prefix 'x' is not declared"),
        ("<a:a> x:y 1, 2 .", 9, "prefix 'x' is not declared"),
        ('<a:a> <a:b> "\\q" .', 16, "escape \\\\q"),
        ('<a:a> <a:b> "\\uD800" .', 20, "half a character"),
        ('<a:a> <a:b> "\\U00110000" .', 24, "no character"),
        ("<a:a> <a:b> 1 . <a:c> <a:d>", 16, "ends inside"),
        ('<a:a> <a:b> 1 . <a:c> <a:d> "open .', 28, "unexpected"),
        ("@prefix x <y> .", 9, "prefix expected"),
        ("@base <a:b> <c:d>", 17, "'.' expected"),
        ("@wrong <a:b> .", 6, "name expected"),
        ("<a:a> <a:b> " + "[ <a:c> " * 50, 0, "nested too deeply"),
        ("<a:a> <a:b> " + "( " * 50, 0, "nested too deeply"),
    ],
)
def test_errors(text: str, offset: int, reason: str) -> None:
    """A syntax error is an error with its position, in one piece or in many."""
    raw = text.encode()
    for pieces in ([raw], [bytes([byte]) for byte in raw]):
        with pytest.raises(Aff4Error, match=reason) as caught:
            parse(*pieces)
        assert caught.value.segment == "t"
        assert caught.value.offset is not None
        if not reason.startswith("nested"):
            assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text", [b'<a:a> <a:b> "\xff" .', b'<a:a> <a:b> "\0" .', b"\xff"]
)
def test_not_text(text: bytes) -> None:
    """NUL bytes and what is not UTF-8 are errors."""
    with pytest.raises(Aff4Error):
        parse(text)


def test_statements_before_an_error_come_first() -> None:
    """The parser streams: what stands before an error was handed out."""
    parser = TurtleParser("t").parse([b"<a:a> <a:b> 1 .\n<a:c> }"])
    assert next(parser)[0] == "a:a"
    with pytest.raises(Aff4Error):
        next(parser)


@pytest.mark.parametrize(
    "text",
    [
        "<a:a> <a:b>" + " " * 100_000 + "}",
        "<a:a> <a:b> " + "#" * 100_000 + "\n}",
        "<a:a> <a:b> " + "# \n" * 50_000 + "}",
        "<a:a> <a:b> " + "_:" + "a." * 50_000 + "}",
        "<a:a> <a:b> x:" + "a." * 50_000 + "}",
        '<a:a> <a:b> "' + "\\" * 100_001,
        '<a:a> <a:b> """' + '""' * 50_000,
        "<a:a> <a:b> " + "1" * 100_000 + "e}",
        "<a:a> <a:b> " + "<" * 100_000,
        "<a:a> x:" + "a" * 100_000 + "}",
        "<a:a> <a:b> 1 ; x:" + "a" * 100_000 + " }",
        "<a:a> <a:b>" + '"a",' * 50_000 + "}",
    ],
)
def test_no_backtracking(text: str) -> None:
    """No text makes the patterns try the same thing over and over."""
    start = time.process_time()
    with pytest.raises(Aff4Error):
        parse(text.encode())
    assert time.process_time() - start < 2


def test_long_statement_in_small_pieces() -> None:
    """A statement is not read from its beginning for every piece of it."""
    text = b"<a:a> <a:b> " + b"1, " * 100_000 + b"1 . "
    pieces = [text[at : at + 1000] for at in range(0, len(text), 1000)]
    start = time.process_time()
    ((subject, pairs),) = TurtleParser("t").parse(pieces)
    assert (subject, len(pairs)) == ("a:a", 100_001)
    assert time.process_time() - start < 20


def test_truncation_and_mutation() -> None:
    """Damaged metadata is read or refused with an error, nothing else."""
    text = turtle_of("py_map_symbolic.aff4")
    refused = 0
    for damaged in (*every_truncation(text), *mutations(text, 1000, "turtle")):
        try:
            parse(damaged)
        except Aff4Error as exception:
            assert exception.offset is not None
            refused += 1
    assert refused > 1000
