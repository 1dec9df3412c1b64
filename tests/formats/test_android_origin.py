"""Tests of the grades of origin: every finding of section 5.4, for and against it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from telegram_forensics.formats import android_origin
from telegram_forensics.formats.android_dialog import parse_dialog_id
from telegram_forensics.formats.android_message_blob import read_message_blob
from telegram_forensics.formats.android_origin import Origin, SendTraces, grade
from telegram_forensics.formats.tl_message import MessageFacts, read_message
from telegram_forensics.formats.tl_peers import SERVICE_ACCOUNT
from tests import helpers
from tests.builders import tl_fields
from tests.builders.tl_fields import EMPTY_MEDIA, make
from tests.builders.tl_writer import string

VECTORS = [
    vector
    for vector in json.loads(
        (
            helpers.REPOSITORY / "test_data" / "vectors" / "android_vectors.json"
        ).read_text("utf-8")
    )["vectors"]
    if "composed_here_marker" in vector.get("expected", {})
]
FRIEND = 777001
CHANNEL = -1234567890
SECRET = 1 << 62 | 305419896
PATH = "/storage/emulated/0/Pictures/a.jpg"
NOW = 1717243200
PLAIN = {"id": 4242, "date": NOW, "message": "hello", "out": True}
NO_TRACE = Origin("no_local_trace")
NO_RECORD = Origin("not_determinable")
AUTOMATIC = Origin("not_applicable")


def certain(*basis: str) -> Origin:
    """Composed here, certain."""
    return Origin("this_installation", "certain", basis)


def strong(*basis: str) -> Origin:
    """Composed here, strong."""
    return Origin("this_installation", "strong", basis)


FORM_S = strong("media_empty_flag")


def message(trailer: str = " ", **fields: Any) -> bytes:
    """Blob of an outgoing message of layer 229."""
    fields = {**PLAIN, "peer_id": tl_fields.user(FRIEND), **fields}
    return make("7600b9d3", **fields) + string(trailer.encode())


def origin(
    data: bytes,
    traces: SendTraces | None = None,
    uid: int = FRIEND,
    mid: int = 4242,
    send_state: int | None = 0,
    version: int | None = None,
) -> Origin:
    """Grade of a row."""
    blob = read_message_blob(data)
    return grade(
        read_message(blob.message),
        blob,
        parse_dialog_id(uid, version),
        uid,
        mid,
        send_state,
        traces or SendTraces(),
    )


def randoms(*rows: tuple[int, int, int | None], table: str = "randoms_v2") -> Any:
    """Traces of a table with these rows."""
    traces = SendTraces()
    traces.add_randoms(table, rows)
    return traces


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["description"])
def test_known_answers(vector: dict[str, Any]) -> None:
    """Blobs of which the specification says what they prove."""
    mid = vector["expected"]["id"]
    # A message that is not sent yet has this state.
    found = origin(bytes.fromhex(vector["hex"]), mid=mid, send_state=int(mid < 0))
    expected = vector["expected"]["composed_here_marker"]
    assert found.confidence == expected
    assert found.value == ("this_installation" if expected else "no_local_trace")
    assert bool(found.basis) == bool(expected)


def test_there_are_known_answers() -> None:
    """The test above has something to do."""
    markers = [vector["expected"]["composed_here_marker"] for vector in VECTORS]
    assert len(markers) >= 5
    assert {None, "strong", "certain"} <= set(markers)


def test_nothing_at_all() -> None:
    """No trace is no statement: never "another session"."""
    assert origin(message()) == NO_TRACE
    assert origin(message(trailer="")) == NO_TRACE
    assert origin(message()[: -len(string(b" "))]) == NO_TRACE


def test_incoming() -> None:
    """A message that is not outgoing has no origin, whatever lies about it."""
    traces = randoms((1, 4242, FRIEND))
    traces.sent_files.add((FRIEND, 4242))
    for data in (
        message(out=None),
        message(PATH, out=None),
        message(out=None, media=EMPTY_MEDIA),
    ):
        assert origin(data, traces) == Origin(None)
    assert origin(message(out=None), traces, uid=SECRET, mid=-210001) == Origin(None)
    unknown = MessageFacts("damaged")
    dialog = parse_dialog_id(FRIEND)
    assert grade(unknown, None, dialog, FRIEND, 4242, 0, traces) == Origin(None)


def test_row_of_randoms_v2() -> None:
    """The same positive id in the same dialog, and nothing else."""
    assert origin(message(), randoms((1, 4242, FRIEND))) == certain("randoms_v2")
    for row in (
        (1, 4243, FRIEND),
        (1, 4242, FRIEND + 1),
        (4242, 1, FRIEND),
        (1, -4242, FRIEND),
        (1, 4242, -FRIEND),
    ):
        assert origin(message(), randoms(row)) == NO_TRACE


def test_number_of_a_scheduled_message() -> None:
    """A trace of a scheduled message is none of the sent one with the same number."""
    traces = randoms((1, 4242, FRIEND))
    traces.scheduled.add((FRIEND, 4242))
    assert origin(message(), traces) == NO_TRACE
    blob = read_message_blob(message())
    dialog = parse_dialog_id(FRIEND, 134)
    facts = read_message(blob.message)
    found = grade(facts, blob, dialog, FRIEND, 4242, 0, traces, is_waiting=True)
    assert found == certain("randoms_v2")


def test_message_without_an_id() -> None:
    """Zero is no message id."""
    assert origin(message(), randoms((1, 0, FRIEND)), mid=0) == NO_TRACE


def test_row_of_randoms() -> None:
    """The first form of the table has no dialog: ids are those of the account."""
    traces = randoms((1, 4242, None), table="randoms")
    assert origin(message(), traces) == certain("randoms")
    assert origin(message(), traces, mid=4241) == NO_TRACE
    # Messages of channels have their channel in the column then.
    mid = 1234567890 << 32 | 4242
    assert origin(message(), traces, CHANNEL, mid, version=83) == NO_TRACE
    traces = randoms((1, mid, None), table="randoms")
    assert origin(message(), traces, CHANNEL, mid, version=83) == certain("randoms")
    assert origin(message(), traces, FRIEND, 4242, version=83) == NO_TRACE


def test_negative_row_of_randoms() -> None:
    """It says that something was sent to the dialog, not which message it was."""
    traces = randoms((1, -210001, FRIEND), (1, -210001, FRIEND), (2, -210002, FRIEND))
    assert origin(message(), traces) == NO_TRACE
    assert traces.pending == {FRIEND: 2}
    assert traces.negative == {(FRIEND, -210001), (FRIEND, -210002)}
    assert traces.confirmed == set()


def test_counting_of_random_ids() -> None:
    """Each random id counts once in each dialog, however often it was retried."""
    traces = randoms(
        (1, -210001, FRIEND),
        (1, -210005, FRIEND),
        (1, -210001, CHANNEL),
        (2, -210003, None),
        (3, 77, FRIEND),
    )
    assert traces.pending == {FRIEND: 1, CHANNEL: 1, None: 1}
    assert traces.confirmed == {(FRIEND, 77)}


@pytest.mark.parametrize("state", [android_origin.SENDING, android_origin.FAILED])
def test_unsent(state: int) -> None:
    """A negative id with the state of sending or failure."""
    data = message(id=-210001)
    assert origin(data, mid=-210001, send_state=state) == certain("unsent_row")
    # The id of the row counts, not that of the object.
    assert origin(data, mid=4242, send_state=state) == NO_TRACE
    assert origin(message(), mid=-5, send_state=state) == certain("unsent_row")


@pytest.mark.parametrize("state", [0, 3, 4, -1, None])
def test_negative_id_alone(state: int | None) -> None:
    """Negative ids are given to other rows, too."""
    assert origin(message(id=-210001), mid=-210001, send_state=state) == NO_TRACE


def test_notices_of_the_service_account() -> None:
    """Rows that the client makes of notices are nobody's messages."""
    data = message(id=-210001, media=EMPTY_MEDIA, out=None)
    for state in (0, 1, 2):
        assert origin(data, None, SERVICE_ACCOUNT, -210001, state) == Origin(None)
    # Nor if the row claims to be outgoing.
    data = message(id=-210001, media=EMPTY_MEDIA)
    for state in (0, 1, 2):
        assert origin(data, None, SERVICE_ACCOUNT, -210001, state) == NO_TRACE


def test_trailer() -> None:
    """A path or parameters, which no server has."""
    assert origin(message(PATH)) == certain("attach_path")
    parameters = f"||originalPath|=|{PATH}_1_2||final|=|1||{PATH}"
    assert origin(message(parameters)) == certain("attach_path", "send_parameters")
    assert origin(message("||groupId|=|5|| ")) == certain("send_parameters")
    both = randoms((1, 4242, FRIEND))
    assert origin(message(PATH), both) == certain("randoms_v2", "attach_path")


def test_trailer_without_meaning() -> None:
    """A layer that this version could not show comes with messages of anybody."""
    assert origin(message("||legacy_layer|=|220|| ")) == NO_TRACE
    together = "||legacy_layer|=|220||final|=|1|| "
    assert origin(message(together)) == certain("send_parameters")
    assert origin(message("   ")) == NO_TRACE


def test_editing() -> None:
    """What is written during an edit says nothing of the composition."""
    parameters = f"||final|=|1||{PATH}"
    for data in (message(PATH), message(parameters), message(media=EMPTY_MEDIA)):
        assert origin(data, send_state=3) == NO_TRACE
        assert origin(data, send_state=0) != NO_TRACE
    traces = randoms((1, 4242, FRIEND))
    assert origin(message(PATH), traces, send_state=3) == certain("randoms_v2")


def test_edited() -> None:
    """A new attachment of an old message leaves the same path: less than certain."""
    assert origin(message(PATH, edit_date=NOW + 5)) == strong("attach_path")
    traces = randoms((1, 4242, FRIEND))
    data = message(PATH, edit_date=NOW + 5)
    assert origin(data, traces) == certain("randoms_v2", "attach_path")
    assert origin(message(edit_date=NOW + 5)) == NO_TRACE


def test_own_media_text() -> None:
    """ "-1" instead of a caption, in old layers and with a path."""
    photo = make("c8c45a2a", photo=make("2331b22d", id=7))
    peer = tl_fields.old_user(FRIEND)

    def old(text: str, trailer: str) -> bytes:
        fields = {"id": 4242, "to_id": peer, "media": photo, "flags": 2}
        return make("a7ab1991", **fields, message=text) + string(trailer.encode())

    assert origin(old("-1", PATH)) == certain("attach_path", "own_media_text")
    assert origin(old("-1_x", PATH)) == certain("attach_path", "own_media_text")
    assert origin(old("-1", "")) == NO_TRACE
    assert origin(old("-2", PATH)) == certain("attach_path")
    # Newer media have captions in the text: somebody wrote "-1".
    media = make("695150d7", photo=make("2331b22d", id=7))
    assert origin(message(message="-1", media=media)) == NO_TRACE
    found = origin(message(PATH, message="-1", media=media))
    assert found == certain("attach_path")


def test_form_s() -> None:
    """The client's own object: an empty attachment with its flag set."""
    data = message(media=EMPTY_MEDIA)
    assert origin(data) == FORM_S
    assert origin(data, mid=-210001) == NO_TRACE
    assert origin(data, randoms((1, 4242, FRIEND))) == certain("randoms_v2")
    assert origin(data, uid=CHANNEL) == FORM_S
    photo = make("695150d7", photo=make("2331b22d", id=7))
    assert origin(message(media=photo)) == NO_TRACE


@pytest.mark.parametrize(
    ("constructor", "has_meaning"),
    [
        ("22eb6aba", False),  # layer 8: no flags
        ("567699b3", False),  # layer 18: flags are a number
        ("a7ab1991", False),  # layer 25
        ("c3060325", False),  # layer 31
        ("f07814c8", False),  # layer 34
        ("2bebfa86", True),  # layer 36: the first that can do without media
        ("5ba66c13", True),  # layer 38
        ("44f9b43d", True),  # layer 73
        ("bce383d2", True),  # layer 124
        ("96fdbbe9", True),  # layer 196
    ],
)
def test_form_s_of_layers(constructor: str, has_meaning: bool) -> None:
    """Where an attachment is always there, an empty one is everybody's."""
    names = {name for name, _, _ in tl_fields.row_of(int(constructor, 16)).fields}
    fields: dict[str, Any] = {"id": 4242, "message": "hello", "media": EMPTY_MEDIA}
    fields["peer_id" if "peer_id" in names else "to_id"] = tl_fields.old_user(FRIEND)
    if "out" in names:
        fields["out"] = True
    if "flags" in names:
        # Bit 9 is set also where it means nothing.
        fields["flags"] = 1 << 9 | 1 << 1
    data = make(constructor, **fields) + string(b" ")
    assert origin(data) == (FORM_S if has_meaning else NO_TRACE)


def test_sent_files() -> None:
    """A file that was sent to the dialog supports it."""
    traces = SendTraces()
    traces.add_sent_file(f"sent_0_4242_{FRIEND}_0_1234")
    expected = Origin("this_installation", "supporting", ("sent_files",))
    assert origin(message(), traces) == expected
    assert origin(message(), traces, mid=4243) == NO_TRACE
    assert origin(message(), traces, uid=CHANNEL) == NO_TRACE
    # A stronger trace wins.
    assert origin(message(media=EMPTY_MEDIA), traces) == FORM_S
    traces.add_sent_file(f"sent_1234567890_4242_{CHANNEL}_1_99")
    assert origin(message(), traces, uid=CHANNEL) == expected


@pytest.mark.parametrize(
    "parent",
    [
        None,
        "",
        "sent",
        "sent_0_4242",
        "sent_0_x_1_0",
        "message_0_4242_777001_0",
        "____",
    ],
)
def test_sent_files_of_no_meaning(parent: str | None) -> None:
    """Other texts in the column name no message."""
    traces = SendTraces()
    traces.add_sent_file(parent)
    assert traces.sent_files == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"from_scheduled": True},
        {"via_business_bot_id": 5},
        {"offline": True},
        {"quick_reply_shortcut_id": 1},
        {"from_scheduled": True, "media": EMPTY_MEDIA},
    ],
    ids="+".join,
)
def test_automatic(fields: dict[str, Any]) -> None:
    """Nobody composed it at that time; what proves composition still counts."""
    assert origin(message(**fields)) == AUTOMATIC
    traces = randoms((1, 4242, FRIEND))
    assert origin(message(**fields), traces) == certain("randoms_v2")
    unsent = origin(message(**fields), mid=-210001, send_state=1)
    assert unsent == certain("unsent_row")
    traces = SendTraces(sent_files={(FRIEND, 4242)})
    assert origin(message(**fields), traces) == AUTOMATIC


def test_actions() -> None:
    """Actions leave no traces, whoever did them; calls are actions."""
    call = make("80e11a7f", call_id=1, duration=5)
    for action in (make("95e3fbef"), make("bd47cbad", users=[5]), call):
        data = make(
            "7a800e0a",
            id=4242,
            out=True,
            peer_id=tl_fields.user(FRIEND),
            date=NOW,
            action=action,
            reactions_are_possible=True,
        )
        assert origin(data) == NO_RECORD
        assert origin(data, randoms((1, 4242, FRIEND))) == certain("randoms_v2")


def test_secret_chats() -> None:
    """They are bound to the device; its key makes it certain, randoms do not."""
    data = make(
        "555555fa",
        id=-210010,
        out=True,
        to_id=tl_fields.old_user(5),
        message="secret",
        media=EMPTY_MEDIA,
    ) + string(b"")
    weak = strong("secret_chat_message")
    traces = randoms((1, -210010, SECRET))
    assert origin(data, traces, SECRET, -210010) == weak
    traces.secret_chats.add(305419896)
    assert origin(data, traces, SECRET, -210010) == certain("secret_chat_key")
    other = 1 << 62 | 5
    assert origin(data, traces, other, -210010) == weak
    # Ids are signed, and had another form before.
    traces.secret_chats = {-5}
    negative = 1 << 62 | (2**32 - 5)
    assert origin(data, traces, negative, -1) == certain("secret_chat_key")
    assert origin(data, traces, -5 << 32, -1, version=83) == certain("secret_chat_key")


def test_damaged_blob() -> None:
    """Rows and tables count without the object."""
    facts = MessageFacts("damaged", is_outgoing=True)
    dialog = parse_dialog_id(FRIEND)
    traces = randoms((1, 4242, FRIEND))
    found = grade(facts, None, dialog, FRIEND, 4242, 0, traces)
    assert found == certain("randoms_v2")
    found = grade(facts, None, dialog, FRIEND, -210001, 1, SendTraces())
    assert found == certain("unsent_row")
    assert grade(facts, None, dialog, FRIEND, 4242, None, SendTraces()) == NO_TRACE


def test_confidence_only_with_this_installation() -> None:
    """The event model: no confidence and no basis without a trace."""
    traces = randoms((1, 4242, FRIEND))
    for data in (message(), message(PATH), message(from_scheduled=True)):
        for given in (SendTraces(), traces):
            found = origin(data, given)
            is_here = found.value == "this_installation"
            assert (found.confidence is not None) == is_here
            assert bool(found.basis) == is_here
