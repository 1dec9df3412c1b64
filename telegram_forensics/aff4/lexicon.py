"""Names of the AFF4 dialects, brought to one form.

Specification: formats/aff4.md sections 0 and 3. Whatever the dialect, a term of one of
the AFF4 name spaces becomes its local name (`size`, `ImageStream`), and the names that
changed between dialects become those of the standard.
"""

from __future__ import annotations

from typing import Final

from telegram_forensics.aff4.turtle import RDF_TYPE

NAME_SPACES: Final = (
    "http://aff4.org/Schema#",
    "http://afflib.org/2009/aff4#",
    "http://aff4.org/Schema/2022/#",
    "https://aff4.org/Schema/2022/#",
    "http://afflib.org/2012/SymbolicStream#",
)

# Local name of an older dialect -> name in the standard.
_PROPERTIES: Final = {
    "chunk_size": "chunkSize",
    "chunks_in_segment": "chunksInSegment",
    "chunks_per_segment": "chunksInSegment",
    "CompressionMethod": "compressionMethod",
    "compression": "compressionMethod",
    "original_filename": "originalFileName",
    "StartTime": "startTime",
    "EndTime": "endTime",
}
_CLASSES: Final = {
    "map": "Map",
    "image": "Image",
    "stream": "ImageStream",
    "zip_segment": "ZipSegment",
    "zip_volume": "ZipVolume",
    "caseNotes": "CaseNotes",
}
IMAGE_CLASSES: Final = frozenset(
    {
        "Image",
        "DiskImage",
        "VolumeImage",
        "MemoryImage",
        "ContiguousImage",
        "DiscontiguousImage",
    }
)
LOGICAL_CLASSES: Final = frozenset({"FileImage", "Folder", "FolderImage"})
TYPE: Final = "type"


def local_name(iri: str) -> str | None:
    """Local name of a term of AFF4, None if the IRI is none."""
    for name_space in NAME_SPACES:
        if iri.startswith(name_space):
            return iri[len(name_space) :]
    return None


def property_name(iri: str) -> str:
    """Name of a property: the standard's local name, or the IRI of a foreign one."""
    if iri == RDF_TYPE:
        return TYPE
    name = local_name(iri)
    return iri if name is None else _PROPERTIES.get(name, name)


def class_name(iri: str) -> str:
    """Name of a class: the standard's local name, or the IRI of a foreign one."""
    name = local_name(iri)
    return iri if name is None else _CLASSES.get(name, name)
