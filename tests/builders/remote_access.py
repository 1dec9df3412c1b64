"""Lines of remote control programs, as formats/remote_access.md describes them."""

from __future__ import annotations

INCOMING_ROWS = (
    "1660360496\tDESKTOP-AB12\t16-02-2024 14:16:32\t16-02-2024 14:18:36\tolga"
    "\tRemoteControl\t{b3a4df33-d027-44d5-b50f-4e61115494d4}\t",
    "987654321\tМария П. (дом)\t18-02-2024 20:05:01\t18-02-2024 21:40:12"
    "\tOFFICE\\Мария\tRemoteControl\t{0f4e9a52-53c1-4d0e-8a4b-6a0e0b6f2d11}\t",
)
OUTGOING_ROW = (
    "1660360496                      20-02-2024 13:10:33             "
    "20-02-2024 13:11:52             olga                            "
    "RemoteControl                   {b35110b2-7dc5-4bb9-8d54-ca80953f65f8}"
)
PARTNER = "1660360496"
OWN = "1660388656"


def teamviewer_line(moment: str, text: str, area: str = "S0") -> str:
    """A line of a TeamViewer log."""
    return f"{moment}  2216       2492 {area:4s} {text}"


def teamviewer_header(
    start: str = "2024/02/16 06:05:19.548 (UTC-8:00)",
    path: str = "C:\\Program Files\\TeamViewer\\TeamViewer_Service.exe",
    area: str = "S0",
    identifier: str = "0",
) -> list[str]:
    """Header of a program start."""
    return [
        teamviewer_line(
            start[: start.index(" (")] if " (" in start else start, "", area
        ),
        f"Start:              {start}",
        "Version:            15.50.5 (64-bit)",
        "Version short hash: b23ae08066e",
        f"ID:                 {identifier}",
        "Loglevel:           Info",
        "OS:                 Win_10.0.17763_W (64-bit)",
        "IP:                 10.0.2.15",
        "MID:                0x080027e6e559_1d44cc67230d0d5_3030843078",
        "Proxy-Settings:     Type=1 IP= User=",
        "IE                  11.1790.17763.0",
        f"AppPath:            {path}",
        "UserAccount:        SYSTEM",
        "",
    ]


def teamviewer_session(
    day: str = "2024/02/16",
    hours: tuple[str, str] = ("06:16", "06:18"),
    *,
    partner: str = PARTNER,
    name: str = "DESKTOP-AB12",
    timestamp: int | None = 1708093007161,
    parts: str = "arwe",
) -> list[str]:
    """An incoming session.

    Args:
        day: date of the lines.
        hours: hour and minute of its begin and its end.
        partner: identifier of the partner.
        name: name of the partner.
        timestamp: Unix time in milliseconds that this computer's anchor names, None
            without one; the partner's clock is wrong.
        parts: a = arrival, r = authentication, w = participants, e = end.
    """
    begin, end = (f"{day} {hour}" for hour in hours)
    lines = []
    if "a" in parts:
        lines += [
            (
                f"{begin}:32.444",
                "CommandHandlerRouting[2]::CreatePassiveSession(): incoming session "
                "via gb-man-anx-r001.router.example.com, protocol Tcp",
            ),
            *(
                (
                    f"{begin}:32.562",
                    "Negotiating session encryption: client hello received from "
                    f"{partner}, RSA key length = 4096",
                ),
            )
            * 2,
            (
                f"{begin}:32.692",
                "NegotiateEncryptionV2::CreateEncryption: handshake successful, local "
                "fingerprint: SHA256:AAAA, remote fingerprint SHA256:BBBB",
            ),
            (
                f"{begin}:32.736",
                "CParticipantManagerBase::SetMyParticipantIdentifier(): "
                f"pid=[{OWN},126302903]",
            ),
            (
                f"{begin}:32.736",
                "ConnectionGuard: incoming remote control in sessions: 1(1)",
            ),
            (
                f"{begin}:32.737",
                "AppSessionManager::HandleSessionIncoming: Connection incoming, "
                "sessionID = 126302903",
            ),
            (f"{begin}:32.968", "TeamViewerDesktop started, PID=1084"),
            (
                f"{begin}:33.862",
                "AuthenticationBlocker::Allocate: allocate ok for DyngateID "
                f"{partner}, attempt number 1",
            ),
        ]
    if "r" in parts:
        lines.append(
            (
                f"{begin}:47.312",
                "AuthenticationPasswordLogin_Passive::RunAuthenticationMethod: "
                "authentication using dynamic password was successful",
            )
        )
    if "w" in parts:
        lines += [
            (
                f"{begin}:47.388",
                f"CPersistentParticipantManager::AddParticipant: [{OWN},126302903] "
                "type=3 name=OFFICE-PC",
            ),
            (
                f"{begin}:47.413",
                f"CPersistentParticipantManager::AddParticipant: [{partner},115469523] "
                f"type=6 name={name}",
            ),
        ]
        if timestamp is not None:
            lines += [
                (
                    f"{begin}:47.414",
                    "SessionStateParticipants::AddParticipant: pid: "
                    f"[{identifier},115469523] and timestamp: {time} ",
                )
                for identifier, time in (
                    (partner, timestamp + 3600000),
                    (OWN, timestamp),
                    (partner, timestamp + 5 * 3600000),
                )
            ]
        lines += [
            (
                f"{begin}:47.846",
                f"ServerThreadInfo connected to {partner}, client version is 15.50.5 , "
                "OS=32768",
            ),
            (
                f"{begin}:47.848",
                "CServerThreadInfo::Received_AccessControlSettings: RCAccessControl: "
                "RemoteControl='Allowed', FileTransfer='Allowed' ",
            ),
        ]
    if "e" in parts:
        lines += [
            (
                f"{end}:36.100",
                f"CPersistentParticipantManager::RemoveParticipant: [{partner},1154]",
            ),
            (
                f"{end}:36.136",
                f"SessionStatistics[2] Session to {partner} ended. "
                "Estimated capacity=5448kBit/s, Latency=65ms",
            ),
        ]
    return [teamviewer_line(moment, text) for moment, text in lines]


ANYDESK_LINES = (
    "   info 2024-03-02 20:10:58.031       gsvc   2884   7984    3            "
    "anynet.relay_conn - External address: 198.51.100.20:47220.",
    "   info 2024-03-02 20:10:58.040       gsvc   2884   7984    2        "
    "anynet.connection_mgr - New user data. Client-ID: 294433414.",
    "   info 2024-03-02 20:11:05.101       gsvc   2884   7984   23            "
    "anynet.any_socket - Client-ID: 442226597 (FPR: 8e28a2a25b30).",
    "   info 2024-03-02 20:11:05.101       gsvc   2884   7984   23            "
    "anynet.any_socket - Logged in from 203.0.113.9:59562 on relay 80e496c0.",
    "   info 2024-03-02 20:11:05.230       gsvc   2884   7984   23                  "
    "app.service - Connected to 12920 (backend:1).",
    "   info 2024-03-02 20:11:09.412      front   6252    496           "
    "app.backend_session - Incoming session request: SUPPORT (442226597)",
    "   info 2024-03-02 20:31:44.870       back   7120    512                  "
    "app.session - Session stopped.",
)
CONNECTION_TRACE = (
    "Incoming\t2024-03-02, 20:11\tUser                           "
    "\t442226597\t442226597",
    "Incoming\t2024-03-03, 01:46\tPasswd                         \tmark@ad\t294433414",
    "Incoming\t2024-03-03, 09:02\tREJECTED                       \t123210\t123210",
)
TRANSFER_TRACE = (
    "Clipboard\t\t2025-01-01, 13:37\tstart \tdownload\t'name.exe' "
    "(~0 B out of 4.20 MiB)"
)
RUSTDESK_LINES = (
    "[2024-03-02 23:11:05.123456 +03:00] DEBUG [src/server/connection.rs:1354] "
    "#1234 Connection opened from 203.0.113.9:50111.",
    "[2024-03-02 23:40:11.000211 +03:00] INFO [src/server/connection.rs:4955] "
    "#1234 Connection closed: Peer close",
)
AMMYY_LINES = (
    "20240302-23:11:05.000002E8 - [0] PASSED authorization remoteId=22222222; "
    "TCP by router 198.51.100.7:443",
    "20240302-23:40:12.000002E8 - [0] ENDED  authorized session, bytes (recv/send) = "
    "40960 / 4096",
)
ULTRAVNC_LINES = (
    "02/03/2024 20:11:05\tConnection received from 203.0.113.9",
    "02/03/2024 20:11:07\tPassword authentication accepted from 203.0.113.9 "
    "(Interactive) (ID:1)",
    "02/03/2024 20:15:05\tClient 203.0.113.9 disconnected (Interactive) (ID:1)",
    "02/03/2024 21:00:00\tInvalid attempt from client 203.0.113.10",
    "02/03/2024 21:05:00\tAuthentication accepted from 203.0.113.9 using OFFICE\\olga "
    "account ",
    "02/03/2024 21:09:00\tClient 203.0.113.9 using OFFICE\\olga account disconnected "
    "(Interactive) (ID:2)",
)
