"""Passcode candidates per second, against the floor that hashlib sets.

python benchmarks/passcodes.py
"""

from __future__ import annotations

import hashlib
import time

import results

from telegram_forensics.formats import tdesktop_crypto as crypto
from telegram_forensics.formats import tdesktop_key_file as key_file
from telegram_forensics.formats.tdesktop_passcodes import make_passcodes

CANDIDATES = 25


def main() -> None:
    """Prints the figures."""
    salt = bytes(range(32))
    blob = hashlib.shake_256(b"no key opens this").digest(288)
    payload = b"".join(
        len(record).to_bytes(4, "big") + record for record in (salt, blob, blob[:64])
    )
    version = 4006005
    data = b"TDF$" + version.to_bytes(4, "little") + payload
    data += hashlib.md5(
        payload
        + len(payload).to_bytes(4, "little")
        + version.to_bytes(4, "little")
        + b"TDF$"
    ).digest()
    candidates = [f"candidate {number}" for number in range(CANDIDATES)]

    start = time.perf_counter()
    for candidate in candidates:
        password = hashlib.sha512(salt + candidate.encode() + salt).digest()
        hashlib.pbkdf2_hmac("sha512", password, salt, 100_000, crypto.USED_KEY_SIZE)
    floor = CANDIDATES / (time.perf_counter() - start)

    start = time.perf_counter()
    for candidate in candidates:
        password = hashlib.sha512(salt + candidate.encode() + salt).digest()
        hashlib.pbkdf2_hmac("sha512", password, salt, 100_000, crypto.KEY_SIZE)
    whole_key = CANDIDATES / (time.perf_counter() - start)

    opened = key_file.read_key_file(data)
    start = time.perf_counter()
    assert opened.open(make_passcodes(candidates)) is None
    ours = CANDIDATES / (time.perf_counter() - start)

    print(f"hashlib, 136 bytes (floor): {floor:7.1f} candidates/s")
    print(f"hashlib, 256 bytes:         {whole_key:7.1f} candidates/s")
    print(f"ours:                       {ours:7.1f} candidates/s")
    print(f"ours / floor:               {ours / floor:7.2f}")
    results.record("candidates per second by those of hashlib", ours / floor, 0.9)


if __name__ == "__main__":
    main()
