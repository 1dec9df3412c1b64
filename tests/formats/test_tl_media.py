"""Tests of attachments: every constructor of `MessageMedia` and of what is in it."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from telegram_forensics.formats.tl_media import MediaFacts, read_media
from telegram_forensics.formats.tl_object import TLError, TLObject
from telegram_forensics.formats.tl_reader import read_object
from tests import helpers
from tests.builders import tl_writer
from tests.builders.tl_fields import EMPTY_PHOTO_SIZE, make, user
from tests.builders.tl_writer import TLWriter
from tests.formats.test_tl_message import PartWriter, check_values, secrets_of

# DESIGN section 4: what a client calls it is mapped to one of these.
KINDS = {
    "photo",
    "video",
    "video_message",
    "voice",
    "audio",
    "animation",
    "document",
    "sticker",
    "contact",
    "geo",
    "live_location",
    "venue",
    "webpage",
    "poll",
    "game",
    "invoice",
    "story",
    "dice",
    "giveaway",
    "todo",
    "paid_media",
    "unsupported",
}
# What a constructor must become, files aside: their attributes decide.
NAMED = {
    "messageMediaAudio": "voice",
    "messageMediaContact": "contact",
    "messageMediaDice": "dice",
    "messageMediaGame": "game",
    "messageMediaGeo": "geo",
    "messageMediaGeoLive": "live_location",
    "messageMediaGiveaway": "giveaway",
    "messageMediaGiveawayResults": "giveaway",
    "messageMediaInvoice": "invoice",
    "messageMediaPaidMedia": "paid_media",
    "messageMediaPhoto": "photo",
    "messageMediaPoll": "poll",
    "messageMediaStory": "story",
    "messageMediaStoryFull": "story",
    "messageMediaStoryFull_old": "story",
    "messageMediaToDo": "todo",
    "messageMediaUnsupported": "unsupported",
    "messageMediaVenue": "venue",
    "messageMediaVideo": "video",
    "messageMediaVideoStream": "unsupported",
    "messageMediaWebPage": "webpage",
}
MEDIA = [
    row for row in tl_writer.rows_of("MessageMedia") if row.type_name == "MessageMedia"
]
MODES = [("on", 0), ("off", 0), *(("random", number) for number in range(5))]
FILES = ("Document", "Photo", "Video", "Audio")
KEY, IV = bytes(range(32)), bytes(range(100, 132))
FILE = {"id": 7, "date": 1717243200, "mime_type": "video/mp4", "size": 500, "dc_id": 4}


def kind_of_file(fields: dict[str, Any]) -> str:
    """Kind of a document by its attributes, the last of each name."""
    found = {item["_"]: item for item in fields.get("attributes", ())}
    if {"documentAttributeSticker", "documentAttributeCustomEmoji"} & found.keys():
        return "sticker"
    if "documentAttributeAnimated" in found:
        return "animation"
    if video := found.get("documentAttributeVideo"):
        return "video_message" if "round_message" in video else "video"
    if audio := found.get("documentAttributeAudio"):
        return "voice" if "voice" in audio else "audio"
    return "document"


def check_file(fields: dict[str, Any], media: MediaFacts) -> None:
    """What a document, video or audio says."""
    assert media.identifier == fields["id"]
    assert media.mime_type == (fields.get("mime_type") or None)
    assert media.date == fields.get("date")
    assert media.size == fields.get("size")
    assert media.data_center == (fields.get("dc_id") or None)
    assert media.is_unavailable == fields["_"].endswith("Empty")
    assert (media.key_kind == "encrypted") == bool(fields.get("key"))
    if "duration" in fields:
        assert media.duration == fields["duration"]
    names = [fields.get("file_name"), *name_attributes(fields)]
    if names[-1]:
        assert media.name == names[-1]
    else:
        assert media.name in [name or None for name in names]


def name_attributes(fields: dict[str, Any]) -> list[str]:
    """Names in the attributes."""
    return [
        item["file_name"]
        for item in fields.get("attributes", ())
        if item["_"] == "documentAttributeFilename"
    ]


def check_photo(fields: dict[str, Any], media: MediaFacts) -> None:
    """What a photo says."""
    assert media.identifier == fields["id"]
    assert media.date == fields.get("date")
    assert media.is_unavailable == (fields["_"] == "photoEmpty")
    sizes = [0]
    for item in fields.get("sizes", ()):
        sizes += [item.get("size", 0), *item.get("sizes", ())]
        sizes.append(len(item.get("bytes", "")) // 2)
    assert media.size == (max(sizes) or None)


def check(fields: dict[str, Any], media: MediaFacts | None) -> None:
    """Everything that facts must say of an attachment."""
    if fields["_"] == "messageMediaEmpty":
        assert media is None
        return
    assert media is not None
    assert media.kind in KINDS
    assert media.kind == NAMED.get(fields["_"], media.kind)
    assert media.self_destruct == (fields.get("ttl_seconds") or None)
    document = fields.get("document")
    if fields["_"] == "messageMediaDocument" and document is not None:
        assert media.kind == kind_of_file(document)
        check_file(document, media)
    for name in ("video", "audio"):
        if fields["_"] == f"messageMedia{name.capitalize()}":
            check_file(fields[name], media)
    if fields["_"] == "messageMediaPhoto" and "photo" in fields:
        check_photo(fields["photo"], media)
    inner = fields.get("photo", fields.get("video"))
    captions = [fields.get("caption")]
    captions += [inner.get("caption")] if isinstance(inner, dict) else []
    if fields["_"] != "messageMediaStory" and any(captions):
        assert media.caption in captions
    point = fields.get("geo")
    if point is not None and "Geo" in fields["_"]:
        assert (media.latitude, media.longitude) == (
            point.get("lat"),
            point.get("long"),
        )
    if fields["_"] == "messageMediaContact":
        names = [fields["first_name"], fields["last_name"]]
        assert media.contact_name == (" ".join(filter(None, names)) or None)
        assert media.contact_phone == (fields["phone_number"] or None)
        assert media.contact_identifier == (fields["user_id"] or None)
    if fields["_"] == "messageMediaWebPage":
        assert media.url == (fields["webpage"].get("url") or None)


@pytest.mark.parametrize(("mode", "number"), MODES)
def test_every_constructor(mode: str, number: int) -> None:
    """Every attachment with all flags, none, and random ones."""
    assert len(MEDIA) > 45
    # All are known by name, or the test would not tell what they must become.
    names = NAMED.keys() | {"messageMediaDocument", "messageMediaEmpty"}
    assert {row.name for row in MEDIA} == names
    for row in MEDIA:
        data, fields = TLWriter(f"{row.number} {mode} {number}").object(row, mode)
        media = read_media(read_object(data))
        check(fields, media)
        check_values(media, secrets_of(fields))


@pytest.mark.parametrize("type_name", FILES)
@pytest.mark.parametrize(("mode", "number"), MODES)
def test_every_file(type_name: str, mode: str, number: int) -> None:
    """Every constructor of a file in every attachment that can hold it."""
    count = 0
    for row in MEDIA:
        if not any(kind == type_name for _, _, kind in row.fields):
            continue
        for part in tl_writer.rows_of(type_name):
            if part.type_name != type_name:
                continue
            seed = f"{part.number} {mode} {number}"
            data, fields = PartWriter(seed, type_name, part).object(row, "on")
            media = read_media(read_object(data))
            check(fields, media)
            check_values(media, secrets_of(fields))
            count += 1
    assert count >= 3


def test_docs_name_the_same_kinds() -> None:
    """The list above is the one that is documented."""
    text = (helpers.REPOSITORY / "docs" / "event_data.md").read_text("utf-8")
    match = re.search(r"\| `media_type` \| str \| (.*?) \|", text)
    assert match is not None
    # TDLib has a kind of its own.
    assert set(re.split(r", | or ", match[1])) == KINDS | {"rich_text"}


def document(*attributes: bytes, **fields: Any) -> MediaFacts:
    """Facts of a document of the current layer."""
    data = make("8fd4c4d8", **{**FILE, **fields}, attributes=list(attributes))
    found = read_media(read_object(make("52d8ccd9", document=data)))
    assert found is not None
    return found


FILENAME = make("15590068", file_name="a.mp4")
ANIMATED = make("11b58939")
VIDEO = make("43c57c48", duration=12.9)
ROUND = make("43c57c48", duration=3.0, round_message=True)
VOICE = make("9852f9c6", duration=8, voice=True, waveform=b"secret waveform")
MUSIC = make("9852f9c6", duration=8, title="Song", performer="Band")
STICKER = make("6319d612", alt="🙂", stickerset=make("ffb62b95"))
EMOJI = make("fd149899", alt="🙂", stickerset=make("ffb62b95"))


@pytest.mark.parametrize(
    ("attributes", "kind", "duration"),
    [
        ((), "document", None),
        ((FILENAME,), "document", None),
        ((make("6c37c15c", w=1, h=1),), "document", None),
        ((VIDEO, FILENAME), "video", 12),
        ((make("5910cccb", duration=4),), "video", 4),
        ((ROUND,), "video_message", 3),
        ((VIDEO, ANIMATED), "animation", 12),
        ((VOICE,), "voice", 8),
        ((MUSIC, FILENAME), "audio", 8),
        ((make("051448e5", duration=5),), "audio", 5),
        ((STICKER,), "sticker", None),
        ((VIDEO, STICKER), "sticker", 12),
        ((ANIMATED, STICKER), "sticker", None),
        ((EMOJI,), "sticker", None),
        ((make("fb0a5727"),), "sticker", None),
        ((make("994c9882", alt="🙂"),), "sticker", None),
    ],
)
def test_kinds_of_documents(
    attributes: tuple[bytes, ...], kind: str, duration: int | None
) -> None:
    """Attributes tell what a document is, in the order of what counts most."""
    media = document(*attributes)
    assert (media.kind, media.duration) == (kind, duration)
    assert (media.identifier, media.data_center, media.size) == (7, 4, 500)
    assert media.name == ("a.mp4" if FILENAME in attributes else None)
    assert document(*reversed(attributes)).kind == kind


def test_details_of_documents() -> None:
    """Title and performer of music, emoji of stickers."""
    assert document(MUSIC).details == {"performer": "Band", "title": "Song"}
    assert document(STICKER).details == {"emoji": "🙂"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_durations_that_are_none(value: float) -> None:
    """Evidence can hold anything; it is shown and nothing breaks."""
    media = document(make("43c57c48", duration=value))
    assert (media.kind, media.duration) == ("video", None)
    assert media.details["duration as stored"] == str(value)


def test_secret_files() -> None:
    """Files of secret chats: everything but their keys."""
    attributes = [FILENAME, VIDEO]
    rest = {**FILE, "key": KEY, "iv": IV, "thumb": EMPTY_PHOTO_SIZE}
    new = make("55555558", attributes=attributes, **rest)
    found = read_media(read_object(make("7c4414d3", document=new, caption="look")))
    assert found is not None
    assert (found.kind, found.name, found.size) == ("video", "a.mp4", 500)
    assert (found.caption, found.key_kind) == ("look", "encrypted")
    old = make("55555556", file_name="b.pdf", **rest)
    found = read_media(read_object(make("2fda2204", document=old)))
    assert found is not None
    assert (found.kind, found.name) == ("document", "b.pdf")
    assert found.key_kind == "encrypted"
    rest = {"id": 7, "duration": 4, "key": KEY, "iv": IV}
    voice = read_media(read_object(make("c6b68300", audio=make("555555f6", **rest))))
    rest["thumb"] = EMPTY_PHOTO_SIZE
    data = make("a2d24290", video=make("55555553", **rest, caption="see"))
    video = read_media(read_object(data))
    for media, kind in ((voice, "voice"), (video, "video")):
        assert media is not None
        assert (media.kind, media.duration) == (kind, 4)
        assert media.key_kind == "encrypted"
        check_values(media, [KEY.hex(), IV.hex()])
    assert video is not None and video.caption == "see"


def test_view_once() -> None:
    """After it was opened only the kind is left."""
    for flag, kind in (
        ("voice", "voice"),
        ("round", "video_message"),
        ("video", "video"),
        ("spoiler", "document"),
    ):
        data = make("52d8ccd9", ttl_seconds=0x7FFFFFFF, **{flag: True})
        media = read_media(read_object(data))
        assert media is not None
        assert (media.kind, media.is_unavailable) == (kind, True)
        assert media.self_destruct == 0x7FFFFFFF


def text(value: str) -> bytes:
    """A text as newer layers wrap it."""
    return make("751f3146", text=value)


@pytest.mark.parametrize("is_new", [True, False])
def test_poll(is_new: bool) -> None:
    """Question, answers, votes and the account's own choice."""
    options = ["Yes", "No", "Maybe"]
    if is_new:
        answers = [
            make("4b7d786a", text=text(option), option=option.encode())
            for option in options
        ]
        poll = make("966e2dbf", question=text("Well?"), answers=answers, closed=True)
        voters, results = "3645230a", "ba7bb15e"
    else:
        answers = [
            make("6ca9c2e9", text=option, option=option.encode()) for option in options
        ]
        poll = make("d5529d06", question="Well?", answers=answers, closed=True)
        voters, results = "3b6ddad2", "5755785a"
    lists: dict[str, Any] = {"recent_voters": []} if is_new else {}
    votes = [
        make(voters, option=b"No", voters=4, chosen=True, **lists),
        make(voters, option=b"Yes", voters=1, correct=True, **lists),
    ]
    if is_new:
        # Since layer 224 the number may be missing: that is not zero.
        votes.append(make(voters, option=b"Maybe"))
    found = make(results, results=votes, total_voters=5)
    data = make("773f4e66" if is_new else "4bd6e798", poll=poll, results=found)
    media = read_media(read_object(data))
    assert media is not None
    assert media.details == {
        "question": "Well?",
        "closed": True,
        "voters": 5,
        "answers": [
            "Yes (1 votes) (correct)",
            "No (4 votes) (chosen by the account)",
            "Maybe",
        ],
    }


def test_todo() -> None:
    """Tasks and who did them."""
    items = [make("cba9a52f", id=n, title=text(f"task {n}")) for n in (1, 2)]
    todo = make("49b92a26", title=text("Plan"), list=items)
    new = make("221bb5e4", id=2, completed_by=user(8), date=1)
    old = make("4cc120b7", id=2, completed_by=8, date=1)
    for completion in (new, old):
        data = make("8a53b014", todo=todo, completions=[completion])
        media = read_media(read_object(data))
        assert media is not None
        assert media.details == {
            "title": "Plan",
            "tasks": ["task 1", "task 2 (done by user 8)"],
        }


def test_paid_media() -> None:
    """What was bought, and what was not."""
    photo = make("695150d7", photo=make("2331b22d", id=7))
    bought = make("ee479c64", media=photo)
    items = [make("ad628cc8"), bought, make("ee479c64", media=make("3ded6320"))]
    data = make("a8852491", stars_amount=5, extended_media=items)
    media = read_media(read_object(data))
    assert media is not None
    assert media.identifier == 7
    assert media.details["stars"] == 5
    assert media.details["content"] == ["not bought", "photo", "not bought"]


def test_web_page() -> None:
    """Address and what the preview says."""
    page = make(
        "e89c45b2", url="https://example.org/", title="T", description="D", author="A"
    )
    media = read_media(read_object(make("ddf10c3b", webpage=page)))
    assert media is not None
    assert media.url == "https://example.org/"
    words = {name: media.details[name] for name in ("title", "description", "author")}
    assert words == {"title": "T", "description": "D", "author": "A"}


@pytest.mark.parametrize("mode", tl_writer.MODES)
def test_truncated(mode: str) -> None:
    """Cut off anywhere, an attachment never breaks anything."""
    for row in MEDIA:
        data, fields = TLWriter(f"cut {row.number} {mode}").object(row, mode)
        if len(data) > 3000:
            data = data[:3000]
        for size in range(4, len(data), 4):
            try:
                value: Any = read_object(data[:size])
            except TLError as error:
                value = error.partial
            assert isinstance(value, TLObject)
            media = read_media(value)
            if media is None:
                assert row.name == "messageMediaEmpty"
            else:
                assert media.kind in KINDS
                check_values(media, [])
