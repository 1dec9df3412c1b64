"""Which records of a storage file the report needs, told before they are decoded.

A case has millions of records of files, the registry and logs; decoding them all would
take most of the time. The data type decides, and for those of stock parsers whether the
record names Telegram or a remote shell anywhere.
"""

from __future__ import annotations

import re
from typing import Final

from telegram_forensics.formats import remote_programs
from telegram_forensics.report import file_traces, logs, stock

_PREFIXES: Final = (
    "telegram:",
    "remote_access:",
    "android:sim:",
    "ios:biome:",
    "ios:sim:",
    "teamviewer:connections_incoming",
)
# Of event logs, which are long, only the events of sessions.
_EVENTS: Final = re.compile(
    rb'"event_identifier": (?:21|23|24|25|4624|4634|4647|4778|4779|4801)[,}]'
)
_SHELLS: Final = (b"sshd", b"chromoting", b"telnetd", b"LOGIN ", b'"login"')
# In lower case: what names a client, its package, its site or a code.
_NAMES: Final = (
    b"telegra",
    b"t.me/login/",
    b"ayugram",
    b"64gram",
    b"kotatogram",
    b"unigram",
    *remote_programs.PACKAGE_WORDS,
    *remote_programs.WITHOUT_LOG_WORDS,
)


def is_wanted(data_type: str) -> bool:
    """True for the data types that the attribution needs."""
    return (
        data_type.startswith(_PREFIXES)
        or data_type == logs.EVENT_LOG
        or data_type in logs.LINES
        or data_type in logs.TERMINALS
        or data_type in stock.DATA_TYPES
        or data_type in file_traces.DATA_TYPES
    )


def is_selected(data_type: str, record: bytes) -> bool:
    """True for a record that can say something.

    Args:
        data_type: of the record.
        record: as it is stored, JSON in ASCII.
    """
    if data_type in file_traces.DATA_TYPES:
        return file_traces.is_selected(data_type, record)
    if (
        data_type.startswith(_PREFIXES)
        or data_type == logs.SSH_LOGIN
        or data_type in logs.TERMINALS
    ):
        return True
    if data_type == logs.EVENT_LOG:
        return b'"chromoting"' in record or bool(_EVENTS.search(record))
    if data_type in logs.LINES:
        return any(name in record for name in _SHELLS)
    if data_type in stock.DATA_TYPES:
        lowered = record.lower()
        return any(name in lowered for name in _NAMES)
    return False
