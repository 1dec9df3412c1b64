"""File types by content, as far as messengers' caches hold them.

Signatures are facts from the formats' own specifications.
"""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = ("bin", "application/octet-stream")

# Offset, signature, extension, media type; the first that fits counts.
_SIGNATURES: Final = (
    (0, b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (0, b"GIF87a", "gif", "image/gif"),
    (0, b"GIF89a", "gif", "image/gif"),
    (0, b"OggS", "ogg", "audio/ogg"),
    (0, b"\x1f\x8b\x08", "tgs", "application/gzip"),
    (4, b"ftypqt", "mov", "video/quicktime"),
    (4, b"ftypM4A", "m4a", "audio/mp4"),
    (4, b"ftyp", "mp4", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "webm", "video/webm"),
    (0, b"ID3", "mp3", "audio/mpeg"),
    (0, b"\xff\xfb", "mp3", "audio/mpeg"),
    (0, b"fLaC", "flac", "audio/flac"),
    (0, b"%PDF-", "pdf", "application/pdf"),
    (0, b"PK\x03\x04", "zip", "application/zip"),
    (0, b"BM", "bmp", "image/bmp"),
    (0, b"II*\0", "tif", "image/tiff"),
    (0, b"MM\0*", "tif", "image/tiff"),
)
_PARTIAL: Final = b"partial:"


def file_type(head: bytes) -> tuple[str, str]:
    """Extension and media type by the first bytes of a file (32 are enough)."""
    if head.startswith(_PARTIAL):
        # Telegram Desktop 2.4.0 and later: an incompletely loaded picture.
        extension, media_type = file_type(head[len(_PARTIAL) :])
        return f"partial.{extension}", media_type
    if head[:4] == b"RIFF":
        kind = head[8:12]
        if kind == b"WEBP":
            return "webp", "image/webp"
        if kind == b"WAVE":
            return "wav", "audio/wav"
        if kind == b"AVI ":
            return "avi", "video/x-msvideo"
    for offset, signature, extension, media_type in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return extension, media_type
    return UNKNOWN
