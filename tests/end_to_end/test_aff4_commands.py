"""The commands `telegram-forensics aff4 info` and `aff4 verify`."""

from __future__ import annotations

import hashlib
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from telegram_forensics.aff4 import second_opinion
from tests.builders import aff4
from tests.end_to_end import support
from tests.vfs import aff4_support

SAMPLES = aff4_support.SAMPLES
OUR_COMMAND = support.COMMANDS / "telegram-forensics"


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


def hashed_volume() -> aff4.AFF4Volume:
    """A volume with a map, block hashes and linear hashes."""
    data = aff4.pattern(20_000, seed=9)
    volume = aff4.AFF4Volume()
    volume.add_stream(
        aff4.STREAM,
        data,
        block_hashes=["md5", "sha1"],
        pairs=[("hash", aff4.hash_term("sha1", data))],
    )
    volume.add_map(aff4.MAP, [(0, 20_000, 0, 0)], [aff4.STREAM], size=20_480)
    volume.add_image(
        aff4.IMAGE, aff4.MAP, size=20_480, pairs=[("diskSerial", aff4.literal("S-77"))]
    )
    volume.add_map_hashes(aff4.MAP, aff4.STREAM, image=aff4.IMAGE)
    return volume


def aff4_command(
    *arguments: Any, folder: pathlib.Path
) -> subprocess.CompletedProcess[str]:
    """Runs `telegram-forensics aff4`."""
    return run_to_failure(OUR_COMMAND, "aff4", *arguments, folder=folder)


def test_info(tmp_path: pathlib.Path) -> None:
    """`aff4 info` names volume, image, stream, compression, gaps, hashes, device."""
    (tmp_path / "Диск 1.aff4").write_bytes(hashed_volume().build())
    result = aff4_command("info", "Диск 1.aff4", folder=tmp_path)
    assert result.returncode == 0
    for text in (
        aff4.VOLUME,
        aff4.IMAGE,
        aff4.MAP,
        aff4.STREAM,
        "20480 bytes",
        "zlib",
        "480 bytes in 1 gaps",
        "SHA1",
        "S-77",
    ):
        assert text in result.stdout
    result = aff4_command("info", SAMPLES / "py_logical_windows.aff4", folder=tmp_path)
    assert result.returncode == 0
    assert "Logical image" in result.stdout
    assert "files     5" in result.stdout
    result = aff4_command("info", SAMPLES / "py_encrypted.aff4", folder=tmp_path)
    assert result.returncode == 1
    assert "a password is needed" in result.stderr
    result = aff4_command(
        "info",
        "--password",
        "password",
        SAMPLES / "py_encrypted.aff4",
        folder=tmp_path,
    )
    assert result.returncode == 0
    assert "Logical image" in result.stdout


def test_verify(tmp_path: pathlib.Path) -> None:
    """`aff4 verify` ends with 0, 1 or 2: all match, one differs, none recorded."""
    volume = hashed_volume()
    path = tmp_path / "disk.aff4"
    path.write_bytes(volume.build())
    result = aff4_command("verify", path, folder=tmp_path)
    assert result.returncode == 0
    assert "0 differ, 0 unreadable" in result.stdout
    assert result.stdout.count("match ") >= 6

    volume.objects[aff4.STREAM].append(("aff4:hash", aff4.hash_term("md5", b"other")))
    path.write_bytes(volume.build())
    result = aff4_command("verify", path, folder=tmp_path)
    assert result.returncode == 1
    assert "1 differ, 0 unreadable" in result.stdout
    assert hashlib.md5(b"other").hexdigest() in result.stdout
    assert hashlib.md5(aff4.pattern(20_000, seed=9)).hexdigest() in result.stdout

    path.write_bytes(aff4_support.simple_volume())
    result = aff4_command("verify", path, folder=tmp_path)
    assert result.returncode == 2
    assert "nothing is verified" in result.stdout

    path.write_bytes(aff4_support.simple_volume()[:5000])
    result = aff4_command("verify", path, folder=tmp_path)
    assert result.returncode == 1
    assert "truncated" in result.stderr


def test_verify_unreadable(tmp_path: pathlib.Path) -> None:
    """A missing bevy makes its hashes unreadable: never a match."""
    volume = hashed_volume()
    del volume.members[volume.member_name(aff4.STREAM, "/00000003")]
    path = tmp_path / "disk.aff4"
    path.write_bytes(volume.build())
    result = aff4_command("verify", path, folder=tmp_path)
    assert result.returncode == 1
    assert "UNREADABLE" in result.stdout
    assert "00000003" in result.stdout


def test_missing_file(tmp_path: pathlib.Path) -> None:
    """No such file, no AFF4 volume: one line each, status 1."""
    (tmp_path / "text.aff4").write_text("no volume")
    for name, reason in (("none.aff4", "No such file"), ("text.aff4", "text.aff4")):
        for command in ("info", "verify"):
            result = aff4_command(command, name, folder=tmp_path)
            assert result.returncode == 1
            assert reason in result.stderr
            assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(not second_opinion.is_installed(), reason="pyaff4 is not installed")
def test_verify_with_pyaff4(tmp_path: pathlib.Path) -> None:
    """pyaff4 reads the same bytes; where it reads others the status is 1."""
    result = aff4_command(
        "verify", SAMPLES / "py_map_symbolic.aff4", "--with", "pyaff4", folder=tmp_path
    )
    # pyaff4 ignores the size of the map and stops before its last gap.
    assert "THE READERS DIFFER." in result.stdout
    assert result.returncode == 1
    data = aff4.pattern(200_000, seed=9)
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, data, chunk_size=32768, chunks_in_segment=1024)
    volume.add_map(aff4.MAP, [(0, 200_000, 0, 0)], [aff4.STREAM], size=200_000)
    volume.add_image(aff4.IMAGE, aff4.MAP, size=200_000)
    path = tmp_path / "disk.aff4"
    path.write_bytes(volume.build(form="pyaff4"))
    result = aff4_command("verify", path, "--with", "pyaff4", folder=tmp_path)
    assert "Both readers agree." in result.stdout
    assert result.stdout.count(hashlib.sha1(data).hexdigest()) == 2
    assert result.returncode == 0


def test_pyaff4_is_absent(tmp_path: pathlib.Path) -> None:
    """Without pyaff4 the command says how to add it."""
    path = tmp_path / "disk.aff4"
    path.write_bytes(hashed_volume().build())
    blocker = (
        "import sys\n"
        "sys.modules['pyaff4'] = None\n"
        "from telegram_forensics import cli\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    command = (sys.executable, "-c", blocker, "aff4", "verify", path)
    result = run_to_failure(*command, folder=tmp_path)
    assert result.returncode == 0
    result = run_to_failure(*command, "--with", "pyaff4", folder=tmp_path)
    assert result.returncode == 1
    assert "pyaff4 is not installed" in result.stderr
    assert "pip install --no-deps pyaff4" in result.stderr
