"""Tests of logical images (section 7)."""

from __future__ import annotations

import hashlib
import time

import pytest

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4.errors import Aff4Error, MissingStreamError
from telegram_forensics.aff4.file_records import unwrap_name
from telegram_forensics.aff4.logical import (
    LogicalTree,
    build_tree,
    location_of,
    open_file,
    sub_streams,
)
from telegram_forensics.aff4.volume_set import VolumeSet
from tests.aff4 import support
from tests.builders import aff4

V = aff4.VOLUME
TIMES = {
    "birthTime": "2021-05-06T06:51:29.123456+03:00",
    "lastWritten": "2021-05-06T07:08:09+03:00",
    "lastAccessed": "2021-05-06T07:24:49.5Z",
    "recordChanged": "2021-05-06T07:24:50",
}
CONTAINERS = sorted(
    {row["container"] for row in support.expected("EXPECTED_FILES.tsv")}
)


def logical() -> aff4.AFF4Volume:
    """An empty logical volume of pyaff4."""
    return aff4.AFF4Volume(dialect="C")


def opened(volume: aff4.AFF4Volume) -> tuple[VolumeSet, LogicalTree]:
    """A built volume and its tree."""
    volumes = support.open_volume(volume.build())
    return volumes, build_tree(volumes)


def content(volumes: VolumeSet, tree: LogicalTree, location: str) -> bytes:
    """The bytes of a file."""
    record = tree.nodes[location].record
    assert record is not None
    return support.read_all(open_file(volumes, record))


def check_tree(tree: LogicalTree) -> None:
    """Every node hangs in its folder exactly once."""
    for location, node in tree.nodes.items():
        assert node.location == location
        if location:
            children = tree.nodes[location.rpartition("/")[0]].children
            assert children is not None
            assert children.count(node.name) == 1
        for name in node.children or ():
            assert f"{location}/{name}" in tree.nodes


@pytest.mark.parametrize("container", CONTAINERS)
def test_samples(container: str) -> None:
    """The files of the samples are exactly those of EXPECTED_FILES.tsv."""
    rows = [
        row
        for row in support.expected("EXPECTED_FILES.tsv")
        if row["container"] == container
    ]
    path = support.sample(container)
    volumes = support.open_volume(path.read_bytes())
    assert classify.classify(support.source(path.read_bytes())) is classify.Kind.LOGICAL
    tree = build_tree(volumes)
    check_tree(tree)
    assert tree.problems == {}
    found = {}
    for node in tree.files():
        assert node.record is not None
        if not node.is_folder:
            size, sha1, md5 = support.digests(open_file(volumes, node.record))
            found[node.record.name] = (str(size), sha1, md5)
            assert node.location == location_of(node.record.name)
            if node.record.hashes:
                assert ("SHA1", sha1) in node.record.hashes
            assert node.record.size in (None, size)
    assert found == {
        row["path"]: (row["size"], row["sha1"], row["md5"]) for row in rows
    }


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("./a/b", "/a/b"),
        ("/a/b", "/a/b"),
        ("a/b", "/a/b"),
        ("C:\\a\\b.txt", "/C:/a/b.txt"),
        ("C:/a", "/C:/a"),
        ("\\\\server\\share$\\a", "/server/share$/a"),
        ("./it\\is posix", "/it\\is posix"),
        ("//a///b/./c/", "/a/b/c"),
        ("../../a/../../b", "/b"),
        ("a/../b", "/b"),
        (".", ""),
        ("", ""),
        ("/", ""),
        ("..", ""),
        ("./отчёт за май.txt", "/отчёт за май.txt"),
    ],
)
def test_locations(name: str, location: str) -> None:
    """Original paths become locations as section 7.2 says."""
    assert location_of(name) == location


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("./src/a.txt", "./src/a.txt"),
        ("b'./src/\\xd0\\x90.txt'", "./src/А.txt"),
        ('b"./it\'s.txt"', "./it's.txt"),
        ("b'b\"b\\'a/one.txt\\'\"'", "a/one.txt"),
        ("b'\\xff'", "b'\\xff'"),
        ("b'open", "b'open"),
        ("b'", "b'"),
        ("b''", ""),
        ("b'a' + b'b'", "b'a' + b'b'"),
        ("bank'", "bank'"),
    ],
)
def test_bytes_literals(written: str, name: str) -> None:
    """Names that pyaff4 wrote as Python bytes literals are unwrapped, others kept."""
    assert unwrap_name(written) == name


def test_many_wrappings() -> None:
    """Each append wraps a name once more; the depth is bounded."""
    name = text = './a\\b\'s "ü".txt'
    for _ in range(5):
        text = repr(text.encode())
    assert unwrap_name(text) == name
    assert unwrap_name("b'" * 5000 + "'" * 5000).startswith("b'")


def test_storages() -> None:
    """Members, stored and deflated, image streams and dedup maps are all read."""
    volume = logical()
    datas = {
        "./stored.bin": aff4.pattern(3000, 1),
        "./deflated.bin": aff4.pattern(3000, 2),
        "./space here.bin": aff4.pattern(100, 3),
        "./stream.bin": aff4.pattern(9000, 4),
        "./d/dedup1.bin": aff4.pattern(4000, 5),
        "./d/dedup2.bin": aff4.pattern(4000, 5) + b"more",
        "./empty": b"",
        "./empty.bin": b"",
    }
    volume.add_file("./stored.bin", f"{V}//stored.bin", datas["./stored.bin"])
    volume.add_file(
        "./deflated.bin", f"{V}//deflated.bin", datas["./deflated.bin"], deflated=True
    )
    volume.add_file(
        "./space here.bin", f"{V}//space%20here.bin", datas["./space here.bin"]
    )
    urn = f"{V}//stream.bin"
    volume.add_stream(urn, datas["./stream.bin"], types=["ImageStream"])
    volume.add_file(
        "./stream.bin", urn, datas["./stream.bin"], types=["FileImage", "Image"]
    )
    files = [
        (name, f"{V}/{name[1:]}", datas[name]) for name in datas if "dedup" in name
    ]
    volume.add_deduplicated(files, aff4.STREAM, 1000)
    # Size 0, with no storage at all, and as an image stream.
    volume.add_file("./empty", f"{V}//empty", None)
    volume.add_file("./empty.bin", f"{V}//empty.bin", None, types=["FileImage"])
    volume.add_stream(f"{V}//empty.bin", b"", types=["ImageStream"])
    volumes, tree = opened(volume)
    check_tree(tree)
    for name, data in datas.items():
        assert content(volumes, tree, location_of(name)) == data, name
    assert len(list(tree.files())) == len(datas)


def test_metadata() -> None:
    """Times are kept as written, hashes in lower case, sizes as numbers."""
    volume = logical()
    volume.add_file("./a", f"{V}//a", b"data", times=TIMES)
    volume.add_object(f"{V}//a", (), ("hash", aff4.literal("ABCD", "aff4:MD5")))
    volume.add_file("./b", f"{V}//b", b"", times={"lastWritten": TIMES["lastWritten"]})
    _, tree = opened(volume)
    record = tree.nodes["/a"].record
    assert record is not None
    assert record.times == TIMES
    assert record.hashes == [
        ("MD5", hashlib.md5(b"data").hexdigest()),
        ("SHA1", hashlib.sha1(b"data").hexdigest()),
        ("MD5", "abcd"),
    ]
    other = tree.nodes["/b"].record
    assert other is not None
    assert other.times == {"lastWritten": TIMES["lastWritten"]}


def test_folders() -> None:
    """Folders that are described keep their record, others are made from the paths."""
    volume = logical()
    volume.add_file("./x/y/z.txt", f"{V}//x/y/z.txt", b"z")
    volume.add_file("./x", f"{V}//x", None, types=["Folder", "Image"], times=TIMES)
    volume.add_file(".", f"{V}//", None, types=["FolderImage"], times=TIMES)
    volume.add_file("./empty", f"{V}//empty", None, types=["Folder"])
    _, tree = opened(volume)
    check_tree(tree)
    record = tree.nodes["/x"].record
    assert record is not None
    assert (record.is_folder, record.times) == (True, TIMES)
    assert tree.nodes["/x/y"].record is None
    assert tree.nodes["/empty"].children == []
    assert tree.nodes[""].record is not None
    assert sorted(tree.nodes) == ["", "/empty", "/x", "/x/y", "/x/y/z.txt"]


def test_same_location_twice() -> None:
    """Two files of one name are both kept, and that is noted."""
    volume = logical()
    for number, name in enumerate(["./a", "a", "/a", "./a [2]"]):
        volume.add_file(name, f"{V}/{number}", str(number).encode())
    volumes, tree = opened(volume)
    check_tree(tree)
    contents = {
        location: content(volumes, tree, location)
        for location, node in tree.nodes.items()
        if node.record
    }
    assert sorted(contents.values()) == [b"0", b"1", b"2", b"3"]
    assert contents["/a"] == b"0"
    assert "/a: this name is taken" in next(iter(tree.problems))


def test_folder_twice() -> None:
    """A folder that is described twice is one folder."""
    volume = logical()
    for number in range(2):
        volume.add_file("./a", f"{V}/{number}", None, types=["Folder"])
    _, tree = opened(volume)
    check_tree(tree)
    assert tree.nodes[""].children == ["a"]
    assert list(tree.problems) == ["/a: the folder is described twice"]


ODD_NAMES = [
    ["./a", "./a/b"],
    ["./a/b", "./a"],
    ["./a", "./a/b", "./a/b/c", "./a/b/c/d"],
    ["./a", "./a [folder]", "./a/b", "./a/c"],
    ["./a", "./a [folder]/x", "./a/b"],
    ["./a", "./a [2]", "./a", "./a/b", "./a [folder]", "./a/b"],
]


@pytest.mark.parametrize("names", ODD_NAMES)
def test_file_that_is_also_a_folder(names: list[str]) -> None:
    """A file with files below it is kept, and so are all of them."""
    volume = logical()
    for number, name in enumerate(names):
        volume.add_file(name, f"{V}/{number}", str(number).encode())
    volumes, tree = opened(volume)
    check_tree(tree)
    found = sorted(content(volumes, tree, node.location) for node in tree.files())
    assert found == [str(number).encode() for number in range(len(names))]
    assert tree.problems


def test_described_folder_with_the_name_of_a_file() -> None:
    """A described folder beside a file of its name holds what is below it."""
    volume = logical()
    volume.add_file("./a", f"{V}/0", b"file")
    volume.add_file("./a", f"{V}/1", None, types=["Folder"], times=TIMES)
    volume.add_file("./a/b", f"{V}/2", b"below")
    volumes, tree = opened(volume)
    check_tree(tree)
    assert content(volumes, tree, "/a") == b"file"
    assert content(volumes, tree, "/a [folder]/b") == b"below"
    record = tree.nodes["/a [folder]"].record
    assert record is not None
    assert record.times == TIMES


def test_hash_sign_in_names() -> None:
    """Segments that pyaff4 cut off at "#" are found, and checked by their hash."""
    urn = f"{V}//a%20(1)%20#2.txt"
    data = aff4.pattern(2000)
    volume = logical()
    volume.add_deduplicated([("./a (1) #2.txt", urn, data)], aff4.STREAM, 500)
    for suffix in ("/map", "/idx"):
        name = volume.member_name(urn, suffix)
        volume.members[name].name = f"/a (1) {suffix}"
    volumes, tree = opened(volume)
    assert content(volumes, tree, "/a (1) #2.txt") == data


def test_collision_of_cut_names() -> None:
    """Where two names were cut to the same, the overwritten file is an error."""
    data = {"./a#1": aff4.pattern(900, 1), "./a#2": aff4.pattern(900, 2)}
    volume = logical()
    files = [(name, f"{V}/{name[1:]}", content) for name, content in data.items()]
    volume.add_deduplicated(files, aff4.STREAM, 500)
    for suffix in ("/map", "/idx"):
        for name in data:
            member = volume.members[volume.member_name(f"{V}/{name[1:]}", suffix)]
            member.name = f"/a{suffix}"
    volumes, tree = opened(volume)
    assert content(volumes, tree, "/a#2") == data["./a#2"]
    with pytest.raises(Aff4Error, match="overwritten"):
        content(volumes, tree, "/a#1")


def test_missing_content() -> None:
    """A file whose content is not there is an error that names it, others are read."""
    volume = logical()
    volume.add_file("./gone", f"{V}//gone", None, size=5)
    volume.add_file("./here", f"{V}//here", b"here")
    volumes, tree = opened(volume)
    with pytest.raises(MissingStreamError) as caught:
        content(volumes, tree, "/gone")
    assert caught.value.segment == f"{V}//gone"
    assert content(volumes, tree, "/here") == b"here"


def test_size_that_differs() -> None:
    """A file with more or less content than recorded is noted."""
    volume = logical()
    volume.add_file("./a", f"{V}//a", b"data", size=5)
    volumes, tree = opened(volume)
    assert content(volumes, tree, "/a") == b"data"
    assert list(volumes.problems) == [f"{V}//a: 5 bytes were recorded, 4 are there"]


def test_names_without_original_name() -> None:
    """Without originalFileName the path comes from the URN."""
    volume = logical()
    urn = f"{V}/dir/caf%C3%A9.txt"
    volume.add_member(urn, "", b"data")
    volume.add_object(urn, ["FileImage"])
    volumes, tree = opened(volume)
    assert content(volumes, tree, "/dir/café.txt") == b"data"


def test_dialect_g() -> None:
    """Raw names, embedded content and sub streams of AFF4-L 1.0-ALPHA."""
    volume = logical()
    volume.add_object(
        "aff4://11111111-0000-0000-0000-000000000000",
        ["FileImage"],
        ("originalPathName", aff4.literal("/x/%FF.bin")),
        ("originalPathNameRaw", aff4.literal("L3gv/y5iaW4=")),
        ("dataStream", aff4.literal("ZGF0YQ==", "xsd:base64Binary")),
        ("alternateDataStream", aff4.iri("aff4://22222222-0")),
    )
    volume.add_object(
        "aff4://22222222-0", ["FileSubStream"], ("name", aff4.literal("Zone"))
    )
    volume.add_member("aff4://22222222-0", "", b"[ZoneTransfer]")
    volumes, tree = opened(volume)
    assert content(volumes, tree, "/x/\\xff.bin") == b"data"
    record = tree.nodes["/x/\\xff.bin"].record
    assert record is not None
    (sub_stream,) = sub_streams(record, volumes)
    assert sub_stream.name == "Zone"
    stream = volumes.open_stream(sub_stream.urn)
    assert support.read_all(stream) == b"[ZoneTransfer]"


def test_statements_in_any_order() -> None:
    """What is said of a file before its class is known is kept."""
    volume = logical()
    volume.add_member(f"{V}//a", "", b"data")
    volume.add_object(f"{V}//a", (), ("size", 4), ("other", aff4.literal("x")))
    first = volume.turtle()
    volume.objects.clear()
    volume.add_object(
        f"{V}//a", ["FileImage"], ("originalFileName", aff4.literal("./a"))
    )
    second = volume.turtle()
    volume.add_member(f"{V}//a", "", b"data")
    members = [m for m in volume.all_members() if m.name != "information.turtle"]
    text = (first + second).encode()
    data = aff4.write_zip([*members, aff4.Member("information.turtle", text)])
    (record,) = support.open_volume(data).files()
    assert (record.name, record.size) == ("./a", 4)
    assert record.extra is not None
    assert "other" in record.extra


def test_hostile_names_take_no_time() -> None:
    """Thousands of equal names, or a path of 50,000 folders, are no problem."""
    volume = logical()
    for number in range(5000):
        volume.add_file("./same", f"{V}/{number}", None, hashes=())
    volume.add_file("./" + "d/" * 50_000 + "deep", f"{V}/deep", b"deep")
    start = time.process_time()
    volumes, tree = opened(volume)
    check_tree_of = time.process_time() - start
    assert check_tree_of < 5
    assert len(list(tree.files())) == 5001
    assert content(volumes, tree, "/deep") == b"deep"
    assert any("more than 1000 folders" in problem for problem in tree.problems)
