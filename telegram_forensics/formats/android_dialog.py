"""Dialog ids of Telegram for Android: one number for every kind of chat.

Specification: formats/android.md section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SECRET_FLAG: Final = 1 << 62
FOLDER_FLAG: Final = 1 << 61
# The change of form is made by the migrations to database versions 81 to 85.
FIRST_NEW_DATABASE: Final = 84
_OLD_FOLDER: Final = 2
_LOW: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Dialog:
    """What a dialog id names.

    Attributes:
        kind: `user`, `secret`, `folder`, or `group`, which stands for every kind of
            group and channel: the id does not tell them apart.
        number: the peer's own id; for secret chats the signed 32-bit chat id.
    """

    kind: str
    number: int

    @property
    def chat_type(self) -> str | None:
        """Type of the chat as far as the id alone tells it."""
        return self.kind if self.kind in ("user", "secret") else None


def parse_dialog_id(value: int, database_version: int | None = None) -> Dialog:
    """Takes a dialog id apart.

    Args:
        value: signed 64-bit number.
        database_version: version of `cache4.db`, None if the number stands elsewhere.
            Then both forms are recognized as far as they exclude each other: ids of
            secret chats, not of folders, which look like ids of users.
    """
    if database_version is None or database_version >= FIRST_NEW_DATABASE:
        if value > 0 and value & SECRET_FLAG:
            return Dialog("secret", _signed(value & _LOW))
        if value > 0 and value & FOLDER_FLAG:
            return Dialog("folder", value & _LOW)
    is_old = database_version is not None and database_version < FIRST_NEW_DATABASE
    if value and not value & _LOW:
        if database_version is None or is_old:
            return Dialog("secret", value >> 32)
    elif is_old and value >> 32 == _OLD_FOLDER:
        return Dialog("folder", value & _LOW)
    return Dialog("user", value) if value > 0 else Dialog("group", -value)


def _signed(number: int) -> int:
    return number - (1 << 32) if number >> 31 else number
