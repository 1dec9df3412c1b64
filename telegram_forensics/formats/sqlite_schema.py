"""Tables of SQLite databases from the text of their CREATE TABLE statements.

Specification: https://www.sqlite.org/lang_createtable.html,
https://www.sqlite.org/datatype3.html and section 2 of
https://www.sqlite.org/fileformat2.html (order of stored columns), SQLite 3.0.0 and
later. SQLite keeps the statement as it was written and puts columns that ALTER TABLE
adds into it, so older rows can have fewer values than the table has columns.

Not a validator: statements that SQLite accepted are read, of others as much as there
is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from telegram_forensics.formats.sqlite_pages import Text, Value

_TOKEN: Final = re.compile(
    r"""\s+|--[^\n]*|/\*.*?(?:\*/|\Z)
    |(?P<string>'(?:[^']|'')*(?:'|\Z))
    |(?P<name>"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z)|\[[^\]]*(?:\]|\Z))
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d\w*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_MAXIMUM_COLUMNS: Final = 32767
_MAXIMUM_LENGTH: Final = 1 << 20
_TABLE_CONSTRAINTS: Final = frozenset(
    ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
)
_COLUMN_CONSTRAINTS: Final = frozenset(
    (
        *("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT"),
        *("COLLATE", "REFERENCES", "GENERATED", "AS", "ON", "DEFERRABLE"),
    )
)


class Affinity(IntEnum):
    """What SQLite converts values of a column to."""

    BLOB = 0
    TEXT = 1
    NUMERIC = 2
    INTEGER = 3
    REAL = 4


class Token(NamedTuple):
    """A token: kind (group of the pattern), text without quotes, depth of brackets."""

    kind: str
    text: str
    depth: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of some key words, not quoted."""
        return self.kind == "word" and self.text.upper() in words


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its name.
        declared: declared type as written, "" if there is none.
        affinity: what values are converted to.
        is_not_null: declared NOT NULL.
        default: value of rows that were written before the column was added.
        is_stored: False for a virtual generated column.
    """

    name: str
    declared: str
    affinity: Affinity
    is_not_null: bool
    default: Value
    is_stored: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: its name.
        root_page: root of its b-tree; 0 if unknown.
        columns: all columns as declared.
        rowid_alias: column that stands for the row id, if there is one.
        without_rowid: a WITHOUT ROWID table.
        stored: columns in the order in which records hold them.
        sql: the statement.
        is_dropped: known from remains only: not in the newest committed schema.
        key: columns of the primary key, as declared.
    """

    name: str
    root_page: int
    columns: tuple[Column, ...]
    rowid_alias: str | None
    without_rowid: bool
    stored: tuple[Column, ...]
    sql: str
    is_dropped: bool = False
    key: tuple[str, ...] = ()

    def row(
        self, rowid: int | None, record: Sequence[Value]
    ) -> tuple[dict[str, Value], tuple[str, ...]]:
        """Values by column name.

        Args:
            rowid: row id, None if it is lost.
            record: values as they are stored.

        Returns:
            Values, and the columns that the record does not hold: those have their
            default. The alias of a row id that is lost is left out.
        """
        values: dict[str, Value] = {}
        missing = []
        for index, column in enumerate(self.stored):
            if column.name == self.rowid_alias:
                if rowid is not None:
                    values[column.name] = rowid
            elif index < len(record):
                value = record[index]
                if column.affinity is Affinity.REAL and isinstance(value, int):
                    # Numbers without fraction are stored as integers to save space.
                    value = float(value)
                values[column.name] = value
            else:
                values[column.name] = column.default
                missing.append(column.name)
        return values, tuple(missing)

    def fit(self, types: Sequence[int]) -> int:
        """How well serial types of a record fit, -1 if not at all.

        Values of any type can be in a column of most tables; what SQLite would have
        converted cannot, and what nobody declares a column for is not taken for a fit.
        """
        if not types or len(types) > len(self.stored):
            return -1
        score = 4 if len(types) == len(self.stored) else 0
        for column, kind in zip(self.stored, types, strict=False):
            if column.name == self.rowid_alias:
                if kind != 0:
                    return -1
                score += 2
                continue
            if kind == 0:
                if column.is_not_null:
                    return -1
                continue
            single = _fit(column, kind)
            if single < 0:
                return -1
            score += single
        return score


def _fit(column: Column, kind: int) -> int:
    is_text = kind > 12 and kind & 1 == 1
    is_blob = kind >= 12 and not is_text
    affinity = column.affinity
    if affinity is Affinity.TEXT:
        return 1 if is_text else 0 if is_blob else -1
    if affinity in (Affinity.INTEGER, Affinity.REAL):
        if is_text or is_blob:
            return -1
        return 0 if kind == 7 and affinity is Affinity.INTEGER else 1
    if affinity is Affinity.NUMERIC:
        return 0 if is_text or is_blob else 1
    return 1 if is_blob or not column.declared else 0


def affinity_of(declared: str) -> Affinity:
    """Affinity of a declared type."""
    upper = declared.upper()
    if "INT" in upper:
        return Affinity.INTEGER
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return Affinity.TEXT
    if not declared or "BLOB" in upper:
        return Affinity.BLOB
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return Affinity.REAL
    return Affinity.NUMERIC


def parse_create_table(
    sql: str, root_page: int = 0, *, encoding: str = "utf-8", is_dropped: bool = False
) -> Table | None:
    """Reads a CREATE TABLE statement.

    Returns:
        The table, None if this is no such statement or one without columns.
    """
    if len(sql) > _MAXIMUM_LENGTH:
        return None
    tokens = _tokens(sql)
    position = next(
        (index for index, token in enumerate(tokens) if token.is_word("TABLE")), None
    )
    if position is None or position > 3 or not tokens[0].is_word("CREATE"):
        return None
    if any(token.is_word("VIRTUAL") for token in tokens[:position]):
        return None
    position += 1
    if [token.text.upper() for token in tokens[position : position + 3]] == [
        *("IF", "NOT", "EXISTS")
    ]:
        position += 3
    opening = next(
        (
            index
            for index in range(position + 1, len(tokens))
            if tokens[index].text == "(" and tokens[index].kind == "other"
        ),
        None,
    )
    if opening is None:
        return None
    # A schema name may stand in front of the name.
    name = tokens[opening - 1].text
    closing = next(
        (
            index
            for index in range(opening + 1, len(tokens))
            if tokens[index].depth == 0 and tokens[index].text == ")"
        ),
        len(tokens),
    )
    without_rowid = any(
        first.is_word("WITHOUT") and second.is_word("ROWID")
        for first, second in zip(tokens[closing:], tokens[closing + 1 :], strict=False)
    )
    parsed = _Parsed(name, root_page, without_rowid)
    for definition in _definitions(tokens[opening + 1 : closing]):
        if definition[0].is_word(*_TABLE_CONSTRAINTS):
            _add_key(parsed, definition)
        elif len(parsed.columns) < _MAXIMUM_COLUMNS:
            _add_column(parsed, definition, encoding)
    return parsed.table(sql, is_dropped=is_dropped)


class _Parsed:
    """A table while its definitions are read."""

    def __init__(self, name: str, root_page: int, without_rowid: bool) -> None:
        self.name = name
        self.root_page = root_page
        self.without_rowid = without_rowid
        self.columns: list[Column] = []
        self.key: list[str] = []
        self.alias: str | None = None

    def table(self, sql: str, *, is_dropped: bool) -> Table | None:
        """The table, None if no column was found."""
        if not self.columns:
            return None
        stored = [column for column in self.columns if column.is_stored]
        if self.without_rowid:
            by_name = {column.name.upper(): column for column in reversed(stored)}
            first = {
                name: by_name[name]
                for name in map(str.upper, self.key)
                if name in by_name
            }
            stored = [
                *first.values(),
                *(column for column in stored if column.name.upper() not in first),
            ]
        return Table(
            self.name,
            self.root_page,
            tuple(self.columns),
            None if self.without_rowid else self.alias,
            self.without_rowid,
            tuple(stored),
            sql,
            is_dropped,
            tuple(self.key),
        )


def _add_column(parsed: _Parsed, tokens: list[Token], encoding: str) -> None:
    name = tokens[0].text
    end = 1
    while end < len(tokens) and not tokens[end].is_word(*_COLUMN_CONSTRAINTS):
        end += 1
    declared = " ".join(token.text for token in tokens[1:end])
    words = [
        (token.text.upper() if token.kind == "word" else "", index)
        for index, token in enumerate(tokens)
        if index >= end and token.depth == 1
    ]
    names = [word for word, _ in words]
    if "PRIMARY" in names:
        parsed.key.append(name)
        after = names[names.index("PRIMARY") + 1 :][:2]
        # "INTEGER PRIMARY KEY DESC" is no alias, for the sake of old databases.
        if declared.upper() == "INTEGER" and after[1:] != ["DESC"]:
            parsed.alias = name
    is_generated = "AS" in names and "REFERENCES" not in names
    default: Value = None
    if "DEFAULT" in names:
        start = dict(reversed(words))["DEFAULT"] + 1
        default = _literal(tokens[start : start + 4], encoding)
    column = Column(
        name,
        declared,
        affinity_of(declared),
        any(pair == ("NOT", "NULL") for pair in zip(names, names[1:], strict=False))
        or (parsed.without_rowid and "PRIMARY" in names),
        _converted(default, affinity_of(declared)),
        not is_generated or "STORED" in names,
    )
    parsed.columns.append(column)


def _add_key(parsed: _Parsed, tokens: list[Token]) -> None:
    start = next(
        (index for index, token in enumerate(tokens) if token.is_word("PRIMARY")), None
    )
    if start is None:
        return
    names = []
    is_first = True
    for token in tokens[start + 2 :]:
        if token.depth == 1 and token.text == "(":
            continue
        if token.depth == 1:
            break
        if token.text == "," and token.kind == "other":
            is_first = True
        elif is_first:
            names.append(token.text)
            is_first = False
    parsed.key += names
    if len(names) == 1:
        for column in parsed.columns:
            if (
                column.name.upper() == names[0].upper()
                and column.declared.upper() == "INTEGER"
            ):
                parsed.alias = column.name


def _definitions(tokens: list[Token]) -> Iterator[list[Token]]:
    current: list[Token] = []
    for token in tokens:
        if token.depth == 1 and token.kind == "other" and token.text == ",":
            if current:
                yield current
            current = []
        else:
            current.append(token)
    if current:
        yield current


def _tokens(sql: str) -> list[Token]:
    tokens = []
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind is None:
            continue
        text = match.group()
        if kind == "other" and text == ")":
            depth = max(depth - 1, 0)
        if kind in ("name", "string"):
            text = _unquoted(text)
        tokens.append(Token(kind, text, depth))
        if kind == "other" and text == "(":
            depth += 1
    return tokens


def _unquoted(text: str) -> str:
    quote = text[0]
    if quote == "[":
        return text[1:-1] if text.endswith("]") else text[1:]
    inner = text[1:-1] if len(text) > 1 and text.endswith(quote) else text[1:]
    return inner.replace(quote * 2, quote)


def _literal(tokens: list[Token], encoding: str) -> Value:
    """The value of a default, None if it is an expression."""
    if tokens and tokens[0].text == "(" and tokens[0].kind == "other":
        if len(tokens) < 3 or tokens[2].text != ")":
            return None
        tokens = tokens[1:2]
    sign = 1
    if tokens and tokens[0].kind == "other" and tokens[0].text in "+-":
        sign = -1 if tokens[0].text == "-" else 1
        tokens = tokens[1:]
    first = tokens[0] if tokens else Token("word", "NULL", 0)
    value: Value = None
    if first.kind == "number":
        value = _number(first.text, sign)
    elif first.is_word("TRUE", "FALSE"):
        value = int(first.text.upper() == "TRUE")
    elif first.is_word("X") and len(tokens) > 1 and tokens[1].kind == "string":
        digits = tokens[1].text
        if len(digits) % 2 == 0 and re.fullmatch("[0-9A-Fa-f]*", digits):
            value = bytes.fromhex(digits)
    elif first.kind in ("string", "name") or (
        first.kind == "word"
        and not first.is_word("NULL")
        and not first.text.upper().startswith("CURRENT_")
    ):
        value = Text(first.text.encode(encoding, "surrogatepass"), encoding)
    return value


def _number(text: str, sign: int) -> Value:
    try:
        if text[:2] in ("0x", "0X"):
            return sign * int(text, 16)
        number = sign * int(text)
        return number if -(1 << 63) <= number < 1 << 63 else float(number)
    except (ValueError, OverflowError):
        pass
    try:
        return sign * float(text)
    except ValueError:
        return None


def _converted(value: Value, affinity: Affinity) -> Value:
    """A default as SQLite would have stored it."""
    if affinity is Affinity.TEXT and isinstance(value, int):
        return Text(str(value).encode(), "utf-8")
    if affinity is Affinity.REAL and isinstance(value, int):
        return float(value)
    if affinity in (Affinity.INTEGER, Affinity.NUMERIC, Affinity.REAL):
        if isinstance(value, Text):
            number = _number(str(value).strip(), 1) if str(value).isascii() else None
            return value if number is None else number
        if isinstance(value, float) and value.is_integer():
            return int(value) if affinity is not Affinity.REAL else value
    return value
