"""Tests of the way from URN to member name (section 1.4)."""

from __future__ import annotations

import pytest

from telegram_forensics.aff4.member_names import candidates
from tests.aff4 import support
from tests.builders import aff4
from tests.builders.aff4_zip import Member, write_zip

V = "aff4://128327b9-19e4-4555-82f2-623aa34cb7a0"
OTHER = "aff4://c215ba20-5648-4209-a793-1f918c723610"


@pytest.mark.parametrize(
    ("urn", "suffix", "member"),
    [
        # A and E: foreign URNs are escaped.
        (OTHER, "/00000000", f"aff4%3A%2F%2F{OTHER[7:]}/00000000"),
        (OTHER, "/00000000/index", f"aff4%3A%2F%2F{OTHER[7:]}/00000000/index"),
        (OTHER, "/map", f"aff4%3a%2f%2f{OTHER[7:]}/map"),
        # B: own URNs are relative, "%" is escaped once more.
        (f"{V}/evidence/x.raw", "/00000000.index", "evidence/x.raw/00000000.index"),
        (f"{V}/caf%C3%A9%20%231.txt", "", "caf%25C3%25A9%2520%25231.txt"),
        # Old pyaff4: escapes in lower case.
        (f"{V}/a*b", "", "a%2ab"),
        (f"{V}/a*b", "", "a%2Ab"),
        # C and G: names as they are, spaces plain, one slash dropped.
        (f"{V}//src/a%20b.txt", "", "/src/a b.txt"),
        (f"{V}//C:/%d0.bin", "/map", "/C:/%d0.bin/map"),
        (f"{V}/server/share$/x", "", "server/share$/x"),
        (OTHER, "/00000003", f"{OTHER}/00000003"),
        (f"{OTHER}/a%20b", "", f"{OTHER}/a b"),
        # Percent-decoded, and without any leading slash.
        (f"{V}/%D0%B0", "", "а"),
        (f"{V}//x", "", "x"),
        # pyaff4 loses everything from "#" or "?" before it appends the suffix.
        (f"{V}//a (1) #2.txt", "/map", "/a (1) /map"),
        (f"{V}//a%20(1)%20#2.txt", "/idx", "/a (1) /idx"),
        (f"{V}//what?.bin", "/00000000.index", "/what/00000000.index"),
    ],
)
def test_names(urn: str, suffix: str, member: str) -> None:
    """The names that the writers give are among the candidates."""
    assert member in list(candidates(urn, V, suffix))


def test_order() -> None:
    """The likeliest name comes first, and none comes twice."""
    names = list(candidates(f"{V}/a%20b#c", V, "/map"))
    assert names[0] == "a%20b#c/map"
    assert names[1] == "a b#c/map"
    assert names.index("a b/map") > names.index("a b#c/map")
    assert len(set(names)) == len(names)


def test_double_slash_stays() -> None:
    """Of two leading slashes one is dropped before the other forms are tried."""
    names = list(candidates(f"{V}//x/y", V))
    assert names[0] == "/x/y"
    assert names.index("x/y") > 0


def test_a_member_itself_is_never_cut() -> None:
    """Without a suffix a name with "#" is not shortened: it would be another file."""
    assert "a" not in list(candidates(f"{V}/a#b", V))


def test_foreign_names() -> None:
    """A URN without scheme and outside of the volume has no member."""
    assert list(candidates("http://aff4.org/Schema#Zero", V)) == []
    assert list(candidates("", V)) == []


@pytest.mark.parametrize("dialect", "ABCEF")
def test_own_and_foreign_streams(dialect: str) -> None:
    """Streams below the volume URN and beside it are found in every dialect."""
    data = aff4.pattern(3000)
    for urn in (aff4.STREAM, f"{aff4.VOLUME}/disk%20one.raw", f"{aff4.VOLUME}//x"):
        volume = aff4.AFF4Volume(dialect=dialect)
        volume.add_stream(urn, data, "snappy", types=["ImageStream", "Image"])
        image = support.only_image(support.open_volume(volume.build()))
        assert support.read_all(image.stream) == data


def test_the_first_candidate_wins() -> None:
    """Where several candidates exist, the exact name counts."""
    volume = aff4.AFF4Volume(dialect="C")
    urn = f"{aff4.VOLUME}/a%20b"
    volume.add_object(urn, ["Image"])
    members = [Member("a b", b"second"), Member("a%20b", b"first")]
    data = write_zip([*volume.all_members(), *members])
    image = support.only_image(support.open_volume(data))
    assert support.read_all(image.stream) == b"first"
