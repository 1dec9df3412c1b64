"""Targets that are whole parsers: one damaged file among sound ones, through plaso.

The file is written into evidence in a temporary folder, and plaso's own extraction
worker runs over all of it with every parser of ours. A finding is what plaso reports as
an exception that nobody has caught, beside what the engine looks for. AFF4 volumes are
mounted by the dfVFS back-end, and all files in them are read.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory
from dfvfs.resolver import context, resolver
from plaso.parsers import manager

from telegram_forensics import parser_list
from tests.builders import apple_store, large_inputs
from tests.fuzz.targets import Target
from tests.helpers import REPOSITORY
from tests.parsers import support

_SIZE: Final = 4000
_SECONDS: Final = 20.0
_MAXIMUM: Final = 1 << 19
# What plaso says of an exception in a parser or plugin.
_UNCAUGHT: Final = (
    support.FAILURE,
    "unable to parse SQLite database with error",
    "unable to parse plist file with error",
)


class UncaughtError(Exception):
    """plaso has caught an exception of ours."""


def _large(name: str) -> Callable[[Path], None]:
    return lambda folder: large_inputs.MAKERS[name](folder, _SIZE)


def _desktop(folder: Path) -> None:
    target = folder / "Telegram Desktop" / "tdata"
    support.build(target, support.three_accounts())


def _macos(folder: Path) -> None:
    apple_store.make_macos(folder, rounds=1)


def _ios(folder: Path) -> None:
    apple_store.make_ios(folder, rounds=1)


def _binlog(folder: Path) -> None:
    large_inputs.sqlcipher_database(folder, _SIZE)


def _aff4(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(  # type: ignore[return-value]
        REPOSITORY / "test_data" / "aff4" / name, folder / name
    )


@dataclass(frozen=True)
class _Kind:
    """Evidence, and the files of it that are damaged, one at a time."""

    make: Callable[[Path], None]
    files: tuple[str, ...]


_KINDS: Final = {
    "desktop": _Kind(_desktop, ("key_datas", "maps", "D877F783D5D3EF8Cs", "settingss")),
    "desktop_cache": _Kind(_large("desktop_cache_index"), ("binlog",)),
    "desktop_log": _Kind(_large("desktop_log"), ("log.txt",)),
    "desktop_json": _Kind(_large("export_json"), ("result.json",)),
    "desktop_html": _Kind(_large("export_html"), ("messages.html",)),
    "android": _Kind(_large("android_value"), ("cache4.db",)),
    "android_preferences": _Kind(_large("android_preferences"), ("userconfing.xml",)),
    "ios": _Kind(
        _ios,
        (
            *("db_sqlite", "atomic-state", "lockState.json", "notificationsKey"),
            "critlog-*.txt",
        ),
    ),
    "macos": _Kind(_macos, ("db_sqlite", ".tempkeyEncrypted")),
    "tdlib": _Kind(_binlog, ("db.sqlite", "td.binlog")),
    "web_storage": _Kind(_large("local_storage"), ("000003.log",)),
    "web_state": _Kind(_large("web_state"), ("000003.log",)),
    "web_table": _Kind(_large("snappy_bomb"), ("000005.ldb",)),
    "web_cache": _Kind(_large("cache_storage"), ("*_0", "index.txt")),
    "firefox": _Kind(_large("firefox_bomb"), ("data.sqlite",)),
    "anydesk": _Kind(_large("anydesk_trace"), ("ad_svc.trace",)),
    "teamviewer": _Kind(_large("teamviewer_log"), ("TeamViewer15_Logfile.log",)),
    "aff4_logical": _Kind(_aff4("c_logical.aff4"), ("c_logical.aff4",)),
    "aff4_windows": _Kind(
        _aff4("py_logical_windows.aff4"), ("py_logical_windows.aff4",)
    ),
}


@dataclass(frozen=True)
class _Evidence:
    """Evidence on the disk, for as long as this process lives."""

    folder: Path
    file: Path
    content: bytes


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    # Kept by the cache: it goes with the process that made it.
    return tempfile.TemporaryDirectory(prefix="fuzz")


@functools.cache
def _evidence(kind: str, pattern: str) -> _Evidence:
    name = f"{kind} {pattern}".replace("*", "_")
    folder = Path(_temporary().name) / name
    folder.mkdir()
    _KINDS[kind].make(folder)
    file = min(folder.rglob(pattern))
    return _Evidence(folder, file, file.read_bytes())


@functools.cache
def _engine() -> support.Engine:
    # plaso's manager comes first: with it our parsers are registered.
    assert manager.ParsersManager
    names = [item.NAME for item in parser_list.PARSERS]
    names += [f"sqlite/{item.NAME}" for item in parser_list.SQLITE_PLUGINS]
    return support.Engine(",".join(names))


def _extract(kind: str, pattern: str) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        evidence = _evidence(kind, pattern)
        evidence.file.write_bytes(data)
        found = _engine().run([support.os_path_spec(evidence.folder)])
        for warning in found.warnings:
            if any(text in warning for text in _UNCAUGHT):
                raise UncaughtError(warning)

    return run


def _mount(kind: str, pattern: str) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        evidence = _evidence(kind, pattern)
        evidence.file.write_bytes(data)
        path_spec = factory.Factory.NewPathSpec(
            "AFF4L",
            location="/",
            parent=factory.Factory.NewPathSpec(
                dfvfs_definitions.TYPE_INDICATOR_OS, location=str(evidence.file)
            ),
        )
        opened = context.Context()
        root = resolver.Resolver.OpenFileEntry(path_spec, resolver_context=opened)
        waiting: list[Any] = [root] if root else []
        while waiting:
            entry = waiting.pop()
            waiting += list(entry.sub_file_entries)
            if not entry.IsFile():
                continue
            try:
                file_object = entry.GetFileObject()
                while file_object and file_object.read(1 << 16):
                    pass
            except (OSError, dfvfs_errors.Error):
                continue

    return run


def _targets() -> dict[str, Target]:
    found = {}
    for kind, item in _KINDS.items():
        for pattern in item.files:
            name = f"parsers.{kind}.{pattern.replace('*', '_')}"
            is_image = kind.startswith("aff4")
            found[name] = Target(
                name,
                (_mount if is_image else _extract)(kind, pattern),
                None,
                lambda arguments: None,
                (OSError, dfvfs_errors.Error) if is_image else (),
                _SECONDS,
                _MAXIMUM,
            )
    return found


PARSER_TARGETS: Final = _targets()
_PLACES: Final = {
    f"parsers.{kind}.{pattern.replace('*', '_')}": (kind, pattern)
    for kind, item in _KINDS.items()
    for pattern in item.files
}


def parser_seeds(name: str) -> list[bytes]:
    """The sound file of a target."""
    place = _PLACES.get(name)
    return [_evidence(*place).content] if place else []
