"""Lists of Telegram Desktop's JSON export: from decoded objects to records."""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.formats.tdesktop_export_messages import read_path, read_text
from telegram_forensics.formats.tdesktop_export_records import (
    Account,
    Contact,
    FrequentContact,
    PeerType,
    ProfilePicture,
    Record,
    Session,
    Story,
    WebSession,
)
from telegram_forensics.formats.tdesktop_export_values import (
    IdRules,
    OffsetTable,
    boolean,
    integer,
    number_text,
    text,
)

CHAT_KINDS: Final = {
    "saved_messages": PeerType.USER,
    "replies": PeerType.USER,
    "verification_codes": PeerType.USER,
    "personal_chat": PeerType.USER,
    "bot_chat": PeerType.USER,
    "private_group": PeerType.GROUP,
    "private_supergroup": PeerType.CHANNEL,
    "public_supergroup": PeerType.CHANNEL,
    "private_channel": PeerType.CHANNEL,
    "public_channel": PeerType.CHANNEL,
}
"""Types of chats -> kind of their id."""


class EntryReader:
    """Turns decoded entries of one document into records."""

    def __init__(self, ids: IdRules, offsets: OffsetTable) -> None:
        self._ids = ids
        self._offsets = offsets
        self._readers = {
            "personal_information": self._account,
            "profile_pictures": self._picture,
            "stories": self._story,
            "contacts": self._contact,
            "frequent_contacts": self._frequent,
            "sessions": self._session,
            "web_sessions": self._web_session,
        }

    def read(self, name: str, value: dict[str, Any], position: int) -> Record:
        """Reads an entry.

        Args:
            name: key of the root object that it stands below.
            value: decoded object.
            position: byte offset of the object.
        """
        reader: Any = self._readers[name]
        record: Record = reader(position, value)
        return record

    def _account(self, position: int, value: dict[str, Any]) -> Account:
        return Account(
            position,
            integer(value.get("user_id")),
            text(value.get("first_name")),
            text(value.get("last_name")),
            text(value.get("phone_number")),
            text(value.get("username")),
            text(value.get("bio")),
        )

    def _picture(self, position: int, value: dict[str, Any]) -> ProfilePicture:
        path, missing = read_path(value.get("photo"))
        date = self._offsets.read(value, "date")
        return ProfilePicture(position, date, path, missing)

    def _story(self, position: int, value: dict[str, Any]) -> Story:
        path, missing = read_path(value.get("media"))
        return Story(
            position,
            self._offsets.read(value, "date"),
            self._offsets.read(value, "expires"),
            boolean(value.get("pinned")),
            path,
            missing,
            read_text(value.get("text"), value.get("text_entities"))[0] or None,
        )

    def _contact(self, position: int, value: dict[str, Any]) -> Contact:
        return Contact(
            position,
            integer(value.get("user_id")),
            text(value.get("first_name")),
            text(value.get("last_name")),
            text(value.get("phone_number")),
            self._offsets.read(value, "date"),
        )

    def _frequent(self, position: int, value: dict[str, Any]) -> FrequentContact:
        kind = text(value.get("type"))
        type_of_id = PeerType.USER if kind == "user" else CHAT_KINDS.get(kind or "")
        return FrequentContact(
            position,
            self._ids.chat(value.get("id"), type_of_id),
            text(value.get("category")),
            kind,
            text(value.get("name")),
            number_text(value.get("rating")),
        )

    def _session(self, position: int, value: dict[str, Any]) -> Session:
        return Session(
            position,
            self._offsets.read(value, "last_active"),
            self._offsets.read(value, "created"),
            text(value.get("last_ip")),
            text(value.get("last_country")),
            text(value.get("last_region")),
            text(value.get("application_name")),
            text(value.get("application_version")),
            text(value.get("device_model")),
            text(value.get("platform")),
            text(value.get("system_version")),
        )

    def _web_session(self, position: int, value: dict[str, Any]) -> WebSession:
        return WebSession(
            position,
            self._offsets.read(value, "last_active"),
            self._offsets.read(value, "created"),
            text(value.get("last_ip")),
            text(value.get("last_region")),
            text(value.get("bot_username")),
            text(value.get("domain_name")),
            text(value.get("browser")),
            text(value.get("platform")),
        )
