"""Tests of passcode files."""

from __future__ import annotations

import pytest

from telegram_forensics.formats import tdesktop_passcodes as passcodes
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_passcodes import Passcodes


def test_default_is_the_empty_passcode() -> None:
    """Without candidates only "no passcode" is tried."""
    assert Passcodes().values == passcodes.make_passcodes().values == (b"",)
    assert passcodes.parse_passcodes(b"").values == (b"",)


def test_order_and_duplicates() -> None:
    """The empty passcode comes first, the others in their order, each once."""
    made = passcodes.make_passcodes(["b", "a", "b", "", "c"])
    assert made.values == (b"", b"b", b"a", b"c")
    assert (len(made), made[0], made[3]) == (4, b"", b"c")


def test_unicode() -> None:
    """Passcodes count as UTF-8, and bytes that are no text survive the way."""
    assert passcodes.make_passcodes(["Пароль☂密7"])[1] == "Пароль☂密7".encode()
    assert passcodes.make_passcodes(["a\udcff"])[1] == b"a\xff"


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"one\ntwo\n", (b"", b"one", b"two")),
        (b"one\r\ntwo", (b"", b"one", b"two")),
        (b"\xef\xbb\xbfone\n", (b"", b"one")),
        (b"\n\n\r\none\n\n", (b"", b"one")),
        (b" one \n\ttwo\t\n \n", (b"", b" one ", b"\ttwo\t", b" ")),
        (b"a\x0bb\x0cc\n", (b"", b"a\x0bb\x0cc")),
        ("a\u2028b\u0085c\n".encode(), (b"", "a\u2028b\u0085c".encode())),
        ("пароль\n密\n".encode(), (b"", "пароль".encode(), "密".encode())),
    ],
)
def test_lines(data: bytes, values: tuple[bytes, ...]) -> None:
    """Only line ends are cut off: spaces and other separators belong to a passcode."""
    assert passcodes.parse_passcodes(data).values == values


def test_not_utf_8() -> None:
    """A file in another encoding is refused with the place of the first bad byte."""
    with pytest.raises(FormatError, match="not UTF-8") as caught:
        passcodes.parse_passcodes(b"one\ntw\xf6\n")
    assert caught.value.offset == 6


def test_too_many_candidates() -> None:
    """The limit is a number of candidates, not of lines."""
    lines = [b"%d" % number for number in range(passcodes.MAXIMUM_CANDIDATES)]
    made = passcodes.parse_passcodes(b"\n".join([*lines, b"", lines[0]]))
    assert len(made) == passcodes.MAXIMUM_CANDIDATES + 1
    with pytest.raises(FormatError, match="more than 10000 candidates.*hashcat"):
        passcodes.parse_passcodes(b"\n".join([*lines, b"one more"]))


def test_too_large() -> None:
    """A file above the size limit is refused."""
    data = b"x" * passcodes.MAXIMUM_FILE_SIZE
    assert len(passcodes.parse_passcodes(data)) == 2
    with pytest.raises(FormatError, match="larger than 4 MiB"):
        passcodes.parse_passcodes(data + b"x")


def test_repr_shows_no_passcode() -> None:
    """No log shows a passcode."""
    assert "Pier7" not in repr(passcodes.make_passcodes(["Pier7"]))
