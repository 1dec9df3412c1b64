"""TL objects per second, against a construct declaration of the same objects.

python benchmarks/tl_reader.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import construct as c
import results

from telegram_forensics.formats import tl_compiled
from telegram_forensics.formats.tl_checked import CheckedReader
from telegram_forensics.formats.tl_reader import read_object

VECTORS = Path(__file__).parents[1] / "test_data" / "vectors" / "tl_vectors.json"
SECONDS = 1.0


def if_set(bit: int, value: Any) -> Any:
    """A field that is there if a flag is."""
    return c.If(c.this.flags & 1 << bit, value)


def vector(item: Any) -> Any:
    """A vector with its id."""
    items = c.PrefixedArray(c.Int32ul, item)
    return c.Struct("_" / c.Const(0x1CB5C415, c.Int32ul), "items" / items)


# Either form of the length; the long one's four bytes do not count for the padding.
BYTES = c.FocusedSeq(
    "content",
    "first" / c.Byte,
    "size" / c.IfThenElse(c.this.first == 254, c.Int24ul, c.Computed(c.this.first)),
    "content" / c.Bytes(c.this.size),
    c.Padding((3 * c.this.size + 3 * (c.this.first != 254)) % 4),
)
TEXT = c.StringEncoded(BYTES, "utf8")


def boxed(cases: dict[int, Any]) -> Any:
    """An object: its constructor id decides."""
    body = c.Switch(c.this.constructor_id, cases, default=c.Error)
    return c.Struct("constructor_id" / c.Int32ul, "body" / body)


PEER = boxed(
    {
        0x59511722: c.Struct("user_id" / c.Int64sl),
        0x36C6019A: c.Struct("chat_id" / c.Int64sl),
        0xA2A5371E: c.Struct("channel_id" / c.Int64sl),
    }
)
ENTITY_BODY = c.Struct("offset" / c.Int32sl, "length" / c.Int32sl)
ENTITY = boxed({0xBD610BC9: ENTITY_BODY, 0x826F8B60: ENTITY_BODY})
# Only the fields that the objects read here have; the rest could only be slower.
REPLY = boxed(
    {
        0x1B97DD66: c.Struct(
            "flags" / c.Int32ul, "reply_to_msg_id" / if_set(4, c.Int32sl)
        )
    }
)
FORWARD = boxed(
    {
        0x4E4DF4BB: c.Struct(
            "flags" / c.Int32ul,
            "from_id" / if_set(0, PEER),
            "from_name" / if_set(5, TEXT),
            "date" / c.Int32sl,
        )
    }
)
ATTRIBUTE = boxed({0x15590068: c.Struct("file_name" / TEXT)})
DOCUMENT = boxed(
    {
        0x8FD4C4D8: c.Struct(
            "flags" / c.Int32ul,
            "id" / c.Int64sl,
            "access_hash" / c.Int64sl,
            "file_reference" / BYTES,
            "date" / c.Int32sl,
            "mime_type" / TEXT,
            "size" / c.Int64sl,
            "dc_id" / c.Int32sl,
            "attributes" / vector(ATTRIBUTE),
        )
    }
)
MEDIA = boxed(
    {
        0x52D8CCD9: c.Struct(
            "flags" / c.Int32ul,
            "document" / if_set(0, DOCUMENT),
            "ttl_seconds" / if_set(2, c.Int32sl),
        )
    }
)
MESSAGE = boxed(
    {
        0x7600B9D3: c.Struct(
            "flags" / c.Int32ul,
            "flags2" / c.Int32ul,
            "out" / c.Computed(c.this.flags & 1 << 1 != 0),
            "post" / c.Computed(c.this.flags & 1 << 14 != 0),
            "id" / c.Int32sl,
            "from_id" / if_set(8, PEER),
            "peer_id" / PEER,
            "fwd_from" / if_set(2, FORWARD),
            "via_bot_id" / if_set(11, c.Int64sl),
            "reply_to" / if_set(3, REPLY),
            "date" / c.Int32sl,
            "message" / TEXT,
            "media" / if_set(9, MEDIA),
            "entities" / if_set(7, vector(ENTITY)),
            "views" / if_set(10, c.Int32sl),
            "forwards" / if_set(10, c.Int32sl),
            "edit_date" / if_set(15, c.Int32sl),
            "post_author" / if_set(16, TEXT),
            "grouped_id" / if_set(17, c.Int64sl),
            "ttl_period" / if_set(25, c.Int32sl),
        )
    }
)


def per_second(function: Callable[[bytes], Any], data: bytes) -> float:
    """How often a function reads the data in a second."""
    function(data)
    count = 0
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < SECONDS:
        for _ in range(50):
            function(data)
        count += 50
    return count / passed


def compare(ours: Any, theirs: Any) -> None:
    """Checks that both read the same."""
    for name, value in theirs.body.items():
        if name.startswith("_") or value in (None, False):
            continue
        found = ours[name]
        if hasattr(value, "body"):
            compare(found, value)
        elif hasattr(value, "items") and isinstance(value["items"], list):
            for one, other in zip(found, value["items"], strict=True):
                compare(one, other)
        else:
            assert found == value, (name, found, value)


def main() -> None:
    """Prints the figures."""
    vectors = json.loads(VECTORS.read_text("utf-8"))["vectors"][:2]
    interpreted, compiled = MESSAGE, MESSAGE.compile()
    start = time.perf_counter()
    for entry in vectors:
        read_object(bytes.fromhex(entry["hex"]))
    first = time.perf_counter() - start
    print(f"table and readers of two messages made in {first * 1000:.0f} ms")
    for entry in vectors:
        data = bytes.fromhex(entry["hex"])
        compare(read_object(data), interpreted.parse(data))
        ours = per_second(read_object, data)
        careful = per_second(lambda data: CheckedReader(data).boxed(None, 0), data)
        fast = per_second(lambda data: tl_compiled.read_boxed(data, 0, None), data)
        theirs = per_second(interpreted.parse, data)
        theirs_compiled = per_second(compiled.parse, data)
        print(f"\n{entry['description']} ({len(data)} bytes)")
        print(f"ours:                {ours:9.0f} objects/s")
        print(f"  fast reader alone: {fast:9.0f} objects/s")
        print(f"  careful reader:    {careful:9.0f} objects/s")
        print(f"construct:           {theirs:9.0f} objects/s")
        print(f"construct, compiled: {theirs_compiled:9.0f} objects/s")
        print(f"ours / construct:           {ours / theirs:6.1f}")
        print(f"ours / construct, compiled: {ours / theirs_compiled:6.1f}")
        results.record(
            f"{entry['description']}: objects per second by those of construct",
            ours / theirs,
            10,
        )


if __name__ == "__main__":
    main()
