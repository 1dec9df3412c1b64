#!/usr/bin/env python3
"""Makes the registry hives of remote_access/.

The hives are committed; this script is needed only to make them anew:

    python3 test_data/make_registry.py

It needs hivexregedit (Debian package libwin-hivex-perl), which writes the keys; the
empty hive to begin with and the times of the keys are written here. All identifiers,
names and secrets are invented. Keys have the times 2024-03-02 20:00:00 UTC and one
second more for each key, in the order in which they lie in the file.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "remote_access"
BLOCK = 4096
SECONDS_1601_TO_1970 = 11644473600
FIRST_TIME = 1709409600
NO_CELL = 0xFFFFFFFF
# Where a key has the time, from its first byte.
KEY_TIME = 4

# App Paths is what tells plaso that a hive is SOFTWARE.
SOFTWARE = r"""
[\Microsoft\Windows\CurrentVersion\App Paths]

[\TeamViewer]
"ClientID"=dword:62f7a6f0
"Version"="15.50.5"
"InstallationDate"="2024-03-01"
"Always_Online"=dword:00000001
"OwningManagerAccountName"="Олена П."
"LastMACUsed"=hex(7):00,00,30,00,31,00,00,00,00,00
"PermanentPassword"=hex:c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,01

[\TeamViewer\AccessControl]
"AC_Server_AccessControlType"=dword:00000000

[\WOW6432Node\TeamViewer]
"ClientID"=dword:3ade68b1
"Version"="11.0.259193"

[\RealVNC\vncserver]
"Authentication"="VncAuth"
"Password"="c0ffeec0ffee0001"
"QueryConnect"="0"
"RfbPort"="5900"

[\RealVNC\WinVNC4]
"Password"=hex:c0,ff,ee,c0,ff,ee,c0,ff

[\TightVNC\Server]
"RfbPort"=dword:0000170c
"UseVncAuthentication"=dword:00000001
"AcceptRfbConnections"=dword:00000001
"Password"=hex:c0,ff,ee,c0,ff,ee,c0,ff
"PasswordViewOnly"=hex:c0,ff,ee,c0,ff,ee,c0,ff
"ControlPassword"=hex:c0,ff,ee,c0,ff,ee,c0,ff

[\ORL\WinVNC3]
"Password"=hex:c0,ff,ee,c0,ff,ee,c0,ff
"AuthRequired"=dword:00000001

[\UltraVNC]
"InstallPath"="C:\\Program Files\\uvnc bvba\\UltraVNC"

[\Google\Chrome Remote Desktop\paired-clients\clients]
"5f1c0c1e-7d9e-4a0b-9d56-0a3a3f6f7c11"="CLIENT"

[\Google\Chrome Remote Desktop\paired-clients\secrets]
"5f1c0c1e-7d9e-4a0b-9d56-0a3a3f6f7c11"="{\"sharedSecret\":\"c0ffeec0ffeec0ffeec0ff==\"}"

[\Policies\Google\Chrome]
"HomepageLocation"="https://intranet.example/"
"RemoteAccessHostAllowClientPairing"=dword:00000001
"RemoteAccessHostRequireCurtain"=dword:00000001

[\Policies\Google\Chrome\RemoteAccessHostClientDomainList]
"1"="example.com"

[\Policies\Google\Chrome\ExtensionInstallForcelist]
"1"="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

[\Policies\Microsoft\Windows NT\Terminal Services]
"Shadow"=dword:00000002
"fAllowToGetHelp"=dword:00000001

[\WOW6432Node\Radmin\v3.0\Server\Parameters]
"AskUser"=hex:00,00,00,00
"Port"=hex:23,13,00,00

[\WOW6432Node\Radmin\v3.0\Server\Parameters\Radmin Security\1]
"1"=hex:c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,02

[\Usoris\Remote Utilities Host\Host\Parameters]
"Password"="c0ffeec0ffeec0ffee"
"Options"=hex:ef,bb,bf,3c,3f,78,6d,6c,20,76,65,72,73,69,6f,6e

[\TektonIT\Remote Manipulator System\Host\Parameters]
"InternetId"=hex:ef,bb,bf,3c,3f,78,6d,6c

[\Ammyy\Admin]
"hr3"=hex:c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,03
"""
SYSTEM = r"""
[\Select]
"Current"=dword:00000001
"Default"=dword:00000001

[\MountedDevices]

[\Setup]

[\ControlSet001\Control\Terminal Server]
"fDenyTSConnections"=dword:00000000
"ProductVersion"="5.1"

[\ControlSet001\Control\Terminal Server\WinStations\RDP-Tcp]
"UserAuthentication"=dword:00000000
"PortNumber"=dword:00000d3d
"InitialProgram"=""

[\ControlSet001\Control\Remote Assistance]
"fAllowToGetHelp"=dword:00000001
"fAllowFullControl"=dword:00000001

[\ControlSet002\Control\Terminal Server]
"fDenyTSConnections"=dword:00000001

[\RAdmin\v2.0\Server\Parameters]
"AskUser"=hex:01,00,00,00
"Parameter"=hex:c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,c0,ff,ee,04
"""
USER = r"""
[\AppEvents]

[\Console]

[\Control Panel]

[\Environment]

[\Keyboard Layout]

[\Software\TeamViewer]
"BuddyLoginName"="olena@example.com"
"Version"="15.50.5"

[\Software\RealVNC\VNCViewer4\MRU]
"00"="203.0.113.9::5900"
"01"="buero-pc"
"Order"=hex:00,01

[\Software\TightVNC\Viewer\History]
"0"="203.0.113.9"
"""
CLIENT = (
    r"{\"clientId\":\"5f1c0c1e-7d9e-4a0b-9d56-0a3a3f6f7c11\","
    r"\"clientName\":\"Windows - Марк\",\"createdTime\":1709323200123.0}"
)
HIVES = {
    "SOFTWARE.hve": SOFTWARE.replace("CLIENT", CLIENT),
    "SYSTEM.hve": SYSTEM,
    "NTUSER.DAT.hve": USER,
}


def file_time(seconds: int) -> int:
    """Gives a FILETIME."""
    return (seconds + SECONDS_1601_TO_1970) * 10_000_000


def cell(data: bytes) -> bytes:
    """Gives a cell in use."""
    size = (4 + len(data) + 7) // 8 * 8
    return struct.pack("<i", -size) + data.ljust(size - 4, b"\0")


def empty_hive() -> bytes:
    """Gives a hive with nothing but a root key and its security descriptor."""
    time = file_time(FIRST_TIME)
    name = b"ROOT"
    root = 32
    key_size = len(cell(bytes(76) + name))
    security = root + key_size
    key = struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH",
        *(b"nk", 0x2C, time, 0, 0, 0, 0, NO_CELL, NO_CELL, 0, NO_CELL),
        *(security, NO_CELL, 0, 0, 0, 0, 0, len(name), 0),
    )
    # Self-relative, without owner, group and lists.
    descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    security_cell = (
        struct.pack("<2sHIIII", b"sk", 0, security, security, 1, len(descriptor))
        + descriptor
    )
    cells = cell(key + name) + cell(security_cell)
    free = BLOCK - 32 - len(cells)
    block = struct.pack("<4sIIIIQI", b"hbin", 0, BLOCK, 0, 0, time, 0) + cells
    block += struct.pack("<i", free).ljust(free, b"\0")
    head = struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, time, 1, 3, 0, 1, root, BLOCK, 1)
    return with_checksum(head.ljust(BLOCK, b"\0")) + block


def with_checksum(head: bytes) -> bytes:
    """Gives the first block with its checksum."""
    checksum = 0
    for (number,) in struct.iter_unpack("<I", head[:508]):
        checksum ^= number
    return head[:508] + struct.pack("<I", checksum) + head[512:]


def set_times(data: bytes) -> bytes:
    """Gives a hive with fixed times in its keys and blocks."""
    found = bytearray(data)
    position, number_of_keys = BLOCK, 0
    while found[position : position + 4] == b"hbin":
        (size,) = struct.unpack_from("<I", found, position + 8)
        struct.pack_into("<Q", found, position + 20, file_time(FIRST_TIME))
        offset = position + 32
        while offset < position + size:
            (length,) = struct.unpack_from("<i", found, offset)
            if length < 0 and found[offset + 4 : offset + 6] == b"nk":
                time = file_time(FIRST_TIME + number_of_keys)
                struct.pack_into("<Q", found, offset + 4 + KEY_TIME, time)
                number_of_keys += 1
            offset += abs(length)
        position += size
    struct.pack_into("<Q", found, 12, file_time(FIRST_TIME))
    return with_checksum(bytes(found[:BLOCK])) + bytes(found[BLOCK:position])


def with_escapes(line: str) -> str:
    """Gives a line with a text that is not ASCII in bytes, as hivexregedit wants."""
    name, sign, value = line.partition("=")
    if line.isascii() or not sign:
        return line
    data = (value.strip('"').replace('\\"', '"') + "\0").encode("utf-16-le")
    return f"{name}=hex(1):{','.join(f'{byte:02x}' for byte in data)}"


def with_parents(text: str) -> str:
    """Gives a text in which each key stands behind the keys above it."""
    lines, known = [], set()
    for line in map(with_escapes, text.splitlines()):
        if line.startswith("["):
            parts = line.strip("[]").split("\\")[1:]
            for number in range(1, len(parts)):
                above = "\\".join(parts[:number])
                if above not in known:
                    known.add(above)
                    lines += [f"[\\{above}]", ""]
            known.add("\\".join(parts))
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Writes the hives."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in HIVES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(empty_hive())
            text_path = Path(folder) / "keys.reg"
            text_path.write_text(
                f"Windows Registry Editor Version 5.00\n{with_parents(text)}\n",
                encoding="utf-8",
            )
            subprocess.run(
                ["hivexregedit", "--merge", "--encoding", "UTF-16LE", path, text_path],
                check=True,
            )
            data = set_times(path.read_bytes())
        (FOLDER / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
