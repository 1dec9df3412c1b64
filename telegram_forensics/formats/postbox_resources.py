"""Media resources of Postbox: which file in `postbox/media` holds them.

Specification: formats/apple_postbox.md section 8.2 (app versions to 12.2; sizes were
32-bit `n` and `s` first, `n64` and `s64` later). Names that contain a hash whose making
is not known (`http-`, `proxy-`, `telegram-stickerpackthumbnail-`) are not made up. A
file that is there was held by this device; that its birth time tells an upload from a
download is derived from the code (UNCONFIRMED on a real image).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.postbox_coding import PostboxObject

# Files with these names exist only for media that were attached on this device.
LOCAL_NAMES: Final = (
    "ph-",
    "vi-",
    "lvi-",
    "lgi-",
    "local-file-",
    "telegram-local-file-",
)
_LOCAL_CLASSES: Final = frozenset(
    (
        "LocalFileArchiveMediaResource",
        "LocalFileGifMediaResource",
        "LocalFileMediaResource",
        "LocalFileReferenceMediaResource",
        "LocalFileVideoMediaResource",
        "PhotoLibraryMediaResource",
        "VideoLibraryMediaResource",
    )
)
_PARTIAL: Final = re.compile(r"_partial(?:\.meta)?\Z")


@dataclass(slots=True)
class ResourceFacts:
    """What is stored of a resource.

    Attributes:
        kind: its class.
        file_name: name in `postbox/media`, None if it cannot be told.
        is_prefix: the name goes on with what is not stored here.
        data_center: where the file lies at Telegram.
        identifier: id of document, photo or secret file at the server.
        size: bytes.
        is_local: it was attached on this device.
        asset: id of the picture or video in the library of Photos.
        path: where the file lay on this device.
        url: address of a file from the web.
        has_key: the key of a secret file is stored with it.
        original_name: file name that the resource keeps.
    """

    kind: str
    file_name: str | None = None
    is_prefix: bool = False
    data_center: int | None = None
    identifier: int | None = None
    size: int | None = None
    is_local: bool = False
    asset: str | None = None
    path: str | None = None
    url: str | None = None
    has_key: bool = False
    original_name: str | None = None


def read_resource(value: PostboxObject) -> ResourceFacts:
    """What a resource says; of an unknown class only its name."""
    found = ResourceFacts(value.label, is_local=value.name in _LOCAL_CLASSES)
    found.size = _size(value)
    reader = _READERS.get(value.name or "")
    if reader is not None:
        reader(value, found)
    return found


def _size(value: PostboxObject) -> int | None:
    for key in ("n64", "s64", "n", "s"):
        size = value.integer(key)
        if size is not None and size > 0:
            return size
    return None


def _name(value: PostboxObject, prefix: str, *keys: str) -> str | None:
    """A name of fields; None if one of them is missing."""
    parts = []
    for key in keys:
        item = value.fields.get(key)
        if isinstance(item, bool) or not isinstance(item, int | str):
            return None
        parts.append(str(item))
    return "-".join((prefix, *parts))


def _photo_size(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-cloud-photo-size", "d", "i", "s")
    found.data_center, found.identifier = value.integer("d"), value.integer("i")


def _document(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-cloud-document", "d", "f")
    found.data_center, found.identifier = value.integer("d"), value.integer("f")
    found.original_name = value.text("fn")


def _document_size(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-cloud-document-size", "d", "i", "s")
    found.data_center, found.identifier = value.integer("d"), value.integer("i")
    found.size = None


def _peer_photo(value: PostboxObject, found: ResourceFacts) -> None:
    keys = ("d", "p", "s") if value.integer("p") is not None else ("d", "s")
    name = _name(value, "telegram-peer-photo-size", *keys)
    if name is not None:
        volume, local = value.integer("v") or 0, value.integer("l") or 0
        found.file_name = f"{name}-{volume}-{local}"
    found.data_center, found.identifier = value.integer("d"), value.integer("p")
    # Here the letter is the kind of size.
    found.size = None


def _old_file(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-cloud-file", "d", "v", "l", "s")
    found.data_center = value.integer("d")
    # Here the letter is a secret of the server.
    size = value.integer("n64")
    found.size = size if size is not None else value.integer("n")


def _local_file(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-local-file", "f")


def _local_reference(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "local-file", "r")
    found.path = value.text("p")


def _secret_file(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "secret-file", "i", "d")
    found.data_center, found.identifier = value.integer("d"), value.integer("i")
    key = value.object("k")
    found.has_key = key is not None and bool(key.data("k"))


def _secure_file(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "telegram-secure-file", "f")
    found.data_center, found.identifier = value.integer("d"), value.integer("f")


def _photo_library(value: PostboxObject, found: ResourceFacts) -> None:
    found.asset = value.text("i")
    if found.asset is not None:
        found.file_name = f"ph-{found.asset.replace('/', '_')}"
        unique = value.integer("uid")
        if unique is not None:
            found.file_name += f"-{unique}"


def _video_library(value: PostboxObject, found: ResourceFacts) -> None:
    found.asset = value.text("i")
    if found.asset is not None:
        found.file_name = f"vi-{found.asset.replace('/', '_')}"
        found.is_prefix = True


def _local_video(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "lvi", "i")
    paths = value.texts("ps")
    found.path = ", ".join(paths) if paths else value.text("p")


def _local_gif(value: PostboxObject, found: ResourceFacts) -> None:
    found.file_name = _name(value, "lgi", "i")
    found.path = value.text("p")


def _web(value: PostboxObject, found: ResourceFacts) -> None:
    found.url = value.text("u")


_READERS: Final = {
    "CloudDocumentMediaResource": _document,
    "CloudDocumentSizeMediaResource": _document_size,
    "CloudFileMediaResource": _old_file,
    "CloudPeerPhotoSizeMediaResource": _peer_photo,
    "CloudPhotoSizeMediaResource": _photo_size,
    "HttpReferenceMediaResource": _web,
    "LocalFileGifMediaResource": _local_gif,
    "LocalFileMediaResource": _local_file,
    "LocalFileReferenceMediaResource": _local_reference,
    "LocalFileVideoMediaResource": _local_video,
    "PhotoLibraryMediaResource": _photo_library,
    "SecretFileMediaResource": _secret_file,
    "SecureFileMediaResource": _secure_file,
    "VideoLibraryMediaResource": _video_library,
    "WebFileReferenceMediaResource": _web,
}


@dataclass(frozen=True, slots=True)
class MediaFileName:
    """What the name of a file in `postbox/media` says.

    Attributes:
        resource: resource id.
        is_partial: the download was not finished.
        is_local: the file was attached on this device.
        representation: what was made from it (`cache/`, `short-cache/`), else None.
        identifier: id of the document or photo at the server, None if it has none.
        data_center: where it lies at Telegram.
    """

    resource: str
    is_partial: bool = False
    is_local: bool = False
    representation: str | None = None
    identifier: int | None = None
    data_center: int | None = None


_CLOUD: Final = re.compile(
    r"telegram-cloud-(?:photo-size|document-size|document)-(-?\d+)-(-?\d+)(?:-.*)?"
)
_SECRET: Final = re.compile(r"secret-file-(-?\d+)-(-?\d+)")


def read_file_name(name: str) -> MediaFileName:
    """Splits the name of a file in `postbox/media`."""
    plain = _PARTIAL.sub("", name)
    resource, colon, representation = plain.partition(":")
    identifier = data_center = None
    match = _CLOUD.fullmatch(resource)
    if match:
        data_center, identifier = int(match[1]), int(match[2])
    match = _SECRET.fullmatch(resource)
    if match:
        identifier, data_center = int(match[1]), int(match[2])
    return MediaFileName(
        resource,
        plain != name,
        resource.startswith(LOCAL_NAMES),
        representation if colon else None,
        identifier,
        data_center,
    )
