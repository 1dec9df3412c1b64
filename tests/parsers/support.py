"""Runs our parsers the way plaso does, and finds the samples.

`extract` is plaso's single process extraction engine in small: the stock extraction
worker with a fake storage writer, fed with the event sources that it produces itself,
until there are none left. No parser is ever called directly.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import struct
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.path import factory
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver
from plaso.containers import event_sources
from plaso.engine import configurations, worker
from plaso.parsers import mediator as parsers_mediator
from plaso.storage.fake import writer as fake_writer

from telegram_forensics.vfs import passcodes as passcode_file
from tests.builders import tdata

ROOT = Path(__file__).resolve().parents[2]
PARSERS = "telegram_desktop,telegram_desktop_damaged"
FAILURE = "unable to process path specification"
LOCAL_KEY = tdata.made_up_key("local")
VERSION = 4006005
HASHES = [tdata.account_hash(tdata.account_data_name(index)) for index in range(6)]


class Extraction(NamedTuple):
    """What came out of a run.

    Attributes:
        event_data: all event data, in the order in which they were produced.
        warnings: texts of all extraction and recovery warnings.
        sources: path specifications of the event sources that were produced.
    """

    event_data: list[Any]
    warnings: list[str]
    sources: list[Any]

    def of_type(self, data_type: str) -> list[Any]:
        """Event data of one data type."""
        return [item for item in self.event_data if item.data_type == data_type]

    @property
    def sessions(self) -> list[Any]:
        """Event data of sessions."""
        return self.of_type("telegram:session")

    @property
    def accounts(self) -> list[Any]:
        """Event data of accounts."""
        return self.of_type("telegram:account")

    @property
    def session_ids(self) -> set[tuple[str | None, str | None]]:
        """Account and session identifier of every session."""
        return {
            (item.account_identifier, item.session_identifier) for item in self.sessions
        }

    def settings(self, name: str) -> list[str]:
        """Values of a setting."""
        return [
            item.setting_value
            for item in self.of_type("telegram:setting")
            if item.setting_name == name
        ]

    @property
    def nested(self) -> list[str]:
        """Locations of the decrypted files that were handed to plaso."""
        return [spec.location for spec in self.sources if is_nested(spec)]


def is_nested(path_spec: Any) -> bool:
    """True for a path specification of a decrypted file."""
    return path_spec.type_indicator == "TDATA"


def os_path_spec(path: Path | str) -> Any:
    """Path specification of a file of this computer."""
    return factory.Factory.NewPathSpec(
        dfvfs_definitions.TYPE_INDICATOR_OS, location=str(path)
    )


@contextlib.contextmanager
def given_passcodes(candidates: list[str] | None) -> Iterator[None]:
    """Names a passcode file in the environment, as log2timeline's option does."""
    variable = passcode_file.PASSCODES_VARIABLE
    before = os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory() as folder:
        if candidates is not None:
            path = Path(folder) / "passcodes.txt"
            path.write_text("\n".join(candidates) + "\n", encoding="utf-8")
            os.environ[variable] = str(path)
        try:
            yield
        finally:
            os.environ.pop(variable, None)
            if before is not None:
                os.environ[variable] = before


class Engine:
    """A stock extraction worker that can be used for many runs."""

    def __init__(self, parsers: str = PARSERS, hashers: str = "sha256") -> None:
        configuration = configurations.ExtractionConfiguration()
        configuration.hasher_names_string = hashers
        self._worker = worker.EventExtractionWorker(parser_filter_expression=parsers)
        self._worker.SetExtractionConfiguration(configuration)

    def run(self, path_specs: list[Any], *, nested: bool = True) -> Extraction:
        """Processes path specifications and the event sources that come of them.

        Args:
            path_specs: where to start.
            nested: False to leave the decrypted files out.
        """
        writer = fake_writer.FakeStorageWriter()
        writer.Open()
        mediator = parsers_mediator.ParserMediator(
            resolver_context=resolver_context.Context()
        )
        mediator.SetStorageWriter(writer)
        for path_spec in path_specs:
            mediator.ProduceEventSource(event_sources.EventSource(path_spec=path_spec))
        # The engine keeps file systems open, too: the context only has weak references.
        file_systems: dict[int, Any] = {}
        sources = []
        source = writer.GetFirstWrittenEventSource()
        while source:
            sources.append(source.path_spec)
            if nested or not is_nested(source.path_spec):
                self._process(mediator, source.path_spec, file_systems)
            source = writer.GetNextWrittenEventSource()
        warnings = [
            warning.message
            for kind in ("extraction_warning", "recovery_warning")
            for warning in writer.GetAttributeContainers(kind)
        ]
        event_data = list(writer.GetAttributeContainers("event_data"))
        writer.Close()
        return Extraction(event_data, warnings, sources[len(path_specs) :])

    def _process(
        self, mediator: Any, path_spec: Any, file_systems: dict[int, Any]
    ) -> None:
        # As plaso.single_process.extraction_engine does it, warning text included.
        try:
            file_entry = resolver.Resolver.OpenFileEntry(
                path_spec, resolver_context=mediator.resolver_context
            )
            assert file_entry is not None, f"no such file: {path_spec.comparable}"
            file_system = file_entry.GetFileSystem()
            file_systems[id(file_system)] = file_system
            self._worker.ProcessFileEntry(mediator, file_entry)
        except Exception as exception:  # noqa: BLE001
            mediator.ProduceWarning(f"{FAILURE} with error: {exception}", path_spec)


def extract(
    source: Path | Any,
    passcodes: list[str] | None = None,
    *,
    parsers: str = PARSERS,
) -> Extraction:
    """Processes a folder, or what a path specification names, with all below it."""
    path_spec = os_path_spec(source) if isinstance(source, Path) else source
    with given_passcodes(passcodes):
        return Engine(parsers).run([path_spec])


# Samples.


def sample_folder(name: str) -> Path:
    """Folder of a sample; skips the test where it is not there."""
    for base in (
        ROOT / "test_data" / "samples",
        ROOT.parent / "shared" / "samples" / "tdata",
    ):
        if (base / name / "truth.json").is_file():
            return base / name
    pytest.skip(f"sample {name} is not here")


def truth(name: str) -> dict[str, Any]:
    """Ground truth of a sample."""
    return json.loads((sample_folder(name) / "truth.json").read_text("utf-8"))


def unpack_sample(name: str, folder: Path) -> Path:
    """Unpacks a sample.

    Returns:
        Its tdata folder, as the client left it.
    """
    (archive,) = sample_folder(name).glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    found = [path for path in folder.rglob("tdata") if "before" not in path.parts]
    (tdata_folder,) = found
    return tdata_folder


def auth_keys(account: dict[str, Any]) -> dict[int, bytes]:
    """Authorization keys of an account of a truth.json: data center -> key."""
    return {
        int(data_center): bytes.fromhex(
            value if isinstance(value, str) else value["key_hex"]
        )
        for data_center, value in account["auth_keys"].items()
    }


# Made profiles and independent computations.


def three_accounts() -> list[tdata.BuiltAccount]:
    """Three accounts: wide id with two keys, one below 2^32, one to be destroyed."""
    return [
        tdata.BuiltAccount(
            0,
            5123456789,
            4,
            {2: tdata.made_up_key(2), 4: tdata.made_up_key(4)},
            first_name="Ann",
            last_name="Lee",
            phone="491701234567",
            username="annlee",
            about="bio of Ann",
        ),
        tdata.BuiltAccount(
            1,
            640011223,
            2,
            {2: tdata.made_up_key(12)},
            {2: tdata.made_up_key(99)},
            first_name="Bob",
            phone="4915700000001",
            drafts=[(777000, "not sent")],
        ),
        tdata.BuiltAccount(
            2,
            1370042042,
            5,
            {5: tdata.made_up_key(25)},
            first_name="ゾエ",
            username="zoe_fox",
        ),
    ]


def build(folder: Path, accounts: list[tdata.BuiltAccount], **options: Any) -> Path:
    """Writes a profile with a local key that the test knows."""
    tdata.build_tdata(
        folder, accounts, local_key=LOCAL_KEY, rng=random.Random(8), **options
    )
    return folder


def one_account(**changes: Any) -> tdata.BuiltAccount:
    """An account that every layout can hold."""
    account = tdata.BuiltAccount(
        0,
        640011223,
        2,
        {2: tdata.made_up_key(12), 4: tdata.made_up_key(14)},
        first_name="Bob",
        last_name="Baum",
        phone="4915700000001",
    )
    for name, value in changes.items():
        setattr(account, name, value)
    return account


def encrypted(plain: bytes, version: int = VERSION) -> bytes:
    """A data file of the profile."""
    return tdata.tdf([tdata.encrypt_local(plain, LOCAL_KEY)], version)


def expected_ids(
    accounts: list[tdata.BuiltAccount],
) -> set[tuple[str | None, str | None]]:
    """Account and session identifier of accounts."""
    return {
        (
            str(account.user_id),
            tdata.session_identifier(account.auth_keys[account.main_dc]),
        )
        for account in accounts
    }


def recovery_line(key_file: bytes, prefix: str = "$telegram$2*100000") -> str:
    """Line for hashcat, cut out of a key file with nothing but slices."""
    return f"{prefix}*{key_file[12:44].hex()}*{key_file[48:336].hex()}"


def rewrap(data: bytes) -> bytes:
    """Gives a changed TDF$ file the MD5 that fits it."""
    payload, version = data[8:-16], data[4:8]
    tail = payload + struct.pack("<i", len(payload)) + version + b"TDF$"
    return data[:-16] + hashlib.md5(tail).digest()


def change_salt_of_md5(data: bytes) -> bytes:
    """Breaks the MD5 of a TDF$ file and nothing else."""
    return data[:-1] + bytes([data[-1] ^ 0xFF])
