"""Writes AFF4 volumes of all dialects.

This is a second implementation of the format, made from its description only: it does
not import the library, so that a mistake of the reader cannot hide in the writer.

    volume = AFF4Volume()
    volume.add_stream(STREAM, data, "snappy", chunk_size=512)
    volume.add_map(MAP, [(0, 512, 0, 0)], [STREAM], size=4096)
    volume.add_image(IMAGE, MAP)
    path.write_bytes(volume.build())
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence

import cramjam
import lz4.block

from tests.builders.aff4_zip import Member, write_zip

VOLUME = "aff4://685e15cc-d0fb-4dbc-ba47-48117fc77044"
IMAGE = "aff4://cf853d0b-5589-4c7c-8358-2ca1572b87eb"
MAP = "aff4://fcbfdce7-4488-4677-abf6-08bc931e195b"
STREAM = "aff4://c215ba20-5648-4209-a793-1f918c723610"
SCHEMA = "http://aff4.org/Schema#"
OLD_SCHEMA = "http://afflib.org/2009/aff4#"

METHODS = {
    "zlib": "https://www.ietf.org/rfc/rfc1950.txt",
    "deflate": "https://tools.ietf.org/html/rfc1951",
    "snappy": "http://code.google.com/p/snappy/",
    "snappy-always": "https://github.com/google/snappy",
    "lz4": "https://code.google.com/p/lz4/",
    "lz4-length": "https://code.google.com/p/lz4/",
    "stored": f"{SCHEMA}NullCompressor",
}
BLOCK_ALGORITHMS = ("md5", "sha1", "sha256", "sha512", "blake2b")
HASH_NAMES = {
    "md5": "MD5",
    "sha1": "SHA1",
    "sha256": "SHA256",
    "sha512": "SHA512",
    "blake2b": "Blake2b",
}
# map offset, length, target offset, target number
MapEntry = tuple[int, int, int, int]


def compress(data: bytes, method: str) -> bytes:
    """Compresses a chunk."""
    if method == "zlib":
        return zlib.compress(data)
    if method == "deflate":
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    if method in ("snappy", "snappy-always"):
        return bytes(cramjam.snappy.compress_raw(data))
    if method == "lz4":
        return bytes(lz4.block.compress(data, store_size=False))
    if method == "lz4-length":
        return bytes(lz4.block.compress(data, store_size=True))
    assert method == "stored"
    return data


def literal(text: str, datatype: str = "") -> str:
    """A string as a Turtle term."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return f'"{text}"' + (f"^^{datatype}" if datatype else "")


def iri(text: str) -> str:
    """An IRI as a Turtle term."""
    return f"<{text}>"


def hash_term(algorithm: str, data: bytes) -> str:
    """A recorded hash as a Turtle term."""
    value = hashlib.new(algorithm, data).hexdigest()
    return literal(value, f"aff4:{HASH_NAMES[algorithm]}")


class AFF4Volume:
    """A volume that is being written.

    Attributes:
        urn: its URN.
        dialect: A, B, C, E or F (formats/aff4.md section 0).
        members: segments, by name.
        objects: URN -> (predicate, Turtle term) pairs.
    """

    def __init__(self, urn: str = VOLUME, dialect: str = "A") -> None:
        self.urn = urn
        self.dialect = dialect
        self.members: dict[str, Member] = {}
        self.objects: dict[str, list[tuple[str, str]]] = {}

    # Names.

    def member_name(self, urn: str, suffix: str = "") -> str:
        """Name of a member, in the way of the dialect."""
        if urn.startswith(self.urn):
            name = (urn + suffix)[len(self.urn) :].removeprefix("/")
            if self.dialect == "B":
                return name.replace("%", "%25")
            return name.replace("%20", " ") if self.dialect == "C" else name
        if self.dialect == "C":
            return urn + suffix
        return f"aff4%3A%2F%2F{urn.removeprefix('aff4://')}{suffix}"

    def _name(self, name: str) -> str:
        """Name of a property or class in the dialect."""
        old = {
            "E": {
                "chunkSize": "chunk_size",
                "chunksInSegment": "chunks_in_segment",
                "compressionMethod": "CompressionMethod",
                "ImageStream": "stream",
                "Map": "map",
            },
            "F": {
                "chunkSize": "chunk_size",
                "chunksInSegment": "chunks_per_segment",
                "compressionMethod": "compression",
                "ImageStream": "stream",
                "Map": "map",
                "Image": "image",
            },
        }
        return old.get(self.dialect, {}).get(name, name)

    def symbolic(self, name: str) -> str:
        """IRI of a symbolic stream."""
        return (OLD_SCHEMA if self.dialect == "E" else SCHEMA) + name

    def add_member(
        self, urn: str, suffix: str, data: bytes, *, deflated: bool = False
    ) -> None:
        """Adds a segment."""
        name = self.member_name(urn, suffix)
        self.members[name] = Member(name, data, deflated)

    def add_object(
        self, urn: str, types: Sequence[str], *pairs: tuple[str, str | int | None]
    ) -> None:
        """Adds what the metadata says of an object; None leaves a property out."""
        written = self.objects.setdefault(urn, [])
        written += [("a", f"aff4:{self._name(name)}") for name in types]
        for name, value in pairs:
            if value is None:
                continue
            term = str(value)
            if isinstance(value, int) and self.dialect in "AE":
                term = literal(term, "xsd:long")
            written.append((f"aff4:{self._name(name)}", term))

    # Streams.

    def add_stream(
        self,
        urn: str,
        data: bytes,
        method: str = "zlib",
        *,
        chunk_size: int = 512,
        chunks_in_segment: int = 4,
        bevies: Sequence[int] | None = None,
        size: int | None = None,
        types: Sequence[str] = ("ImageStream",),
        block_hashes: Sequence[str] = (),
        padded: bool = True,
        reverse: bool = False,
        described: bool = True,
        pairs: Sequence[tuple[str, str | int | None]] = (),
    ) -> None:
        """Adds an image stream.

        Args:
            urn: its name.
            data: plain data.
            method: compression.
            chunk_size: bytes of a chunk.
            chunks_in_segment: chunks of a bevy.
            bevies: numbers of the bevies that this volume holds, None for all.
            size: recorded size, None for that of the data.
            types: its classes.
            block_hashes: algorithms.
            padded: pad the last chunk to full size.
            reverse: lay the chunks of a bevy out in reverse order (entries only).
            described: add the object to the metadata.
            pairs: further properties.
        """
        chunks = [data[at : at + chunk_size] for at in range(0, len(data), chunk_size)]
        if chunks and padded:
            chunks[-1] = chunks[-1].ljust(chunk_size, b"\0")
        groups = [
            chunks[at : at + chunks_in_segment]
            for at in range(0, len(chunks), chunks_in_segment)
        ]
        for number, group in enumerate(groups):
            if bevies is None or number in bevies:
                self._add_bevy(urn, number, group, method, reverse)
        separator = "/" if self.dialect in "EF" else "."
        together: dict[str, bytes] = {}
        for algorithm in block_hashes:
            for number, group in enumerate(groups):
                digests = b"".join(hashlib.new(algorithm, c).digest() for c in group)
                suffix = f"/{number:08d}{separator}blockHash.{algorithm}"
                self.add_member(urn, suffix, digests)
                together[algorithm] = together.get(algorithm, b"") + digests
        if not described:
            return
        self.add_object(
            urn,
            types,
            ("chunkSize", chunk_size),
            ("chunksInSegment", chunks_in_segment),
            ("compressionMethod", iri(METHODS[method])),
            ("size", len(data) if size is None else size),
            ("stored", iri(self.urn)),
            *pairs,
        )
        for algorithm, digests in together.items():
            if self.dialect == "E":
                term = hash_term(algorithm, digests)
                self.add_object(urn, (), ("blockHashesHash", term))
            else:
                self.add_object(
                    f"{urn}/blockhash.{algorithm}",
                    ["BlockHashes"],
                    ("hash", hash_term("sha512", digests)),
                )

    def _add_bevy(
        self,
        urn: str,
        number: int,
        chunks: list[bytes],
        method: str,
        reverse: bool,
    ) -> None:
        stored = []
        for chunk in chunks:
            packed = compress(chunk, method)
            is_kept = len(packed) < len(chunk) - 16 or method == "snappy-always"
            stored.append(packed if is_kept else chunk)
        order = list(range(len(stored)))
        if reverse:
            order.reverse()
        bevy = bytearray()
        offsets = [0] * len(stored)
        for position in order:
            offsets[position] = len(bevy)
            bevy += stored[position]
        suffix = f"/{number:08d}"
        self.add_member(urn, suffix, bytes(bevy))
        if self.dialect == "E":
            ends = [at + len(one) for at, one in zip(offsets, stored, strict=True)]
            index = struct.pack(f"<{len(ends)}L", *ends)
            self.add_member(urn, f"{suffix}/index", index)
        elif self.dialect == "F":
            index = struct.pack(f"<{len(offsets)}L", *offsets)
            self.add_member(urn, f"{suffix}/index", index)
        else:
            index = b"".join(
                struct.pack("<QL", at, len(one))
                for at, one in zip(offsets, stored, strict=True)
            )
            self.add_member(urn, f"{suffix}.index", index)

    def add_map(
        self,
        urn: str,
        entries: Iterable[MapEntry],
        targets: Sequence[str],
        *,
        size: int | None = None,
        gap: str | None = None,
        path: bytes | None = None,
        types: Sequence[str] = ("Map",),
        deflated: bool = False,
        described: bool = True,
        pairs: Sequence[tuple[str, str | int | None]] = (),
    ) -> None:
        """Adds a map; `gap` is the name of a symbolic stream, `path` is mapPath."""
        data = bytearray()
        for start, length, offset, number in entries:
            fields = (start, length, offset, number)
            if self.dialect == "F":
                fields = (start, offset, length, number)
            data += struct.pack("<3QL", *fields)
        self.add_member(urn, "/map", bytes(data), deflated=deflated)
        line_end = "\r\n" if self.dialect == "E" else "\n"
        index = "".join(f"{target}{line_end}" for target in targets).encode()
        self.add_member(urn, "/idx", index, deflated=deflated)
        if path is not None:
            self.add_member(urn, "/mapPath", path)
        if described:
            self.add_object(
                urn,
                types,
                ("size", size),
                ("mapGapDefaultStream", None if gap is None else f"aff4:{gap}"),
                *pairs,
            )

    def add_map_hashes(self, urn: str, stream: str, *, image: str = "") -> bytes:
        """Adds all hashes of a map, and of its image; returns the blockMapHash."""
        algorithm = "sha256" if self.dialect == "E" else "sha512"
        segments = [
            self.members[self.member_name(urn, f"/{name}")].data
            for name in ("map", "idx", "mapPath")
            if self.member_name(urn, f"/{name}") in self.members
        ]
        names = ("mapPointHash", "mapIdxHash", "mapPathHash")
        for name, segment in zip(names, segments, strict=False):
            self.add_object(urn, (), (name, hash_term(algorithm, segment)))
        self.add_object(urn, (), ("mapHash", hash_term(algorithm, b"".join(segments))))
        separator = "/" if self.dialect == "E" else "."
        joined = b""
        for block_algorithm in BLOCK_ALGORITHMS:
            ending = f"{separator}blockHash.{block_algorithm}"
            digests = b"".join(
                member.data
                for name, member in sorted(self.members.items())
                if name.startswith(self.member_name(stream)) and name.endswith(ending)
            )
            if digests and self.dialect == "E":
                joined += hashlib.new(block_algorithm, digests).digest()
            elif digests:
                joined += hashlib.new(algorithm, digests).digest()
        for segment in segments:
            joined += hashlib.new(algorithm, segment).digest()
        name = "blockHashesHash" if self.dialect == "E" else "blockMapHash"
        term = hash_term(algorithm, joined)
        self.add_object(urn, (), (name, term))
        if image:
            value = term.partition("^^")[0] + "^^aff4:blockMapHashSHA512"
            self.add_object(image, (), ("hash", value))
        return hashlib.new(algorithm, joined).digest()

    def add_image(
        self,
        urn: str,
        stream: str | Sequence[str] | None,
        *,
        types: Sequence[str] = ("Image", "DiskImage", "ContiguousImage"),
        size: int | None = None,
        pairs: Sequence[tuple[str, str | int | None]] = (),
    ) -> None:
        """Adds an image over one or several streams."""
        streams = [stream] if isinstance(stream, str) else list(stream or ())
        data = [("dataStream", iri(name)) for name in streams]
        self.add_object(urn, types, ("size", size), *data, *pairs)

    # Logical files.

    def add_file(
        self,
        name: str,
        urn: str,
        data: bytes | None,
        *,
        types: Sequence[str] = ("FileImage", "Image", "ZipSegment"),
        deflated: bool = False,
        times: dict[str, str] | None = None,
        size: int | None = None,
        hashes: Sequence[str] = ("md5", "sha1"),
    ) -> None:
        """Adds a file; with data None only its metadata."""
        if data is not None and "ZipSegment" in types:
            self.add_member(urn, "", data, deflated=deflated)
        content = data or b""
        self.add_object(
            urn,
            types,
            ("originalFileName", literal(name, "xsd:string")),
            ("size", len(content) if size is None else size),
            *[
                (name, literal(text, "xsd:dateTime"))
                for name, text in (times or {}).items()
            ],
            *[("hash", hash_term(algorithm, content)) for algorithm in hashes],
        )

    def add_deduplicated(
        self, files: Iterable[tuple[str, str, bytes]], common: str, piece_size: int
    ) -> None:
        """Adds files (name, URN, data) as maps over pieces in a common stream."""
        pieces: dict[str, tuple[int, bytes]] = {}
        together = b""
        for name, urn, data in files:
            targets: list[str] = []
            entries = []
            for at in range(0, len(data), piece_size):
                piece = data[at : at + piece_size]
                digest = base64.urlsafe_b64encode(hashlib.sha512(piece).digest())
                target = f"aff4:sha512:{digest.decode()}"
                if target not in pieces:
                    pieces[target] = (len(together), piece)
                    together += piece
                if target not in targets:
                    targets.append(target)
                entries.append((at, len(piece), 0, targets.index(target)))
            self.add_map(urn, entries, targets, described=False)
            self.add_file(name, urn, data, types=("FileImage", "Image", "Map"))
        self.add_stream(common, together, "snappy")
        for target, (offset, piece) in pieces.items():
            place = iri(f"{common}[0x{offset:x}:0x{len(piece):x}]")
            self.add_object(target, (), ("dataStream", place))

    # The volume.

    def turtle(self) -> str:
        """The metadata."""
        schema = OLD_SCHEMA if self.dialect == "E" else SCHEMA
        lines = [
            f"@prefix : <{self.urn}> .",
            "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .",
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .",
            f"@prefix aff4: <{schema}> .",
            "",
        ]
        for urn, pairs in self.objects.items():
            lines.append(f"<{urn}>")
            lines += [f"    {name} {term} ;" for name, term in pairs[:-1]]
            lines += [f"    {pairs[-1][0]} {pairs[-1][1]} .", ""]
        return "\n".join(lines)

    def all_members(self) -> list[Member]:
        """All members in the order in which they are written."""
        members = [Member("container.description", self.urn.encode())]
        if self.dialect not in "EF":
            minor = 1 if self.dialect == "C" else 0
            text = f"major=1\nminor={minor}\ntool=builder\n"
            members.append(Member("version.txt", text.encode()))
        members += self.members.values()
        turtle = Member(
            "information.turtle", self.turtle().encode(), self.dialect == "C"
        )
        return [*members, turtle]

    def build(self, *, form: str = "plain", prefix: bytes = b"") -> bytes:
        """The finished file."""
        members = self.all_members()
        return write_zip(members, self.urn.encode(), form=form, prefix=prefix)


def pattern(size: int, seed: int = 0) -> bytes:
    """Data half of which compresses, different at every place."""
    words = (size + 7) // 8 + 64
    half = b"".join(
        hashlib.sha256(struct.pack("<2Q", seed, number)).digest() + bytes(32)
        for number in range(words // 8 + 1)
    )
    return half[:size]


STRIPE_VOLUMES = (VOLUME, "aff4://51725cd9-3489-44a7-a1e1-14b4a3e5b3b1")
STRIPE_STREAMS = (STREAM, "aff4://3bf0bd14-7a3c-4c8b-a2a7-0e5c5b8b3f16")
STRIPE_MAPS = (MAP, "aff4://2dd04819-73c8-40e3-a32b-fdddb0317eac")


def striped_pair(data: bytes, *, stripe: int = 1024) -> tuple[bytes, bytes]:
    """An image whose stripes alternate between the streams of two volumes.

    In each volume the stream of the other one is a stub without size.
    """
    parts = [b"", b""]
    entries = []
    for number, start in enumerate(range(0, len(data), stripe)):
        piece = data[start : start + stripe]
        entries.append((start, len(piece), len(parts[number % 2]), number % 2))
        parts[number % 2] += piece
    volumes = [AFF4Volume(urn) for urn in STRIPE_VOLUMES]
    for own, volume in enumerate(volumes):
        other = 1 - own
        volume.add_stream(STRIPE_STREAMS[own], parts[own], block_hashes=["md5"])
        volume.add_object(
            STRIPE_STREAMS[other],
            ["ImageStream"],
            ("stored", iri(STRIPE_VOLUMES[other])),
            ("target", iri(STRIPE_MAPS[own])),
        )
        volume.add_map(STRIPE_MAPS[own], entries, STRIPE_STREAMS, size=len(data))
        volume.add_image(IMAGE, STRIPE_MAPS[own], size=len(data))
    maps = sorted(zip(STRIPE_MAPS, STRIPE_STREAMS, volumes, strict=True))
    joined = b"".join(
        volume.add_map_hashes(map_urn, stream) for map_urn, stream, volume in maps
    )
    term = literal(hashlib.sha512(joined).hexdigest(), "aff4:blockMapHashSHA512")
    for volume in volumes:
        volume.add_object(IMAGE, (), ("hash", term))
    return volumes[0].build(), volumes[1].build()
