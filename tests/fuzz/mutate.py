"""Damaged inputs out of sound ones, the same for the same seed and number."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Sequence
from typing import Final

MAXIMUM_SIZE: Final = 1 << 17
_NUMBERS: Final = (
    *(0, 1, 2, 3, 7, 8, 0x10, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF),
    *(0x10000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
    *(1 << 32, 1 << 53, (1 << 63) - 1, 1 << 63, (1 << 64) - 1),
)
# Numbers, marks and nesting that readers of text stumble over.
_WORDS: Final = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        *("-1", "0", "99999999999999999999", "1e400", "NaN", "-", "\\u0000", '"', "'"),
        *(
            "\0",
            "\n",
            "\r\n",
            "\t",
            "[",
            "]",
            "{",
            "}",
            "<",
            ">",
            "&#0;",
            "&a;",
            "=",
            ",",
        ),
        *(
            "null",
            "true",
            "[[[[[[[[",
            '{"a":',
            "<a>",
            "</a>",
            "\ufeff",
            "\u2028",
            "\ud800",
        ),
        *("9999-99-99 99:99:99", "0000-00-00", "\u0661", "(", "\xb2", "\xff", "%s"),
    )
)
_DIGITS: Final = re.compile(rb"[0-9]+")
# Some digits that are none for `int`, and more of them than `int` takes.
_DECIMALS: Final = tuple(
    word.encode()
    for word in (
        *("0", "00", "1", "-1", "99", "255", "65536", "2147483648", "4294967295"),
        *("9223372036854775808", "99999999999999999999", "7" * 5000),
        *("\u0663", "\xb2", "1e999", "0x10", "1_0", ""),
    )
)
Mutation = Callable[[bytearray, random.Random, Sequence[bytes]], None]


def _place(data: bytearray, draw: random.Random, size: int = 1) -> int:
    """A place, half of them near the beginning, where headers stand."""
    last = max(0, len(data) - size)
    place = draw.randint(0, last)
    return place if draw.random() < 0.5 else min(place % 48, last)


def _flip(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[_place(data, draw)] ^= 1 << draw.randrange(8)


def _byte(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[_place(data, draw)] = draw.randrange(256)


def _number(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    form = draw.choice("bBhHiIqQ".upper())
    size = struct.calcsize(form)
    if len(data) < size:
        return
    number = draw.choice((*_NUMBERS, len(data), draw.getrandbits(12)))
    place = _place(data, draw, size)
    mask = (1 << 8 * size) - 1
    data[place : place + size] = struct.pack(draw.choice("<>") + form, number & mask)


def _change(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    """A number that is off by a little: lengths and counts that nearly fit."""
    if data:
        place = _place(data, draw)
        data[place] = (data[place] + draw.choice((-2, -1, 1, 2, 4))) & 0xFF


def _cut(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    del data[draw.randint(0, len(data)) :]


def _remove(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    place = _place(data, draw)
    del data[place : place + draw.choice((1, 2, 4, 8, 64, 512))]


def _insert(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    place = _place(data, draw)
    data[place:place] = draw.randbytes(draw.choice((1, 2, 4, 8, 64)))


def _word(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    place = _place(data, draw)
    end = place + draw.choice((0, 0, 1, 4))
    data[place:end] = draw.choice(_WORDS)


def _decimal(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    """Another number in place of one that is written in digits."""
    found = list(_DIGITS.finditer(data))
    if found:
        match = draw.choice(found)
        data[match.start() : match.end()] = draw.choice(_DECIMALS)


def _zero(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    place = _place(data, draw)
    end = min(len(data), place + draw.choice((4, 16, 64, 512)))
    data[place:end] = bytes([draw.choice((0, 0xFF))]) * (end - place)


def _repeat(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    """A piece many times: nesting, long lists, long lines."""
    place = _place(data, draw)
    piece = bytes(data[place : place + draw.choice((1, 2, 4, 8, 16, 64, 256))])
    times = draw.choice((1, 2, 8, 64, 1000, 5000))
    if len(data) + len(piece) * times <= MAXIMUM_SIZE:
        data[place:place] = piece * times


def _copy(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    """A piece over another place."""
    size = draw.choice((1, 2, 4, 8, 16, 64))
    source = draw.randint(0, max(0, len(data) - size))
    piece = data[source : source + size]
    place = _place(data, draw, size)
    data[place : place + len(piece)] = piece


def _splice(data: bytearray, draw: random.Random, seeds: Sequence[bytes]) -> None:
    """The beginning of one seed, the end of another."""
    other = draw.choice(seeds)
    place = draw.randint(0, len(data))
    data[place:] = other[draw.randint(0, len(other)) :]


MUTATIONS: Final[tuple[Mutation, ...]] = (
    *(_flip, _byte, _number, _number, _change, _change, _cut, _remove, _insert),
    *(_word, _decimal, _zero, _repeat, _copy, _splice),
)


def make_input(
    name: str,
    seed: int,
    number: int,
    seeds: Sequence[bytes],
    maximum: int = MAXIMUM_SIZE,
) -> bytes:
    """The input of one execution.

    Args:
        name: of the target.
        seed: of the run.
        number: of the execution; the first are the seeds themselves.
        seeds: sound inputs, at least one.
        maximum: bytes that are left of it.
    """
    if number < len(seeds):
        return seeds[number]
    draw = random.Random(f"{name} {seed} {number}")
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        draw.choice(MUTATIONS)(data, draw, seeds)
    return bytes(data[:maximum])
