"""Tests of the table of TL constructors and of the tool that builds it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from telegram_forensics.formats import tl_schema
from telegram_forensics.formats.tl_schema import (
    TLField,
    TLSchemaError,
    TLType,
    parse_fields,
    parse_row,
    parse_type,
)
from tests import helpers
from tools import build_tl_schema

TABLE = helpers.REPOSITORY / "telegram_forensics" / "data" / "tl_schema.tsv"
LAYERS = helpers.SHARED / "formats" / "tl_constructors.tsv"
PRIVATE = helpers.SHARED / "formats" / "android_private_constructors.tsv"
HEADLINE = "\t".join(tl_schema.TABLE_COLUMNS)
LAYERS_HEADLINE = "\t".join(build_tl_schema.LAYER_COLUMNS)
PRIVATE_HEADLINE = "\t".join(build_tl_schema.PRIVATE_COLUMNS)


def table_lines() -> list[str]:
    """The lines of the committed table."""
    return TABLE.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#", TLType("#", "#")),
        ("long", TLType("long", "long")),
        ("true", TLType("true", "true")),
        ("MessageMedia", TLType("boxed", "MessageMedia")),
        ("auth.SentCode", TLType("boxed", "auth.SentCode")),
        ("future_salt", TLType("bare", "future_salt")),
        ("auth.sentCode", TLType("bare", "auth.sentCode")),
        ("%Message", TLType("bare", "Message")),
        ("Object", TLType("any", "Object")),
        ("!X", TLType("any", "!X")),
        ("Vector<long>", TLType("vector", "Vector<long>", TLType("long", "long"))),
        (
            "vector<IpPort>",
            TLType("bare_vector", "vector<IpPort>", TLType("boxed", "IpPort")),
        ),
        (
            "Vector<Vector<int>>",
            TLType(
                "vector",
                "Vector<Vector<int>>",
                TLType("vector", "Vector<int>", TLType("int", "int")),
            ),
        ),
    ],
)
def test_types(text: str, expected: TLType) -> None:
    """Each form of a type."""
    assert parse_type(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vector<>",
        "Vector<true>",
        "Vector<int",
        "a b",
        "a.b.c",
        "1x",
        "Vector<" * 9 + "int" + ">" * 9,
    ],
)
def test_no_types(text: str) -> None:
    """What is no type is refused."""
    with pytest.raises(TLSchemaError):
        parse_type(text)


def test_fields() -> None:
    """Conditions by bit, by bit of a second number, by Bool."""
    fields = parse_fields(
        "flags:# flags2:# out:flags.1?true id:flags2.31?long has_file:Bool "
        "file:has_file?EncryptedFile"
    )
    assert fields == (
        TLField("flags", TLType("#", "#")),
        TLField("flags2", TLType("#", "#")),
        TLField("out", TLType("true", "true"), "flags", 1),
        TLField("id", TLType("long", "long"), "flags2", 31),
        TLField("has_file", TLType("Bool", "Bool")),
        TLField("file", TLType("boxed", "EncryptedFile"), "has_file"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a:int  b:int",
        "a:int a:long",
        "a:true",
        "a:flags.1?int",
        "a:flags.1?int flags:#",
        "flags:int a:flags.1?int",
        "flags:# a:flags.32?int",
        "flags:# a:flags?int",
        "flags:# a:flags.?int",
        "has:Bool a:has.1?int",
        "a:int;import",
        "a\n:int",
        "flags:# flags2:flags.0?# a:flags2.0?int",
    ],
)
def test_wrong_fields(text: str) -> None:
    """Fields that a reader could not be made for are refused."""
    with pytest.raises(TLSchemaError):
        parse_fields(text)


@pytest.mark.parametrize(
    "line",
    [
        "00000001\tx\tX1\tlayer\t1\t2",
        "0000001\tx\tX1\tlayer\t1\t2\t",
        "0000000A\tx\tX1\tlayer\t1\t2\t",
        "00000001\tx\tX1\tlayer\t2014-10\t2\t",
        "00000001\tx\tX1\tmine\t1\t2\t",
        "00000001\tx\tX1\tlayer\t1\t2\ta:",
    ],
)
def test_wrong_rows(line: str) -> None:
    """Lines that do not follow the format are refused."""
    with pytest.raises(TLSchemaError):
        parse_row(line)


def test_another_headline() -> None:
    """A table of another kind is refused."""
    with pytest.raises(TLSchemaError, match="headline"):
        tl_schema.TLSchema(["id\tname"])
    with pytest.raises(TLSchemaError, match="headline"):
        tl_schema.TLSchema([])


def test_layers_of_constructors() -> None:
    """Layers are numbers, other origins have dates."""
    known = tl_schema.schema()
    message = known.find(0x9815CEC8)
    assert message is not None
    assert (message.name, message.result_type) == ("message", "Message")
    assert (message.first_layer, message.last_layer) == (206, 216)
    secret = known.find(0x555555FA)
    assert secret is not None
    assert (secret.origin, secret.first, secret.last) == ("private", "2017-12", "")
    assert (secret.first_layer, secret.last_layer) == (None, None)


def test_the_doubled_id() -> None:
    """555555f9 is a message unless the other type is asked for."""
    known = tl_schema.schema()
    assert len(known.constructors(0x555555F9)) == 2
    names = {}
    for wanted in (None, "Message", "DecryptedMessageHolder", "User"):
        found = known.find(0x555555F9, wanted)
        names[wanted] = found and found.name
    assert names == {
        None: "message_secret_layer72",
        "Message": "message_secret_layer72",
        "DecryptedMessageHolder": "decryptedMessageHolder",
        "User": None,
    }


def test_unknown_id() -> None:
    """An id that is not in the table is not found."""
    assert tl_schema.schema().constructors(0x12345678) == ()
    assert tl_schema.schema().find(0x12345678) is None


def test_bare_types() -> None:
    """A bare type must mean one constructor."""
    known = tl_schema.schema()
    assert known.bare("future_salt").constructor_id == 0x0949D9DC
    assert known.bare("FutureSalt").constructor_id == 0x0949D9DC
    assert known.bare("future_salt").minimum_size == 16
    with pytest.raises(TLSchemaError, match="0 constructors"):
        known.bare("nothing")
    with pytest.raises(TLSchemaError, match="constructors"):
        known.bare("message")


def test_table_is_read_when_first_used() -> None:
    """Importing the readers reads nothing; a look-up parses its own line only."""
    program = (
        "from telegram_forensics.formats import android_message_blob, tl_reader\n"
        "from telegram_forensics.formats import tl_schema\n"
        "assert tl_schema.schema.cache_info().currsize == 0\n"
        "tl_schema.schema().find(0x9815cec8)\n"
        "assert tl_schema.schema() is tl_schema.schema()\n"
        "print(len(tl_schema.schema()._parsed), len(tl_schema.schema()))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["1", str(len(table_lines()) - 1)]


def test_committed_table() -> None:
    """The committed table holds by the tool's own checks, ids and CRC32 included."""
    lines = table_lines()
    build_tl_schema.check(lines)
    origins = Counter(one.origin for one in tl_schema.TLSchema(lines))
    assert origins == {
        "layer": 2421,
        "private": 19,
        "pre_release": 17,
        "pre_release_unverified": 4,
    }


def test_check_finds_changes() -> None:
    """Every change of a field of a published constructor contradicts its id."""
    lines = table_lines()
    number = next(i for i, line in enumerate(lines) if line.startswith("9815cec8"))
    for old, new in (
        (" id:int", " id:long"),
        ("flags.26", "flags.25"),
        ("date", "dat"),
    ):
        changed = lines[number].replace(old, new, 1)
        assert changed != lines[number]
        if old == "flags.26":
            # A flag that has no bytes of its own is no part of the CRC32.
            changed = changed.replace("?true", "?int", 1)
        with pytest.raises(TLSchemaError, match="CRC32"):
            build_tl_schema.check([*lines[:number], changed, *lines[number + 1 :]])
    with pytest.raises(TLSchemaError, match="stands twice"):
        build_tl_schema.check([*lines, lines[number]])
    unknown = "00000001\tx\tY\tprivate\t2014-10\t\ta:Nothing"
    with pytest.raises(TLSchemaError, match="no constructor makes a Nothing"):
        build_tl_schema.check([*lines, unknown])
    empty = "00000001\tnix\tY\tprivate\t2014-10\t\ta:int"
    holder = "00000002\tholder\tZ\tprivate\t2014-10\t\ta:vector<nix>"
    build_tl_schema.check([*lines, empty, holder])
    empty = empty.replace("a:int", "")
    with pytest.raises(TLSchemaError, match="no size"):
        build_tl_schema.check([*lines, empty, holder])


def write_tables(folder: Path, layer_rows: str, private_rows: str) -> list[str]:
    """Writes two small tables and gives the tool's arguments for them."""
    layers, private = folder / "layers.tsv", folder / "private.tsv"
    layers.write_text(f"{LAYERS_HEADLINE}\n{layer_rows}", "utf-8")
    private.write_text(f"{PRIVATE_HEADLINE}\n{private_rows}", "utf-8")
    output = folder / "out.tsv"
    return ["--layers", str(layers), "--private", str(private), "-o", str(output)]


PEER = "9db1bc6d\tpeerUser\tPeer\t8\t132\tuser_id:int\n"
FULL = "c79aee1f\tfull\tMedia\t2023-07\t(read only)\tid:int\tprivate\tFull\n"


def test_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows come out sorted, with one form of origin and dates."""
    arguments = write_tables(tmp_path, PEER, FULL)
    assert build_tl_schema.main(arguments) == 0
    assert (tmp_path / "out.tsv").read_bytes().decode() == (
        f"{HEADLINE}\n"
        "c79aee1f\tfull\tMedia\tprivate\t2023-07\t\tid:int\n"
        "9db1bc6d\tpeerUser\tPeer\tlayer\t8\t132\tuser_id:int\n"
    )
    assert "2 constructors" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("layer_rows", "private_rows", "reason"),
    [
        (PEER.replace("user_id:int", "user_id:long"), FULL, "CRC32"),
        (PEER + PEER, FULL, "stands twice"),
        (PEER.replace("\t132", ""), FULL, "line 2: 5 columns"),
        (PEER, FULL.replace("private", "secret"), "kind 'secret' is unknown"),
        (PEER, FULL.replace("id:int", "id:Nothing"), "no constructor makes a Nothing"),
    ],
)
def test_tool_refuses(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    layer_rows: str,
    private_rows: str,
    reason: str,
) -> None:
    """Wrong tables are named, and nothing is written."""
    arguments = write_tables(tmp_path, layer_rows, private_rows)
    assert build_tl_schema.main(arguments) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out.tsv").exists()


def test_tool_without_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that is not there is an error message, not a traceback."""
    missing = str(tmp_path / "missing.tsv")
    assert build_tl_schema.main(["--layers", missing, "--private", missing]) == 1
    assert "missing.tsv" in capsys.readouterr().err


@pytest.mark.skipif(not LAYERS.exists(), reason="the tables of the layers are not here")
def test_committed_table_is_built_from_the_tables() -> None:
    """The committed table is what the tool makes of its sources."""
    assert build_tl_schema.build(LAYERS, PRIVATE) == TABLE.read_text("utf-8")
