"""Builds telegram_forensics/data/tl_schema.tsv from tables of TL constructors.

python tools/build_tl_schema.py --layers LAYERS.tsv --private PRIVATE.tsv [-o OUTPUT]

The same tables always give the same bytes. Nothing is written if something in them does
not hold: syntax, known types, one constructor for each id and type, and the id itself,
which is the CRC32 of the constructor's line in TL unless Telegram chose another one.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from pathlib import Path

from telegram_forensics.formats import tl_schema
from telegram_forensics.formats.tl_schema import (
    TABLE_COLUMNS,
    TLConstructor,
    TLSchemaError,
    TLType,
)

DEFAULT_OUTPUT = Path("telegram_forensics") / "data" / "tl_schema.tsv"
LAYER_COLUMNS = ("id_hex", "name", "result_type", "first_layer", "last_layer", "fields")
PRIVATE_COLUMNS = (
    "id_hex",
    "name",
    "result_type",
    "first_seen",
    "last_seen",
    "fields",
    "kind",
    "android_class",
)
# Published layers have these ids, although the CRC32 of the lines is another number.
ASSIGNED_IDS = frozenset(
    {0x99A438CF, 0x4679B65F, 0x6ABD9782, 0x89938781, 0x37982646, 0x5A592A6C}
)


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Reads a table whose headline must be `columns`.

    Raises:
        TLSchemaError: if headline or number of columns differ.
        OSError, UnicodeDecodeError: if the file cannot be read.
    """
    lines = path.read_text("utf-8").splitlines()
    if not lines or tuple(lines[0].split("\t")) != columns:
        raise TLSchemaError(f"{path}: the headline is not {' '.join(columns)}")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        values = line.split("\t")
        if len(values) != len(columns):
            raise TLSchemaError(f"{path}, line {number}: {len(values)} columns")
        rows.append(dict(zip(columns, values, strict=True)))
    return rows


def layer_row(row: dict[str, str]) -> list[str]:
    """Makes a row of the schema from one of the layers' table."""
    head = [row["id_hex"], row["name"], row["result_type"], "layer"]
    return [*head, row["first_layer"], row["last_layer"], row["fields"]]


def private_row(row: dict[str, str]) -> list[str]:
    """Makes a row of the schema from one of the Android client's table."""
    kind = row["kind"]
    if kind.startswith("private"):
        origin = "private"
    elif kind == "pre-release":
        origin = "pre_release"
    elif kind.startswith("pre-release"):
        origin = "pre_release_unverified"
    else:
        raise TLSchemaError(f"{row['id_hex']}: kind {kind!r} is unknown")
    # "(current)", "(still readable)" and the like are no dates.
    last = "" if row["last_seen"].startswith("(") else row["last_seen"]
    head = [row["id_hex"], row["name"], row["result_type"], origin]
    return [*head, row["first_seen"], last, row["fields"]]


def line_crc(name: str, fields: str, result_type: str) -> int:
    """CRC32 of a constructor's line in the form that Telegram takes it of."""
    line = f"{name} {fields} = {result_type}" if fields else f"{name} = {result_type}"
    line = re.sub(r" \w+:\w+\.\d+\?true", "", line)
    line = re.sub(r"([:?])bytes ", r"\1string ", line)
    return zlib.crc32(line.replace("<", " ").replace(">", "").encode())


def named_types(tl_type: TLType) -> TLType:
    """The type of the items, of the items' items and so on."""
    return named_types(tl_type.item) if tl_type.item else tl_type


def check(lines: list[str]) -> None:
    """Checks the lines of a schema, headline included.

    Raises:
        TLSchemaError: naming the first thing that does not hold.
    """
    schema = tl_schema.TLSchema(lines)
    constructors = list(schema)
    known = {one.result_type for one in constructors}
    seen: set[tuple[int, str]] = set()
    for one in constructors:
        where = f"{one.constructor_id:08x} {one.name}"
        if (one.constructor_id, one.result_type) in seen:
            raise TLSchemaError(f"{where} stands twice")
        seen.add((one.constructor_id, one.result_type))
        for field in one.fields:
            named = named_types(field.type)
            if named.kind == "bare":
                if schema.bare(named.name).minimum_size == 0:
                    raise TLSchemaError(f"{where}: items of {field.name} have no size")
            elif named.kind == "boxed" and named.name not in known:
                raise TLSchemaError(f"{where}: no constructor makes a {named.name}")
    for line in lines[1:]:
        check_id(tl_schema.parse_row(line), line.split("\t")[-1])


def check_id(constructor: TLConstructor, fields: str) -> None:
    """Compares an id with the CRC32 of the line.

    Raises:
        TLSchemaError: if they differ and that is not known.
    """
    if constructor.origin not in ("layer", "pre_release"):
        return
    crc = line_crc(constructor.name, fields, constructor.result_type)
    is_assigned = constructor.constructor_id in ASSIGNED_IDS
    if (crc == constructor.constructor_id) == is_assigned:
        where = f"{constructor.constructor_id:08x} {constructor.name}"
        raise TLSchemaError(f"{where}: the CRC32 of its line is {crc:08x}")


def build(layers: Path, private: Path) -> str:
    """Makes the schema.

    Raises:
        TLSchemaError: if the tables are wrong.
        OSError, UnicodeDecodeError: if they cannot be read.
    """
    rows = [layer_row(row) for row in read_table(layers, LAYER_COLUMNS)]
    rows += [private_row(row) for row in read_table(private, PRIVATE_COLUMNS)]
    rows.sort(key=lambda row: (row[2], row[1], row[0]))
    lines = ["\t".join(TABLE_COLUMNS), *("\t".join(row) for row in rows)]
    check(lines)
    return "".join(f"{line}\n" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Runs the tool.

    Returns:
        exit code: 0, or 1 if the tables are wrong or cannot be read.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--layers",
        type=Path,
        required=True,
        metavar="TSV",
        help="constructors of the published layers; "
        f"columns: {' '.join(LAYER_COLUMNS)}",
    )
    parser.add_argument(
        "--private",
        type=Path,
        required=True,
        metavar="TSV",
        help="constructors that only the Android client has; "
        f"columns: {' '.join(PRIVATE_COLUMNS)}",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="TSV",
        help="the schema to write (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        text = build(options.layers, options.private)
        options.output.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, UnicodeDecodeError, TLSchemaError) as exception:
        print(f"build_tl_schema: {exception}", file=sys.stderr)
        return 1
    print(f"{text.count(chr(10)) - 1} constructors in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
