"""Tests of symbolic streams (section 5.1)."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.aff4.symbolic import symbolic_stream
from tests.builders.aff4 import OLD_SCHEMA, SCHEMA

MIB = 1 << 20
WORDS = {"UnknownData": b"UNKNOWN", "UnreadableData": b"UNREADABLEDATA"}


def read(iri: str, offset: int, size: int) -> bytes:
    """Reads a symbolic stream."""
    stream = symbolic_stream(iri)
    assert stream is not None
    return stream.read(offset, size)


@pytest.mark.parametrize("space", [SCHEMA, OLD_SCHEMA])
def test_check_values(space: str) -> None:
    """The check values of the specification come out."""
    unknown, unreadable = f"{space}UnknownData", f"{space}UnreadableData"
    assert read(unknown, 1048570, 20) == b"WNUNKNUNKNOWNUNKNOWN"
    assert read(unreadable, 1048566, 24) == b"LEDATAUNREUNREADABLEDATA"
    sums = [
        hashlib.sha1(read(iri, 0, 3 * MIB)).hexdigest() for iri in (unknown, unreadable)
    ]
    assert sums == [
        "53b010163bea1de878d14e98126e3cd85d0d7c85",
        "286f952d0002ec1c23a846385cbd23a10392d3e0",
    ]


@given(
    st.sampled_from(sorted(WORDS)),
    st.integers(0, (1 << 63) - MIB),
    st.integers(0, 300),
    st.booleans(),
)
def test_filler_at_any_offset(
    name: str, offset: int, size: int, near_restart: bool
) -> None:
    """Every byte is the one of the formula, up to 2^63."""
    word = WORDS[name]
    if near_restart:
        offset = max(0, offset // MIB * MIB - 100)
    expected = bytes(word[(p % MIB) % len(word)] for p in range(offset, offset + size))
    assert read(f"{SCHEMA}{name}", offset, size) == expected


@pytest.mark.parametrize(
    ("iri", "byte"),
    [
        (f"{SCHEMA}Zero", 0),
        (f"{OLD_SCHEMA}Zero", 0),
        (f"{SCHEMA}NoData", 0),
        (f"{SCHEMA}SymbolicStreamFF", 0xFF),
        (f"{SCHEMA}SymbolicStreama5", 0xA5),
        (f"{SCHEMA}SymbolicStreamA5", 0xA5),
        ("http://afflib.org/2012/SymbolicStream#61", 0x61),
        (f"{OLD_SCHEMA}FF", 0xFF),
        (f"{SCHEMA}FFDevice", 0xFF),
        (f"{OLD_SCHEMA}7f", 0x7F),
    ],
)
def test_constants(iri: str, byte: int) -> None:
    """A constant stream has its byte everywhere."""
    stream = symbolic_stream(iri)
    assert stream is not None
    assert stream.is_constant
    assert not stream.is_filler
    for offset, size in [(0, 0), (0, 5), (1 << 62, 7), (3, MIB + 1)]:
        assert stream.read(offset, size) == bytes([byte]) * size


def test_filler_is_told_apart() -> None:
    """UnknownData and UnreadableData are filler, not evidence."""
    for name in WORDS:
        stream = symbolic_stream(f"{SCHEMA}{name}")
        assert stream is not None
        assert stream.is_filler
        assert not stream.is_constant


@pytest.mark.parametrize(
    "iri",
    [
        f"{SCHEMA}SymbolicStreamFFF",
        f"{SCHEMA}SymbolicStreamG0",
        f"{SCHEMA}SymbolicStream",
        f"{SCHEMA}ImageStream",
        "http://example.org/#Zero",
        "aff4://c215ba20-5648-4209-a793-1f918c723610",
        "",
    ],
)
def test_what_is_none(iri: str) -> None:
    """Nothing else is a symbolic stream."""
    assert symbolic_stream(iri) is None


def test_cheap() -> None:
    """Streams cost nothing until they are read: a map may name thousands."""
    start = time.process_time()
    names = [f"{SCHEMA}SymbolicStream{number:02X}" for number in range(256)]
    streams = [symbolic_stream(name) for name in names * 20]
    assert all(streams)
    assert time.process_time() - start < 1
