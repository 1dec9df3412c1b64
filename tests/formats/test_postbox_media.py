"""Tests of media and resources of Postbox (section 8)."""

from __future__ import annotations

from typing import Any

import pytest

from telegram_forensics.formats import postbox_resources as resources
from telegram_forensics.formats.postbox_coding import read_root
from telegram_forensics.formats.postbox_ids import MediaId
from telegram_forensics.formats.postbox_media import StoredMedia, read_media_object
from tests.builders import postbox as write

USER = write.user(777111222)


def media(name: str | int, entries: dict[str, Any]) -> StoredMedia:
    """What a media object says."""
    return read_media_object(read_root(write.root(write.Obj(name, entries)), []))


def resource(name: str, entries: dict[str, Any]) -> resources.ResourceFacts:
    """What a resource says."""
    return resources.read_resource(read_root(write.root(write.Obj(name, entries)), []))


RESOURCES = [
    (
        "CloudPhotoSizeMediaResource",
        {"d:i": 2, "i:q": 55, "h:q": 1, "s:s": "y", "n64:q": 900},
        "telegram-cloud-photo-size-2-55-y",
        900,
        55,
    ),
    (
        "CloudPhotoSizeMediaResource",
        {"d:i": 2, "i:q": 55, "h:q": 1, "s:s": "y", "n:i": 800},
        "telegram-cloud-photo-size-2-55-y",
        800,
        55,
    ),
    (
        "CloudDocumentMediaResource",
        {"d:i": 4, "f:q": -7, "a:q": 1, "n64:q": 5, "fn:s": "a.pdf"},
        "telegram-cloud-document-4--7",
        5,
        -7,
    ),
    (
        "CloudDocumentSizeMediaResource",
        {"d:i": 4, "i:q": 7, "h:q": 1, "s:s": "m"},
        "telegram-cloud-document-size-4-7-m",
        None,
        7,
    ),
    (
        "CloudPeerPhotoSizeMediaResource",
        {"d:i": 1, "p:q": 9, "s:i": 0, "v:n": None, "l:n": None},
        "telegram-peer-photo-size-1-9-0-0-0",
        None,
        9,
    ),
    (
        "CloudPeerPhotoSizeMediaResource",
        {"d:i": 1, "p:n": None, "s:i": 1, "v:q": 3, "l:i": 4},
        "telegram-peer-photo-size-1-1-3-4",
        None,
        None,
    ),
    (
        "CloudFileMediaResource",
        {"d:i": 1, "v:q": 2, "l:i": 3, "s:q": 4, "n:i": 6},
        "telegram-cloud-file-1-2-3-4",
        6,
        None,
    ),
    ("LocalFileMediaResource", {"f:q": 5}, "telegram-local-file-5", None, None),
    (
        "LocalFileReferenceMediaResource",
        {"p:s": "/var/x", "r:q": 5},
        "local-file-5",
        None,
        None,
    ),
    (
        "SecretFileMediaResource",
        {"i:q": 5, "a:q": 1, "s64:q": 44, "d:i": 2},
        "secret-file-5-2",
        44,
        5,
    ),
    (
        "SecureFileMediaResource",
        {"f:q": 5, "d:i": 2},
        "telegram-secure-file-5",
        None,
        5,
    ),
    (
        "PhotoLibraryMediaResource",
        {"i:s": "AB-CD/L0/001", "uid:q": 7},
        "ph-AB-CD_L0_001-7",
        None,
        None,
    ),
    ("PhotoLibraryMediaResource", {"i:s": "AB"}, "ph-AB", None, None),
    ("VideoLibraryMediaResource", {"i:s": "AB/L0"}, "vi-AB_L0", None, None),
    ("LocalFileVideoMediaResource", {"i:q": 5, "ps:S": ["/a"]}, "lvi-5", None, None),
    ("LocalFileGifMediaResource", {"i:q": 6, "p:s": "/b"}, "lgi-6", None, None),
    ("HttpReferenceMediaResource", {"u:s": "https://e.org"}, None, None, None),
    ("EmptyMediaResource", {}, None, None, None),
    # A field that the name needs is missing.
    ("CloudDocumentMediaResource", {"d:i": 4}, None, None, None),
    ("CloudPhotoSizeMediaResource", {"d:i": 4, "i:q": 5}, None, None, 5),
]


@pytest.mark.parametrize(("name", "entries", "file", "size", "number"), RESOURCES)
def test_resources(
    name: str, entries: dict[str, Any], file: str | None, size: int | None, number: Any
) -> None:
    """Names of files, sizes, ids; nothing is made up."""
    found = resource(name, entries)
    assert (found.kind, found.file_name) == (name, file)
    assert (found.size, found.identifier) == (size, number)
    local = found.file_name is not None and found.file_name.startswith(
        resources.LOCAL_NAMES
    )
    assert found.is_local == local


def test_what_resources_tell_of_this_device() -> None:
    """Assets, paths, addresses, keys."""
    assert resource("PhotoLibraryMediaResource", {"i:s": "AB"}).asset == "AB"
    assert resource("VideoLibraryMediaResource", {"i:s": "AB"}).is_prefix
    assert resource("LocalFileVideoMediaResource", {"ps:S": ["/a", "/b"]}).path == (
        "/a, /b"
    )
    assert resource("HttpReferenceMediaResource", {"u:s": "u"}).url == "u"
    key = write.Obj("SecretFileEncryptionKey", {"k:x": b"k" * 32, "i:x": b"i" * 32})
    assert resource("SecretFileMediaResource", {"k:o": key}).has_key
    assert not resource("SecretFileMediaResource", {}).has_key
    assert resource("LocalFileArchiveMediaResource", {}).is_local


FILES = [
    ("telegram-cloud-document-2-55", False, False, None, 55, 2),
    ("telegram-cloud-document-2-55_partial", True, False, None, 55, 2),
    ("telegram-cloud-document-2-55_partial.meta", True, False, None, 55, 2),
    ("telegram-cloud-photo-size-4-5-y", False, False, None, 5, 4),
    ("telegram-cloud-document-size-4-5-m", False, False, None, 5, 4),
    ("secret-file-9-2", False, False, None, 9, 2),
    ("ph-AB_L0_001", False, True, None, None, None),
    ("local-file-7", False, True, None, None, None),
    ("telegram-cloud-photo-size-4-5-y:blurred", False, False, "blurred", 5, 4),
    ("telegram-peer-photo-size-1-9-0-0-0", False, False, None, None, None),
    ("anything", False, False, None, None, None),
]


@pytest.mark.parametrize(
    ("name", "partial", "local", "representation", "number", "center"), FILES
)
def test_file_names(
    name: str,
    partial: bool,
    local: bool,
    representation: str | None,
    number: int | None,
    center: int | None,
) -> None:
    """What the name of a file says."""
    found = resources.read_file_name(name)
    assert (found.is_partial, found.is_local) == (partial, local)
    assert found.representation == representation
    assert (found.identifier, found.data_center) == (number, center)


def photo(number: int, size: str, width: int, bytes_there: int) -> write.Obj:
    """A representation of a picture."""
    cloud = write.Obj(
        "CloudPhotoSizeMediaResource",
        {"d:i": 2, "i:q": number, "s:s": size, "n64:q": bytes_there},
    )
    return write.Obj(
        "TelegramMediaImageRepresentation", {"dx:i": width, "dy:i": width, "r:o": cloud}
    )


def test_image() -> None:
    """The largest picture is the one that was sent."""
    found = media(
        "TelegramMediaImage",
        {
            "i:x": write.media_id(0, 55),
            "r:O": [photo(55, "s", 90, 100), photo(55, "y", 1280, 9000)],
        },
    )
    assert found.media_id == MediaId(0, 55)
    assert (found.facts.kind, found.facts.identifier) == ("photo", 55)
    assert (found.facts.size, found.facts.data_center) == (9000, 2)
    assert [item.file_name for item in found.resources] == [
        "telegram-cloud-photo-size-2-55-y",
        "telegram-cloud-photo-size-2-55-s",
    ]
    assert found.facts.details["pixels"] == "1280 x 1280"
    assert not found.is_local


def test_local_image() -> None:
    """A picture that was attached here, from the library of Photos."""
    asset = write.Obj("PhotoLibraryMediaResource", {"i:s": "AB/L0", "uid:q": 1})
    found = media(
        "TelegramMediaImage",
        {
            "i:x": write.media_id(7, 123),
            "r:O": [
                write.Obj(
                    "TelegramMediaImageRepresentation",
                    {"dx:i": 5, "dy:i": 5, "r:o": asset},
                )
            ],
        },
    )
    assert found.is_local
    assert found.facts.identifier is None
    assert found.facts.details["photo library asset"] == "AB/L0"
    assert found.facts.details["attached on this device"] is True


ATTRIBUTES: list[tuple[list[dict[str, Any]], str, dict[str, Any]]] = [
    ([{"t:i": 0, "fn:s": "a.pdf"}], "document", {"name": "a.pdf"}),
    (
        [{"t:i": 4, "dur:d": 12.7, "w:i": 1, "h:i": 1, "f:i": 0}],
        "video",
        {"duration": 12},
    ),
    ([{"t:i": 4, "du:i": 12, "f:i": 1}], "video_message", {"duration": 12}),
    ([{"t:i": 5, "iv:i": 1, "du:i": 3}], "voice", {"duration": 3}),
    ([{"t:i": 5, "iv:i": 0, "du:i": 3, "ti:s": "T"}], "audio", {"duration": 3}),
    ([{"t:i": 3}, {"t:i": 4, "dur:d": 1.0}], "animation", {"duration": 1}),
    ([{"t:i": 1, "dt:s": "🙂"}], "sticker", {}),
    ([{"t:i": 10, "dt:s": "🙂"}], "sticker", {}),
    ([{"t:i": 4, "dur:d": float("inf")}], "video", {"duration": None}),
    ([{"t:i": 4, "dur:d": float("nan")}], "video", {"duration": None}),
    ([{"t:i": 99}], "document", {}),
]


@pytest.mark.parametrize(("attributes", "kind", "values"), ATTRIBUTES)
def test_files(
    attributes: list[dict[str, Any]], kind: str, values: dict[str, Any]
) -> None:
    """Kind, name and length by the attributes."""
    cloud = write.Obj("CloudDocumentMediaResource", {"d:i": 4, "f:q": 77})
    found = media(
        "TelegramMediaFile",
        {
            "i:x": write.media_id(5, 77),
            "r:o": cloud,
            "mt:s": "x/y",
            "s64:q": 5,
            "at:O": [
                write.Obj("TelegramMediaFileAttribute", item) for item in attributes
            ],
        },
    )
    assert found.facts.kind == kind
    assert (found.facts.mime_type, found.facts.size) == ("x/y", 5)
    assert (found.facts.identifier, found.facts.data_center) == (77, 4)
    for name, value in values.items():
        assert getattr(found.facts, name) == value
    assert found.resources[0].file_name == "telegram-cloud-document-4-77"


def test_old_size() -> None:
    """Sizes had 32 bits first."""
    assert media("TelegramMediaFile", {"s:i": 8, "at:I": []}).facts.size == 8


def test_contact() -> None:
    """A shared contact."""
    found = media(
        "TelegramMediaContact",
        {"n.f:s": "Anna", "n.l:s": "S", "pn:s": "+1 555", "p:q": USER, "vc:n": None},
    ).facts
    assert (found.kind, found.contact_name) == ("contact", "Anna S")
    assert (found.contact_phone, found.contact_identifier) == ("+1 555", 777111222)


def test_maps() -> None:
    """Places, venues, live locations."""
    place = {"la:d": 50.45, "lo:d": 30.52}
    found = media("TelegramMediaMap", place).facts
    assert (found.kind, found.latitude, found.longitude) == ("geo", 50.45, 30.52)
    live = media("TelegramMediaMap", {**place, "bt:i": 900}).facts
    assert (live.kind, live.details["live for seconds"]) == ("live_location", 900)
    venue = write.Obj("MapVenue", {"ti:s": "Cafe", "ad:s": "Street 1"})
    found = media("TelegramMediaMap", {**place, "ve:o": venue}).facts
    assert (found.kind, found.details["title"]) == ("venue", "Cafe")
    address = write.Obj("MapGeoAddress", {"gp_co:s": "UA", "gp_ci:s": "Kyiv"})
    found = media("TelegramMediaMap", {**place, "adr:o": address}).facts
    assert found.details["address of the place"] == "Kyiv, UA"


def test_web_pages() -> None:
    """Loaded and not loaded ones, with their pictures."""
    picture = write.Obj(
        "TelegramMediaImage",
        {"i:x": write.media_id(0, 5), "r:O": [photo(5, "y", 9, 9)]},
    )
    found = media(
        "TelegramMediaWebpage",
        {
            "i:x": write.media_id(6, 1),
            "ct:i": 1,
            "u:s": "https://e.org",
            "ti:s": "T",
            "im:o": picture,
        },
    )
    assert (found.facts.kind, found.facts.url) == ("webpage", "https://e.org")
    assert found.facts.details["state"] is None
    assert found.resources[0].file_name == "telegram-cloud-photo-size-2-5-y"
    pending = media("TelegramMediaWebpage", {"ct:i": 0, "pendingUrl:s": "u"}).facts
    assert (pending.url, pending.details["state"]) == ("u", "not loaded")


def test_poll() -> None:
    """Votes, and which answer the account chose."""
    results = write.Obj(
        "TelegramMediaPollResults",
        {
            "v:O": [
                write.Obj(
                    "TelegramMediaPollOptionVoters",
                    {"s:i": 1, "i:x": b"0", "c:i": 3, "cr:i": 1},
                )
            ],
            "t:i": 4,
        },
    )
    found = media(
        "TelegramMediaPoll",
        {
            "t:s": "Who?",
            "os:O": [
                write.Obj("TelegramMediaPollOption", {"t:s": "Me", "i:x": b"0"}),
                write.Obj("TelegramMediaPollOption", {"t:s": "You", "i:x": b"1"}),
            ],
            "rs:o": results,
            "ic:i": 1,
        },
    ).facts
    assert found.kind == "poll"
    assert found.details == {
        "question": "Who?",
        "closed": True,
        "voters": 4,
        "answers": ["Me (3 votes) (correct) (chosen by the account)", "You"],
    }


def test_todo() -> None:
    """Tasks and who did them."""
    found = media(
        "TelegramMediaTodo",
        {
            "t:s": "List",
            "is:O": [
                write.Obj("Item", {"t:s": "A", "i:i": 1}),
                write.Obj("Item", {"t:s": "B", "i:i": 2}),
            ],
            "cs:O": [write.Obj("Completion", {"i:i": 2, "d:i": 5, "p:q": USER})],
        },
    ).facts
    assert found.details["tasks"] == ["A", "B (done by user 777111222)"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(0, "photo"), (1, "document"), (2, "voice"), (3, "video_message"), (9, None)],
)
def test_expired(number: int, kind: str | None) -> None:
    """What has destroyed itself."""
    found = media("TelegramMediaExpiredContent", {"d:i": number}).facts
    assert found.kind == (kind or "unsupported")
    assert found.is_unavailable
    missing = media("TelegramMediaExpiredContent", {}).facts
    assert missing.kind == "unsupported"


SMALL = [
    ("TelegramMediaDice", {"e:s": "🎲", "v:i": 6}, "dice", {"emoji": "🎲", "value": 6}),
    ("TelegramMediaGame", {"t:s": "G"}, "game", {"title": "G"}),
    (
        "TelegramMediaInvoice",
        {"t:s": "I", "c:s": "EUR", "ta:q": 500},
        "invoice",
        {"title": "I", "currency": "EUR", "amount": 500},
    ),
    (
        "TelegramMediaStory",
        {"pid:q": USER, "sid:i": 4},
        "story",
        {"of": "user 777111222", "story": 4},
    ),
    ("TelegramMediaGiveaway", {"qty:i": 3}, "giveaway", {"quantity": 3}),
    (
        "TelegramMediaUnsupported",
        {},
        "unsupported",
        {"class": "TelegramMediaUnsupported"},
    ),
    (0x55, {}, "unsupported", {"class": "class 0x00000055"}),
]


@pytest.mark.parametrize(("name", "entries", "kind", "details"), SMALL)
def test_other_media(
    name: str | int, entries: dict[str, Any], kind: str, details: dict[str, Any]
) -> None:
    """Small classes, and those that nobody knows."""
    found = media(name, entries).facts
    assert found.kind == kind
    assert found.details == details


def test_paid_media() -> None:
    """What was bought and what was not."""
    image = write.Obj("TelegramMediaImage", {"i:x": write.media_id(0, 5), "r:I": []})
    found = media(
        "TelegramMediaPaidContent",
        {
            "a:q": 50,
            "m:O": [
                write.Obj("TelegramExtendedMedia", {"media:o": image}),
                write.Obj("TelegramExtendedMedia", {"t:i": 0}),
            ],
        },
    ).facts
    assert (found.kind, found.identifier) == ("paid_media", 5)
    assert found.details == {"stars": 50, "content": ["photo", "not bought"]}


def test_nested_media_is_bounded() -> None:
    """Web pages within web pages end somewhere."""
    value = write.Obj("TelegramMediaWebpage", {"u:s": "u"})
    for _ in range(80):
        value = write.Obj("TelegramMediaWebpage", {"u:s": "u", "im:o": value})
    problems: list[Any] = []
    found = read_media_object(read_root(write.root(value), problems))
    assert problems
    assert found.facts.kind == "webpage"
