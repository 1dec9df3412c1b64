"""What kind of AFF4 volume a file is, found out with as little reading as possible."""

from __future__ import annotations

import enum

from telegram_forensics.aff4 import lexicon
from telegram_forensics.aff4.errors import Aff4Error, NotAff4Error
from telegram_forensics.aff4.graph import class_name
from telegram_forensics.aff4.source import ByteSource
from telegram_forensics.aff4.turtle import RDF_TYPE
from telegram_forensics.aff4.volume import Volume, looks_like_aff4
from telegram_forensics.aff4.volume_set import VolumeSet


class Kind(enum.Enum):
    """Kind of a volume."""

    IMAGE = "image"
    SEVERAL_IMAGES = "several images"
    LOGICAL = "logical"
    ENCRYPTED = "encrypted"


def classify(source: ByteSource) -> Kind | None:
    """Kind of a volume; None if the file is no AFF4 volume.

    A damaged volume counts as an image: whoever opens it is told what is wrong.
    """
    if not looks_like_aff4(source):
        return None
    try:
        # Of 100,000 logical files the first one is enough.
        for _, pairs in Volume(source).statements():
            for predicate, node in pairs:
                if predicate == RDF_TYPE and (
                    class_name(str(node)) in lexicon.LOGICAL_CLASSES
                ):
                    return Kind.LOGICAL
        return kind_of(VolumeSet(source))
    except NotAff4Error:
        return None
    except Aff4Error:
        return Kind.IMAGE


def kind_of(volumes: VolumeSet) -> Kind:
    """Kind of opened volumes."""
    if volumes.is_logical:
        return Kind.LOGICAL
    if volumes.encrypted_streams:
        return Kind.ENCRYPTED
    if len(volumes.image_urns()) > 1:
        return Kind.SEVERAL_IMAGES
    return Kind.IMAGE
