"""Writes tdata folders of Telegram Desktop, from 0.5.0 to 7.3.

This is a second implementation of the format, made from its description only: it does
not import the library, so that a mistake of the reader cannot hide in the writer. Its
output is compared with known answers in test_tdata_builder.py, and what it writes was
opened by the real client.

The usual way in is `build_tdata`; the parts that it is made of can be used alone:

    padding = zero_padding
    blob = encrypt_local(authorization(account), local_key, padding)
    (folder / "D877F783D5D3EF8Cs").write_bytes(tdf([blob], 4006005))
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import argon2.low_level
from Crypto.Cipher import AES

Padding = Callable[[int], bytes]

LAYOUTS = ("modern", "seven_three", "legacy_map", "mtp_old_blocks", "oldest")

# The version that a layout is written with when the caller names none.
DEFAULT_VERSIONS = {
    "modern": 4006005,
    "seven_three": 7003001,
    "legacy_map": 2001013,
    "mtp_old_blocks": 1000014,
    "oldest": 7018,
}

# First versions of some changes.
_VERSION_FIRST_MAP = 6012
_VERSION_MTP_BLOB = 1000015
_VERSION_SELF_RECORD = 1003017
_VERSION_ONE_SUFFIX = 1009017
_VERSION_WIDE_PEERS = 2007002

_BLOCK_KEY = 0x00
_BLOCK_USER = 0x01
_BLOCK_SEND_KEY = 0x05
_BLOCK_AUTO_START = 0x06
_BLOCK_LAST_UPDATE_CHECK = 0x0D
_BLOCK_PHONE = 0x19
_BLOCK_DIALOG_LAST_PATH = 0x23
_BLOCK_MTP_AUTHORIZATION = 0x4B
_BLOCK_ENCRYPTED_WITH_SALT = 333
_BLOCK_ENCRYPTED = 444
_BLOCK_VERSION = 666

_MAP_DRAFTS = 0x01
_MAP_SELF = 0x15

_KEY_FILE_MAGIC = 0x4B443200
_KDF_ARGON2ID = 1
_KDF_SCRYPT = 2

# memory, time, parallel as the program itself writes them.
_KDF_COSTS = {"argon2id": (65536, 8, 1), "scrypt": (131072, 8, 1)}
_KDF_KINDS = {"argon2id": _KDF_ARGON2ID, "scrypt": _KDF_SCRYPT}

_LAST_SEEN_EPOCH = 1375315200


@dataclasses.dataclass
class BuiltAccount:
    """What an account of a written tdata consists of.

    Attributes:
        index: place in the list of accounts, 0 to 5; gives the data name.
        user_id: Telegram user id, 0 for a slot without a session.
        main_dc: home data center.
        auth_keys: data center -> authorization key of 256 bytes.
        keys_to_destroy: the same, keys of an earlier session that wait for removal.
        first_name, last_name, phone, username, about: the owner as the map describes
            them; a first name other than None makes the record being written.
        last_seen: the owner's last known online time, seconds since 1970.
        drafts: unsent texts: id of the user written to, text.
        wide: 64-bit form of the authorization (2.7.2 and later). The layouts before
            that version know only the other form and ignore this.
    """

    index: int
    user_id: int
    main_dc: int
    auth_keys: dict[int, bytes]
    keys_to_destroy: dict[int, bytes] = dataclasses.field(default_factory=dict)
    first_name: str | None = None
    last_name: str = ""
    phone: str = ""
    username: str = ""
    about: str = ""
    last_seen: int = 1700000000
    drafts: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    wide: bool = True


def zero_padding(size: int) -> bytes:
    """Gives zero bytes: padding of the known answers."""
    return bytes(size)


def made_up_key(seed: int | str) -> bytes:
    """Gives an invented key of 256 bytes, the same one for the same seed."""
    return random.Random(seed).randbytes(256)


def session_identifier(auth_key: bytes) -> str:
    """Gives the id of an authorization key: 16 lower-case hexadecimal digits."""
    (number,) = struct.unpack("<Q", hashlib.sha1(auth_key).digest()[12:])
    return f"{number:016x}"


# Qt data stream values.


def u32(value: int) -> bytes:
    """Writes an unsigned 32-bit integer."""
    return struct.pack(">I", value)


def i32(value: int) -> bytes:
    """Writes a signed 32-bit integer."""
    return struct.pack(">i", value)


def u64(value: int) -> bytes:
    """Writes an unsigned 64-bit integer."""
    return struct.pack(">Q", value)


def i64(value: int) -> bytes:
    """Writes a signed 64-bit integer."""
    return struct.pack(">q", value)


def byte_array(value: bytes | None) -> bytes:
    """Writes a QByteArray; None is the null array."""
    return u32(0xFFFFFFFF) if value is None else u32(len(value)) + value


def string(value: str | None) -> bytes:
    """Writes a QString; None is the null string."""
    return byte_array(None if value is None else value.encode("utf-16-be"))


# Names.


def _low_nibble_first(data: bytes) -> str:
    return "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in data)


def account_hash(data_name: str) -> str:
    """Gives the name of an account's folder: "data" -> "D877F783D5D3EF8C"."""
    return _low_nibble_first(hashlib.md5(data_name.encode()).digest()[:8])


def account_data_name(index: int, data_name: str = "data") -> str:
    """Gives the data name of an account: "data", "data#2" and so on."""
    return data_name if index == 0 else f"{data_name}#{index + 1}"


def file_key_name(file_key: int) -> str:
    """Gives the name, without suffix, of the file with a file key."""
    return _low_nibble_first(struct.pack("<Q", file_key))


# Containers and encryption.


def tdf(records: Iterable[bytes | None], version: int) -> bytes:
    """Puts records into a TDF$ container."""
    payload = b"".join(byte_array(record) for record in records)
    number = struct.pack("<i", version)
    checked = payload + struct.pack("<i", len(payload)) + number + b"TDF$"
    return b"TDF$" + number + payload + hashlib.md5(checked).digest()


def local_aes_key(message_key: bytes, key: bytes) -> tuple[bytes, bytes]:
    """Derives AES key and initialization vector from message key and local key."""

    def sha1(*parts: bytes) -> bytes:
        return hashlib.sha1(b"".join(parts)).digest()

    a = sha1(message_key, key[8:40])
    b = sha1(key[40:56], message_key, key[56:72])
    c = sha1(key[72:104], message_key)
    d = sha1(message_key, key[104:136])
    return a[:8] + b[8:20] + c[4:16], a[8:20] + b[:8] + c[16:20] + d[:8]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(left, right, strict=True))


def encrypt_blocks(plain: bytes, key: bytes) -> bytes:
    """Encrypts whole blocks with the local scheme; the message key comes first."""
    message_key = hashlib.sha1(plain).digest()[:16]
    aes_key, vector = local_aes_key(message_key, key)
    cipher = AES.new(aes_key, AES.MODE_ECB)
    last_cipher, last_plain = vector[:16], vector[16:]
    blocks = [message_key]
    for offset in range(0, len(plain), 16):
        block = plain[offset : offset + 16]
        last_cipher = _xor(cipher.encrypt(_xor(block, last_cipher)), last_plain)
        last_plain = block
        blocks.append(last_cipher)
    return b"".join(blocks)


def encrypt_local(data: bytes, key: bytes, padding: Padding = zero_padding) -> bytes:
    """Encrypts data with a local, passcode or settings key of 256 bytes."""
    plain = struct.pack("<I", 4 + len(data)) + data
    return encrypt_blocks(plain + padding(-len(plain) % 16), key)


def passcode_key(passcode: str, salt: bytes) -> bytes:
    """Derives the key of a passcode, 2.1.14 and later."""
    password = hashlib.sha512(salt + passcode.encode() + salt).digest()
    rounds = 100000 if passcode else 1
    return hashlib.pbkdf2_hmac("sha512", password, salt, rounds, 256)


def legacy_passcode_key(passcode: str, salt: bytes) -> bytes:
    """Derives the key of a passcode before 2.1.14; "" also gives the settings key."""
    rounds = 4000 if passcode else 4
    return hashlib.pbkdf2_hmac("sha1", passcode.encode(), salt, rounds, 256)


def wrap_key(
    passcode: str, salt: bytes, kdf: str, cost: tuple[int, int, int] | None = None
) -> bytes:
    """Derives the key of a passcode as 7.3 does: `kdf` is "argon2id" or "scrypt"."""
    memory, time, parallel = cost or _KDF_COSTS[kdf]
    if kdf == "argon2id":
        return argon2.low_level.hash_secret_raw(
            passcode.encode(),
            salt,
            time_cost=time,
            memory_cost=memory,
            parallelism=parallel,
            hash_len=256,
            type=argon2.low_level.Type.ID,
            version=0x13,
        )
    return hashlib.scrypt(
        passcode.encode(),
        salt=salt,
        n=memory,
        r=time,
        p=parallel,
        maxmem=2**28,
        dklen=256,
    )


def account_list(indexes: Sequence[int], active: int) -> bytes:
    """Writes the list of accounts that the key file holds."""
    return i32(len(indexes)) + b"".join(map(i32, indexes)) + i32(active)


def key_data(
    local_key: bytes,
    indexes: Sequence[int],
    *,
    version: int,
    salt: bytes,
    active: int = 0,
    passcode: str = "",
    padding: Padding = zero_padding,
) -> bytes:
    """Makes a key file (key_datas), 2.1.14 and later."""
    wrapped = encrypt_local(local_key, passcode_key(passcode, salt), padding)
    info = encrypt_local(account_list(indexes, active), local_key, padding)
    return tdf([salt, wrapped, info], version)


def key_data_seven_three(
    local_key: bytes,
    indexes: Sequence[int],
    *,
    version: int,
    salt: bytes,
    wrap_salt: bytes = b"",
    active: int = 0,
    passcode: str = "",
    kdf: str = "argon2id",
    cost: tuple[int, int, int] | None = None,
    stale_passcode: str | None = None,
    padding: Padding = zero_padding,
) -> bytes:
    """Makes a key file with the trailer of 7.3.

    Args:
        local_key: the key that the file holds.
        indexes: account indexes.
        version: version field of the container.
        salt: the open salt (first record).
        wrap_salt: salt of the passcode's wrap; not used without a passcode.
        active: index of the active account.
        passcode: "" for none.
        kdf: "argon2id" or "scrypt".
        cost: memory, time and parallel of the KDF, if not those of the program.
        stale_passcode: adds a second wrap, of another generation and with this
            passcode, as an interrupted change of the passcode leaves it.
        padding: gives the padding bytes.

    Returns:
        The file.
    """
    used_cost = cost or _KDF_COSTS[kdf]

    def wrap(secret: str, generation: int, kdf_salt: bytes) -> bytes:
        blob = encrypt_local(local_key, wrap_key(secret, kdf_salt, kdf, cost), padding)
        head = (_KDF_KINDS[kdf], generation, *used_cost)
        return b"".join(map(u32, head)) + byte_array(kdf_salt) + byte_array(blob)

    open_wrap = b""
    wraps = []
    committed = 0
    if passcode:
        committed = 1
        wraps.append(wrap(passcode, committed, wrap_salt))
    else:
        open_wrap = encrypt_local(local_key, passcode_key("", salt), padding)
    info = encrypt_local(account_list(indexes, active), local_key, padding)
    if stale_passcode is not None:
        wraps.append(wrap(stale_passcode, committed + 1, wrap_salt[::-1]))
    head = (_KEY_FILE_MAGIC, 2, committed, len(wraps))
    trailer = b"".join(map(u32, head)) + b"".join(wraps)
    return tdf([salt, open_wrap, info, trailer], version)


def map_file(
    records: bytes,
    local_key: bytes,
    version: int,
    padding: Padding = zero_padding,
    *,
    legacy_salt: bytes | None = None,
    passcode: str = "",
) -> bytes:
    """Makes the map of an account.

    Args:
        records: the plain map.
        local_key: encrypts the map.
        version: version field of the container.
        padding: gives the padding bytes.
        legacy_salt: makes the map of 0.6.12 to 2.1.13, which holds the local key.
        passcode: for the legacy map only.

    Returns:
        The file.
    """
    if legacy_salt is None:
        return tdf([None, None, encrypt_local(records, local_key, padding)], version)
    wrapping_key = legacy_passcode_key(passcode, legacy_salt)
    wrapped = encrypt_local(local_key, wrapping_key, padding)
    return tdf(
        [legacy_salt, wrapped, encrypt_local(records, local_key, padding)], version
    )


def settings_file(
    blocks: bytes, version: int, salt: bytes, padding: Padding = zero_padding
) -> bytes:
    """Makes settingss, which no passcode protects."""
    key = legacy_passcode_key("", salt)
    return tdf([salt, encrypt_local(blocks, key, padding)], version)


# Contents.


def settings_blocks(
    *,
    auto_start: int = 0,
    last_update_check: int = 1700000000,
    dialog_last_path: str = "C:/Users/Public/Documents",
) -> bytes:
    """Writes a small plain stream of global settings."""
    return b"".join(
        [
            u32(_BLOCK_AUTO_START) + i32(auto_start),
            u32(_BLOCK_LAST_UPDATE_CHECK) + i32(last_update_check),
            u32(_BLOCK_DIALOG_LAST_PATH) + string(dialog_last_path),
        ]
    )


def _key_list(keys: dict[int, bytes]) -> bytes:
    for data_center, key in keys.items():
        if len(key) != 256:
            raise ValueError(f"key of data center {data_center} has {len(key)} bytes")
    return i32(len(keys)) + b"".join(i32(dc) + key for dc, key in keys.items())


def authorization(account: BuiltAccount, *, wide: bool | None = None) -> bytes:
    """Writes the plain MTP block stream of an account, 1.0.15 and later."""
    if account.wide if wide is None else wide:
        head = b"\xff" * 8 + u64(account.user_id) + i32(account.main_dc)
    else:
        head = i32(account.user_id) + i32(account.main_dc)
    body = head + _key_list(account.auth_keys) + _key_list(account.keys_to_destroy)
    return u32(_BLOCK_MTP_AUTHORIZATION) + byte_array(body)


def authorization_old_blocks(account: BuiltAccount) -> bytes:
    """Writes the plain MTP block stream of an account, up to 1.0.14."""
    user = u32(_BLOCK_USER) + i32(account.user_id) + u32(account.main_dc)
    return user + b"".join(
        u32(_BLOCK_KEY) + u32(dc) + key for dc, key in account.auth_keys.items()
    )


def user_peer_id(user_id: int, version: int) -> bytes:
    """Writes the serialized peer id of a user."""
    if version >= _VERSION_WIDE_PEERS:
        return u64(1 << 55 | user_id)
    if user_id >> 32:
        raise ValueError(f"version {version} cannot hold the user id {user_id}")
    return u64(user_id)


def _no_picture(version: int) -> bytes:
    if version >= 1006004:
        return u32(0x80000000) + byte_array(None)
    reference = byte_array(None) if version >= 1003013 else b""
    return i32(0) * 3 + u64(0) + i32(0) + u64(0) + reference


def self_record(account: BuiltAccount, version: int) -> bytes:
    """Writes the serialized owner (content of the map's record 0x15)."""
    record_version = 0
    if version >= 3007006:
        record_version = 2 if version >= 4014007 else 1
    parts = [user_peer_id(account.user_id, version)]
    if record_version:
        parts += [u64(0x77FFFFFFFFFFFFFF), i32(record_version)]
    parts += [u64(0), _no_picture(version)]
    if record_version:
        parts.append(i32(0))
    parts += [
        string(account.first_name or ""),
        string(account.last_name),
        string(account.phone),
        string(account.username),
        u64(0),
        i32(0),
        string(None),
    ]
    last_seen = account.last_seen
    if record_version == 2:
        last_seen = last_seen - _LAST_SEEN_EPOCH | 1 << 30
    parts += [u32(last_seen), i32(0), i32(-1), string(account.about)]
    return b"".join(parts)


def draft(user_id: int, text: str, version: int) -> bytes:
    """Writes the plain draft file of one local draft for a chat with a user."""
    peer = user_peer_id(user_id, version)
    if version < 2004010:
        parts = [peer, string(text)]
        if version >= 9048:
            parts.append(byte_array(None))
        if version >= 7021:
            parts.append(i32(0))
        if version >= 8001:
            parts.append(i32(0))
        return b"".join(parts)
    if version < 3001006:
        return (
            u64(0xFFFFFFFFFFFFFF01)
            + peer
            + u32(1)
            + i32(-1)
            + string(text)
            + byte_array(None)
            + i32(0) * 2
        )
    if version < 4011000:
        return (
            u64(0xFFFFFFFFFFFFFF03)
            + peer
            + u32(1)
            + i64(-1)
            + string(text)
            + byte_array(None)
            + i64(0)
            + i32(0)
        )
    suggested = u64(0) * 2 if version >= 5016000 else b""
    return (
        u64(0xFFFFFFFFFFFFFF06 if suggested else 0xFFFFFFFFFFFFFF05)
        + peer
        + u32(1)
        + i64(-1)
        + string(text)
        + byte_array(None)
        + i64(0) * 2
        + suggested
        + string("")
        + i32(0) * 5
    )


# Whole folders.


def build_tdata(
    folder: Path,
    accounts: list[BuiltAccount],
    *,
    passcode: str = "",
    version: int | None = None,
    layout: str = "modern",
    data_name: str = "data",
    suffix: str | None = None,
    active: int = 0,
    local_key: bytes | None = None,
    settings: bytes | None = None,
    usertag: int | None = None,
    kdf: str = "argon2id",
    kdf_cost: tuple[int, int, int] | None = None,
    stale_passcode: str | None = None,
    rng: random.Random | None = None,
) -> None:
    """Writes a tdata folder.

    Args:
        folder: the tdata folder; made if missing. The layout "oldest" also writes two
            files beside it.
        accounts: the accounts; one only in the layouts before "modern".
        passcode: local passcode, "" for none.
        version: version of the program, in all files; None: a fitting one.
        layout: "modern" (2.1.14 and later), "seven_three" (key file with trailer),
            "legacy_map" (0.7.19 to 2.1.13), "mtp_old_blocks" (the same with the MTP
            file of 1.0.14 and before), "oldest" (0.5.0 to 0.7.18).
        data_name: as after the program's option -key.
        suffix: last character of file names: "s", "0" or "1"; None: as the version did.
        active: index of the active account.
        local_key: 256 bytes; None: drawn.
        settings: plain blocks of settingss; None: a small default.
        usertag: content of the file usertag; None: no such file.
        kdf: "argon2id" or "scrypt" (layout "seven_three" only).
        kdf_cost: memory, time, parallel of it, if not those of the program.
        stale_passcode: adds a second, uncommitted wrap ("seven_three" only).
        rng: salts, file keys and padding are drawn from it; the default always starts
            at the same point, so that the same arguments give the same bytes.

    Raises:
        ValueError: for arguments that the layout cannot express.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout: {layout}")
    single = layout not in ("modern", "seven_three")
    if single and [account.index for account in accounts] != [0]:
        raise ValueError(f"layout {layout} holds one account, of index 0")
    if layout == "oldest" and passcode:
        raise ValueError("the oldest layout knows no passcode")
    rng = rng or random.Random(0)
    padding = rng.randbytes
    version = DEFAULT_VERSIONS[layout] if version is None else version
    if suffix is None:
        suffix = "s" if version >= _VERSION_ONE_SUFFIX else "0"
    local_key = local_key or padding(256)
    settings = settings_blocks() if settings is None else settings

    folder.mkdir(parents=True, exist_ok=True)
    if usertag is not None:
        (folder / "usertag").write_bytes(struct.pack("<Q", usertag))

    if layout == "oldest":
        _write_oldest(folder, accounts[0], version, data_name, settings, padding)
    else:
        (folder / f"settings{suffix}").write_bytes(
            settings_file(settings, version, padding(32), padding)
        )
        for account in accounts:
            if layout == "mtp_old_blocks" or version < _VERSION_MTP_BLOB:
                blocks = authorization_old_blocks(account)
            else:
                blocks = authorization(account, wide=account.wide and not single)
            name = account_hash(account_data_name(account.index, data_name)) + suffix
            blob = encrypt_local(blocks, local_key, padding)
            (folder / name).write_bytes(tdf([blob], version))

    legacy_salt = padding(32) if single else None
    if version >= _VERSION_FIRST_MAP:
        for account in accounts:
            _write_account_folder(
                folder / account_hash(account_data_name(account.index, data_name)),
                account,
                local_key,
                version,
                suffix,
                rng,
                legacy_salt,
                passcode,
            )

    indexes = [account.index for account in accounts]
    key_file = folder / f"key_{data_name}{suffix}"
    if layout == "modern":
        key_file.write_bytes(
            key_data(
                local_key,
                indexes,
                version=version,
                salt=padding(32),
                active=active,
                passcode=passcode,
                padding=padding,
            )
        )
    elif layout == "seven_three":
        key_file.write_bytes(
            key_data_seven_three(
                local_key,
                indexes,
                version=version,
                salt=padding(32),
                wrap_salt=padding(32),
                active=active,
                passcode=passcode,
                kdf=kdf,
                cost=kdf_cost,
                stale_passcode=stale_passcode,
                padding=padding,
            )
        )


def _write_account_folder(
    folder: Path,
    account: BuiltAccount,
    local_key: bytes,
    version: int,
    suffix: str,
    rng: random.Random,
    legacy_salt: bytes | None,
    passcode: str,
) -> None:
    """Writes the map of an account and the files that it names."""
    folder.mkdir(exist_ok=True)
    records = b""
    if account.first_name is not None and version >= _VERSION_SELF_RECORD:
        records += u32(_MAP_SELF) + byte_array(self_record(account, version))
    entries = []
    for user_id, text in account.drafts:
        file_key = rng.getrandbits(64)
        blob = encrypt_local(draft(user_id, text, version), local_key, rng.randbytes)
        name = file_key_name(file_key) + suffix
        (folder / name).write_bytes(tdf([blob], version))
        entries.append(u64(file_key) + user_peer_id(user_id, version))
    if entries:
        records += u32(_MAP_DRAFTS) + u32(len(entries)) + b"".join(entries)
    (folder / f"map{suffix}").write_bytes(
        map_file(
            records,
            local_key,
            version,
            rng.randbytes,
            legacy_salt=legacy_salt,
            passcode=passcode,
        )
    )


def _write_oldest(
    folder: Path,
    account: BuiltAccount,
    version: int,
    data_name: str,
    settings: bytes,
    padding: Padding,
) -> None:
    """Writes the three block streams of 0.5.0 to 0.7.18."""
    salt = padding(32)
    key = legacy_passcode_key("", salt)
    head = u32(_BLOCK_VERSION) + i32(version)
    user = u32(_BLOCK_USER) + i32(account.user_id) + u32(account.main_dc)
    options = u32(_BLOCK_SEND_KEY) + i32(1)
    if account.phone:
        options += u32(_BLOCK_PHONE) + string(account.phone)
    user_config = byte_array(salt) + byte_array(
        encrypt_local(options + user, key, padding)
    )
    keys = byte_array(encrypt_local(authorization_old_blocks(account), key, padding))

    (folder / "config").write_bytes(head + settings)
    (folder.parent / f"{data_name}_config").write_bytes(
        head + u32(_BLOCK_ENCRYPTED_WITH_SALT) + user_config
    )
    (folder.parent / data_name).write_bytes(head + u32(_BLOCK_ENCRYPTED) + keys)
