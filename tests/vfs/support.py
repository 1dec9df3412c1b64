"""Mounts TDATA file systems, and decrypts without the library."""

from __future__ import annotations

import hashlib
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from Crypto.Cipher import AES
from dfvfs.path import factory
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver

from telegram_forensics.formats import tdesktop_key_file
from tests.builders import tdata
from tests.parsers import support

new_path_spec = factory.Factory.NewPathSpec


def tdata_path_spec(key_file: Any, location: str = "/", **properties: Any) -> Any:
    """Path specification in the storage that is mounted on a key file."""
    return new_path_spec("TDATA", location=location, parent=key_file, **properties)


def os_file(path: Path) -> Any:
    """Path specification of a file of this computer."""
    return support.os_path_spec(path)


def tar_file(folder: Path, name: str) -> Any:
    """Packs the folder into a tar and gives the path specification of a file in it."""
    archive = folder.parent / f"{folder.name}.tar"
    if not archive.exists():
        with tarfile.open(archive, "w") as tar:
            tar.add(folder, arcname=folder.name)
    return new_path_spec(
        "TAR", location=f"/{folder.name}/{name}", parent=os_file(archive)
    )


def image_file(image: str, location: str) -> Any:
    """Path specification of a file in one of the committed images.

    Args:
        image: "linux" or "windows".
        location: with "/" as separator.
    """
    parent = new_path_spec(
        "EWF", parent=os_file(support.ROOT / "test_data" / f"{image}_telegram.E01")
    )
    if image == "linux":
        return new_path_spec("EXT", location=location, parent=parent)
    parent = new_path_spec("GPT", location="/p1", parent=parent)
    return new_path_spec("NTFS", location=location.replace("/", "\\"), parent=parent)


def mount(key_file: Any, **properties: Any) -> Any:
    """Opens the storage that is mounted on a key file, in a fresh context."""
    return resolver.Resolver.OpenFileSystem(
        tdata_path_spec(key_file, **properties),
        resolver_context=resolver_context.Context(),
    )


def all_entries(file_system: Any) -> dict[str, Any]:
    """Every file entry below the root, by location, as a walk finds them."""
    found: dict[str, Any] = {}

    def walk(file_entry: Any) -> None:
        for sub_file_entry in file_entry.sub_file_entries:
            location = sub_file_entry.path_spec.location
            assert location not in found
            found[location] = sub_file_entry
            walk(sub_file_entry)

    walk(file_system.GetRootFileEntry())
    return found


def files(file_system: Any) -> list[str]:
    """Locations of all files, sorted."""
    return sorted(
        location
        for location, file_entry in all_entries(file_system).items()
        if file_entry.IsFile()
    )


def read(file_system: Any, location: str) -> bytes:
    """Reads a file the way other tools do."""
    file_entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    return file_entry.GetFileObject().read()


def read_raw(path_spec: Any) -> bytes:
    """Reads a file of the evidence."""
    context = resolver_context.Context()
    return resolver.Resolver.OpenFileObject(path_spec, resolver_context=context).read()


def forget_derived_keys() -> None:
    """Empties the process-wide cache of passcode trials."""
    tdesktop_key_file._unwrap.cache_clear()
    tdesktop_key_file._unwrap_legacy.cache_clear()
    tdesktop_key_file._unwrap_kd2.cache_clear()


class DerivationCounter:
    """Stands in for hashlib.pbkdf2_hmac and counts the derivations by hash name."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._original: Callable[..., bytes] = hashlib.pbkdf2_hmac

    def __call__(self, name: str, *arguments: Any, **named: Any) -> bytes:
        self.calls.append(name)
        return self._original(name, *arguments, **named)


# Decryption that shares no code with the library.


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(left, right, strict=True))


def decrypt(blob: bytes, key: bytes) -> bytes:
    """Decrypts a blob with the builder's key schedule."""
    message_key, ciphertext = blob[:16], blob[16:]
    aes_key, vector = tdata.local_aes_key(message_key, key)
    cipher = AES.new(aes_key, AES.MODE_ECB)
    last_cipher, last_plain = vector[:16], vector[16:]
    plain = b""
    for offset in range(0, len(ciphertext), 16):
        block = ciphertext[offset : offset + 16]
        last_plain = _xor(cipher.decrypt(_xor(block, last_plain)), last_cipher)
        last_cipher = block
        plain += last_plain
    assert hashlib.sha1(plain).digest()[:16] == message_key
    (length,) = struct.unpack_from("<I", plain)
    return plain[4:length]


def decrypt_file(data: bytes, key: bytes) -> bytes:
    """Decrypts a whole file: its last record is the encrypted one."""
    offset, end = 8, len(data) - 16
    record = b""
    while offset < end:
        (size,) = struct.unpack_from(">I", data, offset)
        size = 0 if size == 0xFFFFFFFF else size
        record = data[offset + 4 : offset + 4 + size]
        offset += 4 + size
    return decrypt(record, key)


def decrypt_settings(data: bytes) -> bytes:
    """Decrypts a settings file."""
    return decrypt_file(data, tdata.legacy_passcode_key("", data[12:44]))
