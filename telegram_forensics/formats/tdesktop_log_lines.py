"""What the lines of Telegram Desktop's normal log stand for.

Specification: formats/telegram_desktop.md section 6.1.
"""

from __future__ import annotations

import re
from typing import Final

# Code and pattern of the text behind the time.
_EVENTS: Final = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        ("program_started", r"Launched version: "),
        ("executable_path", r"Executable (?:path before check|dir): "),
        ("working_directory", r"(?:Initial working|Working) dir: "),
        ("command_line", r"Command line: "),
        ("logging_started", r"Logs started$"),
        ("single_instance_socket", r"Connecting local socket to "),
        ("first_instance", r"This is the only instance of Telegram"),
        (
            "second_instance",
            r"Socket connected, this is not the first application instance"
            r"|App Info: Detected another instance",
        ),
        ("log_moved", r"Moved logging from "),
        ("unclean_previous_end", r"Opened '.*working' for reading, the previous "),
        ("application_user_model_id", r"AppUserModelID: "),
        ("screen", r"(?:Primary screen DPI: |DevicePixelRatio: |ScreenScale: )"),
        ("storage_opened", r"App Info: reading encrypted info\.\.\."),
        ("storage_started", r"App Info: reading (?:settings|accounts info)\.\.\."),
        ("wrong_passcode", r"App Info: could not decrypt pass-protected key "),
        ("wrong_key", r"App Info: bad decrypt key, data not decrypted"),
        ("map_read", r"App Info: reading map\.\.\.|Map read time: "),
        ("keys_read", r"MTP Info: read keys, "),
        ("stale_keys_destroyed", r"MTP Info: destroying stale keys"),
        ("export_started", r"Export Info: Started export to "),
        ("export_cancelled", r"Export Info: Cancelled export"),
        ("export_deferred", r"Export Info: API Error 'TAKEOUT_INIT_DELAY_"),
        ("export", r"Export Info: "),
        ("update", r"Update Info: "),
        ("unknown_setting", r"App Error: unknown blockId "),
        ("restart", r"Explicitly closing main log and finishing crash handlers"),
        (
            "quit",
            r"Api::Updates prevents quit, sending offline status"
            r"|ApiWrap prevents quit, saving drafts",
        ),
        ("crash_report", r"Crash report: "),
    )
)


def log_event(text: str) -> str | None:
    """Code of what a line stands for, None if the specification gives no meaning."""
    for code, pattern in _EVENTS:
        if pattern.match(text):
            return code
    return None
