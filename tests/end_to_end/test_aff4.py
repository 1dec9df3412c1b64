"""Stock log2timeline, image_export, pinfo and psort over AFF4; our aff4 commands."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import pathlib
import shutil
import subprocess
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from dfdatetime import serializer
from plaso.storage import factory as storage_factory

from tests.builders import aff4
from tests.end_to_end import support
from tests.vfs import aff4_support

PASSCODES = ("--telegram_passcodes", support.TEST_DATA / "passcodes.txt")
QUIET = ("--quiet", "--unattended", "--status_view", "none")
SAMPLES = aff4_support.SAMPLES
FOLDER = "Улики № 7/Zoë's disk"
SECOND_IMAGE = "aff4://0a9b2f3c-1111-4222-8333-444455556666"
SECOND_STREAM = "aff4://0a9b2f3c-1111-4222-8333-444455557777"


def run_all(
    sources: Mapping[str, str | pathlib.Path],
    folder: pathlib.Path,
    *options: Any,
    single: Collection[str] = (),
) -> dict[str, pathlib.Path]:
    """Runs log2timeline over several sources at the same time; gives storage files.

    A source may be relative to a folder of its name, which is the working folder.
    Those named in `single` are processed by one process, the others by two workers.
    """

    def run(name: str) -> pathlib.Path:
        own = folder / name
        own.mkdir(exist_ok=True)
        workers = ["--single_process"] if name in single else ["--workers", "2"]
        result = log2timeline(pathlib.Path(sources[name]), own, *workers, *options)
        assert result.returncode == 0, result.stdout + result.stderr
        return own / "case.plaso"

    # log2timeline spends most of its time waiting for its workers.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(sources, pool.map(run, sources), strict=True))


def run_to_failure(
    *arguments: Any, folder: pathlib.Path
) -> subprocess.CompletedProcess[str]:
    """Runs a command that may fail, but never with a traceback."""
    result = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in result.stdout + result.stderr
    return result


def log2timeline(
    source: pathlib.Path, folder: pathlib.Path, *options: Any
) -> subprocess.CompletedProcess[str]:
    """Runs log2timeline where it may fail; its log is in log2timeline.log."""
    return run_to_failure(
        support.COMMANDS / "log2timeline",
        *QUIET,
        "--logfile",
        folder / "log2timeline.log",
        *options,
        "--storage-file",
        folder / "case.plaso",
        source,
        folder=folder,
    )


def stored_events(storage: pathlib.Path) -> list[str]:
    """All events with all that is stored of them, but for the path of the image."""
    reader = storage_factory.StorageFactory.CreateStorageReaderForFile(str(storage))
    found = []
    for event in reader.GetSortedEvents():
        event_data = reader.GetAttributeContainerByIdentifier(
            "event_data", event.GetEventDataIdentifier()
        )
        stream_identifier = event_data.GetEventDataStreamIdentifier()
        stream = stream_identifier and reader.GetAttributeContainerByIdentifier(
            "event_data_stream", stream_identifier
        )
        record = [
            (event.timestamp, event.timestamp_desc),
            event_data.data_type,
            sorted(
                (name, value if isinstance(value, (list, str)) else plain(value))
                for name, value in event_data.GetAttributes()
                if not name.startswith("_")
            ),
            stream and (stream.sha256_hash, chain(stream.path_spec)),
        ]
        found.append(json.dumps(record, ensure_ascii=False))
    reader.Close()
    return sorted(found)


def plain(value: Any) -> Any:
    """A value of an event as text; a date and time with its zone and precision."""
    if hasattr(value, "CopyToSerializableDict"):
        return repr(serializer.Serializer.ConvertDateTimeValuesToDict(value))
    return repr(value)


def chain(path_spec: Any) -> list[str]:
    """The parts of a path specification inside the image."""
    found = []
    while path_spec and path_spec.type_indicator not in ("AFF4", "EWF", "OS", "RAW"):
        found.append(path_spec.comparable.splitlines()[-1])
        path_spec = path_spec.parent
    return found


def write_disk(name: str, folder: pathlib.Path) -> dict[str, str | pathlib.Path]:
    """A committed disk in several forms: name -> path, some relative."""
    data = aff4_support.read_e01(aff4_support.DISKS[name])
    striped = list(aff4_support.stripes(data))
    contents = {
        "raw": {"disk.raw": data},
        "zlib": {"disk.aff4": aff4_support.one_stream(data, "zlib")},
        "snappy": {"disk.aff4": aff4_support.one_stream(data, "snappy")},
        "lz4": {"disk.aff4": aff4_support.one_stream(data, "lz4")},
        "stored": {"disk.aff4": aff4_support.one_stream(data, "stored")},
        "gaps": {"disk.aff4": aff4_support.map_with_gaps(data, 4096)},
        "striped": {"Teil 1.aff4": striped[0], "Teil 2.aff4": striped[1]},
    }
    paths: dict[str, str | pathlib.Path] = {
        "E01": support.TEST_DATA / aff4_support.DISKS[name]
    }
    for form, files in contents.items():
        # Relative to the working folder of that run, for two of them.
        target = folder / form / FOLDER
        target.mkdir(parents=True)
        for file_name, content in files.items():
            (target / file_name).write_bytes(content)
        first = min(files)
        is_relative = form in ("zlib", "striped")
        paths[form] = f"{FOLDER}/{first}" if is_relative else target / first
    return paths


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("ntfs", ("raw", "E01", "zlib", "snappy", "lz4", "stored", "gaps", "striped")),
        ("ext4", ("raw", "gaps")),
    ],
)
def test_same_events(name: str, forms: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    """Raw, E01 and every form of AFF4 give the same events and no warning.

    The AFF4 images lie in a folder with spaces and Unicode; those of zlib and the
    striped one are given by relative path.
    """
    paths = write_disk(name, tmp_path)
    storages = run_all(
        {form: paths[form] for form in forms},
        tmp_path,
        *PASSCODES,
        single=("raw", "E01", "snappy", "lz4", "stored"),
    )
    expected = stored_events(storages["raw"])
    assert len(expected) > 500
    for form, storage in storages.items():
        assert stored_events(storage) == expected, form
        assert support.warnings(storage, tmp_path) == []

    # The storage files open in the other tools.
    storage = storages["gaps"]
    events = support.read_events(storage, storage.parent)
    sessions = support.Timeline(storage, events, "").of_type("telegram:session")
    assert {
        account["session_identifier"]
        for tdata in support.GROUND_TRUTH[aff4_support.DISKS[name]]["tdata"]
        for account in tdata["accounts"]
    } == {event.get("session_identifier") for event in sessions} - {None}
    assert any(event["display_name"].startswith("TDATA:") for event in events)
    result = support.run(support.COMMANDS / "pinfo", storage, folder=tmp_path)
    assert "telegram:session" in result.stdout


# Logical images.

TIMES = {
    "birthTime": "2021-05-06T06:51:29.123456+03:00",
    "lastWritten": "2021-05-06T07:08:09.5-09:30",
    "lastAccessed": "2021-05-06T07:24:49Z",
    "recordChanged": "2021-05-06T08:00:00",
}
# The last one without a zone, read as time of Berlin in summer.
TIMESTAMPS = {
    "Creation Time": 1620273089123456,
    "Content Modification Time": 1620319089500000,
    "Last Access Time": 1620285889000000,
    "Metadata Modification Time": 1620280800000000,
}


def logical_image() -> tuple[bytes, dict[str, bytes]]:
    """A logical image and its files."""
    volume = aff4.AFF4Volume(dialect="C")
    contents = {
        "/C:/Users/Zoë/note 1.txt": b"first note",
        "/server/share$/отчёт.txt": b"report",
        "/home/big.bin": aff4.pattern(100_000, seed=3),
    }
    names = (
        "C:\\Users\\Zoë\\note 1.txt",
        "\\\\server\\share$\\отчёт.txt",
        "./home/big.bin",
    )
    for number, (name, data) in enumerate(zip(names, contents.values(), strict=True)):
        urn = f"aff4://00000000-0000-4000-8000-{number:012d}"
        volume.add_file(name, urn, data, deflated=number == 2, times=TIMES)
    return volume.build(form="pyaff4"), contents


@pytest.mark.slow
def test_logical_image(tmp_path: pathlib.Path) -> None:
    """Files of a logical image have their stat events, to the microsecond, and hashes.

    The image is given by a relative path with spaces and Unicode.
    """
    folder = tmp_path / "run" / FOLDER
    folder.mkdir(parents=True)
    data, contents = logical_image()
    (folder / "logical.aff4").write_bytes(data)
    timeline = support.make_timeline(
        pathlib.Path(FOLDER, "logical.aff4"),
        tmp_path / "run",
        "--workers",
        "2",
        "--timezone",
        "Europe/Berlin",
    )
    for location, content in contents.items():
        found = {
            event["timestamp_desc"]: event["timestamp"]
            for event in timeline.events
            if event["filename"] == location and event["data_type"] == "fs:stat"
        }
        assert found == TIMESTAMPS
        (digest,) = {
            event["sha256_hash"]
            for event in timeline.events
            if event["filename"] == location
        }
        assert digest == hashlib.sha256(content).hexdigest()
    assert {
        event["display_name"]
        for event in timeline.events
        if event["display_name"].endswith(".txt")
    } == {f"AFF4L:{location}" for location in contents if location.endswith(".txt")}
    assert support.warnings(timeline.storage, tmp_path) == []


# image_export.


def image_export(
    source: str | pathlib.Path, folder: pathlib.Path, *options: Any
) -> Any:
    """Runs image_export; gives path -> SHA-256 of what it wrote."""
    target = folder / "exported"
    support.run(
        support.COMMANDS / "image_export",
        *QUIET[:2],
        "--logfile",
        folder / "image_export.log",
        "--partitions",
        "all",
        "--write",
        target,
        *options,
        source,
        folder=folder,
    )
    found = {
        f"/{path.relative_to(target).as_posix()}": hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in target.rglob("*")
        if path.is_file() and path.name != "hashes.json"
    }
    shutil.rmtree(target)
    return found


@pytest.mark.slow
def test_image_export(tmp_path: pathlib.Path) -> None:
    """Exported files are those of the ground truth, from E01 and from AFF4."""
    data = aff4_support.read_e01(aff4_support.DISKS["ext4"])
    truth = support.GROUND_TRUTH[aff4_support.DISKS["ext4"]]["files"]
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "disk.aff4").write_bytes(aff4_support.map_with_gaps(data, 4096))
    expected = {path: item["sha256"] for path, item in truth.items()}
    names = ("hostname", "map0", "map1")
    assert image_export(
        f"{FOLDER}/disk.aff4", tmp_path, "--names", ",".join(names)
    ) == {
        path: digest
        for path, digest in expected.items()
        if path.rpartition("/")[2] in names
    }


@pytest.mark.slow
def test_image_export_of_a_logical_image(tmp_path: pathlib.Path) -> None:
    """The files of a logical image are written out with their paths."""
    data, contents = logical_image()
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "logical.aff4").write_bytes(data)
    # image_export writes "_" for what some file systems do not allow in names.
    expected = {
        location.replace(":", "_").replace("$", "_"): hashlib.sha256(
            content
        ).hexdigest()
        for location, content in contents.items()
        if location.endswith(".txt")
    }
    source = folder / "logical.aff4"
    assert image_export(source, tmp_path, "--extensions", "txt") == expected


# Encrypted volumes and volumes with several images.


@pytest.mark.slow
def test_encrypted_volume(tmp_path: pathlib.Path) -> None:
    """With --credential the files inside are processed, by the workers, too."""
    timeline = support.make_timeline(
        SAMPLES / "py_encrypted.aff4",
        tmp_path,
        "--workers",
        "2",
        "--credential",
        "password:password",
    )
    digests = {event["filename"]: event.get("sha256_hash") for event in timeline.events}
    assert digests["/note.txt"] == (
        hashlib.sha256(b"secret of the sample\n").hexdigest()
    )
    assert "/dir/data.bin" in digests
    assert support.warnings(timeline.storage, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "a password is needed"),
        (("--credential", "password:wrong"), "the password is wrong"),
    ],
)
def test_locked_volume(
    options: tuple[str, ...], reason: str, tmp_path: pathlib.Path
) -> None:
    """Without the password the tool stops, and the log says what is needed."""
    result = log2timeline(SAMPLES / "py_encrypted.aff4", tmp_path, *options)
    assert result.returncode != 0
    assert "Encrypted volume" in result.stdout + result.stderr
    log = (tmp_path / "log2timeline.log").read_text(encoding="utf-8")
    assert f"py_encrypted.aff4: encrypted AFF4 volume: {reason}" in log


def two_images() -> bytes:
    """A volume with the ext4 and the NTFS disk."""
    volume = aff4.AFF4Volume()
    for image, stream, name in (
        (aff4.IMAGE, aff4.STREAM, "ext4"),
        (SECOND_IMAGE, SECOND_STREAM, "ntfs"),
    ):
        data = aff4_support.read_e01(aff4_support.DISKS[name])
        volume.add_stream(
            stream, data, chunk_size=aff4_support.CHUNK, chunks_in_segment=64
        )
        volume.add_image(image, stream)
    return volume.build()


@pytest.mark.slow
def test_several_images(tmp_path: pathlib.Path) -> None:
    """All images are processed; --volumes selects."""
    path = tmp_path / "two.aff4"
    path.write_bytes(two_images())
    ways: dict[str, tuple[str, ...]] = {"all": (), "second": ("--volumes", "2")}

    found = {}
    for way, options in ways.items():
        own = tmp_path / way
        own.mkdir()
        fast = ("--single_process", "--parsers", "filestat")
        assert log2timeline(path, own, *fast, *options).returncode == 0
        events = stored_events(own / "case.plaso")
        found[way] = {
            name
            for name in ("EXT", "NTFS")
            if any(f'["file_system_type", "{name}"]' in event for event in events)
        }
    assert found == {
        "all": {"EXT", "NTFS"},
        "second": {"NTFS"},
    }


# Damage.


def damaged() -> dict[str, tuple[bytes, str]]:
    """Volumes that cannot be processed, with what the tools must say."""
    data = aff4_support.read_e01(aff4_support.DISKS["ext4"])
    whole = aff4_support.one_stream(data, "zlib")
    return {
        "truncated": (whole[: len(whole) // 2], "truncated"),
        "one stripe": (next(aff4_support.stripes(data)), aff4.STRIPE_VOLUMES[1]),
        "certificate": (aff4_support.certificate_only(), "CN=Evidence Officer 7"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["truncated", "one stripe", "certificate"])
def test_damaged_volume(name: str, tmp_path: pathlib.Path) -> None:
    """The tools end with the reason, naming file or stream; no traceback."""
    content, reason = damaged()[name]
    path = tmp_path / "damaged.aff4"
    path.write_bytes(content)
    result = log2timeline(path, tmp_path, "--single_process")
    assert result.returncode != 0
    assert reason in result.stdout + result.stderr
    assert "Unable to scan source" in result.stdout + result.stderr


@pytest.mark.slow
def test_missing_bevy(tmp_path: pathlib.Path) -> None:
    """What lies in the lost part gives warnings; everything else is processed."""
    data = aff4_support.read_e01(aff4_support.DISKS["ext4"])
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, data, chunk_size=1024, chunks_in_segment=1)
    volume.add_image(aff4.IMAGE, aff4.STREAM)
    home = "/home/marta/.local/share/TelegramDesktop/tdata"
    victim = data.index(data_of(f"{home}/key_datas")) // 1024
    assert data.index(data_of(f"{home}/settingss")) // 1024 != victim
    del volume.members[volume.member_name(aff4.STREAM, f"/{victim:08d}")]
    path = tmp_path / "damaged.aff4"
    path.write_bytes(volume.build())
    timeline = support.make_timeline(path, tmp_path, "--single_process")
    warnings = support.warnings(timeline.storage, tmp_path)
    assert any(f"{victim:08d}" in text for text in warnings)
    hashes = {
        event["filename"]: event.get("sha256_hash")
        for event in timeline.events
        if event["data_type"] == "fs:stat"
    }
    truth = support.GROUND_TRUTH[aff4_support.DISKS["ext4"]]["files"]
    lost = {path for path, item in truth.items() if hashes.get(path) != item["sha256"]}
    # Two files of the disk have this content; the first one in the image is hit.
    assert len(lost) == 1
    assert lost <= {f"{home}/key_datas", f"{home.replace('marta', 'guest7')}/key_datas"}
    assert not hashes.get(lost.pop()), "no hash of something else"


def data_of(location: str) -> bytes:
    """Content of a file of the ext4 disk."""
    image = aff4_support.new_path_spec(
        "EWF",
        parent=aff4_support.os_file(support.TEST_DATA / aff4_support.DISKS["ext4"]),
    )
    path_spec = aff4_support.new_path_spec("EXT", location=location, parent=image)
    data: bytes = aff4_support.open_file(path_spec).read()
    return data
