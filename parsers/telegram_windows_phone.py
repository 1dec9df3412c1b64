"""Parser for the files of Telegram for Windows Phone.

UNCONFIRMED with files of a real telephone: layouts from the client's own source.
"""

import contextlib

from plaso.lib import errors

from telegram_forensics.formats import tl_peers
from telegram_forensics.formats import windows_phone_cache
from telegram_forensics.formats import windows_phone_settings
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import tl_message_events
from telegram_forensics.vfs import folder as vfs_folder

CLIENT = "Telegram for Windows Phone"
_CACHES = frozenset(
    f"{prefix}{name}.dat{suffix}"
    for prefix in ("", "temp_")
    for name in ("users", "chats", "dialogs", "broadcasts", "encryptedchats")
    for suffix in ("", ".temp")
)
_SETTINGS = windows_phone_settings.SETTINGS_NAME.lower()
_CONNECTION = windows_phone_settings.CONNECTION_NAME
_NAMES = frozenset([*_CACHES, _SETTINGS, _CONNECTION, f"{_CONNECTION}.temp"])
_MAXIMUM_WARNINGS = 20


class TelegramWindowsPhoneParser(name_filter.NamedFileParser):
    """Parser for settings and caches of Telegram for Windows Phone."""

    NAME = "telegram_windows_phone"
    DATA_FORMAT = "Telegram for Windows Phone settings and cache file"

    FILTERS = frozenset([name_filter.NameFilter(lambda name: name.lower() in _NAMES)])

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        name = file_entry.name.lower()
        limit = windows_phone_cache.MAXIMUM_FILE
        if name not in _CACHES:
            limit = windows_phone_settings.MAXIMUM_FILE
        file_object.seek(0)
        data = file_object.read(limit + 1)
        try:
            if name in _CACHES:
                self._ParseCache(parser_mediator, file_entry, data[:limit])
            elif name == _SETTINGS:
                self._ParseSettings(parser_mediator, file_entry, data[:limit])
            else:
                self._ParseConnection(parser_mediator, file_entry, data[:limit])
        except FormatError as exception:
            raise errors.WrongParser(str(exception)) from None
        if len(data) > limit:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: only the first {limit:d} bytes are read"
            )

    def _ReadNeighbour(self, parser_mediator, file_entry, wanted):
        """Reads a file of the same folder.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          wanted (str): name of the other file.

        Returns:
          bytes: content, empty if there is none.
        """
        try:
            folder = vfs_folder.open_parent_folder(
                file_entry.path_spec, parser_mediator.resolver_context
            )
            for name in folder.file_entries() if folder is not None else ():
                if name.lower() == wanted.lower():
                    return folder.read(name, windows_phone_settings.MAXIMUM_FILE)
        except (FormatError, OSError):
            # Its own parsing reports what is wrong with it.
            return b""
        return b""

    def _GetSettings(self, parser_mediator, file_entry):
        """Retrieves the settings beside a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.

        Returns:
          PhoneSettings: settings, empty ones if there are none.
        """
        data = self._ReadNeighbour(
            parser_mediator, file_entry, windows_phone_settings.SETTINGS_NAME
        )
        try:
            return windows_phone_settings.read_settings(data)
        except FormatError:
            return windows_phone_settings.PhoneSettings()

    @staticmethod
    def _Apply(event_data, settings, basis):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          settings (PhoneSettings): settings of the client.
          basis (str): code of the stored fact behind the attribution.
        """
        event_data.attribution_basis = basis
        event_data.client_name = CLIENT
        if settings.user is not None:
            event_data.account_identifier = str(settings.user)
        key = settings.home_key
        if key is not None:
            event_data.session_data_center = key.data_center
            event_data.session_identifier = key.identifier

    def _ParseSettings(self, parser_mediator, file_entry, data):
        """Parses the settings.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          data (bytes): content.

        Raises:
          FormatError: if they are of another application.
        """
        settings = windows_phone_settings.read_settings(data, file_entry.name)
        basis = "windows_phone_settings"
        if settings.user is not None:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._Apply(event_data, settings, basis)
            event_data.passcode_state = None
            event_data.record_state = "current"
            event_data.written_time = file_entry.modification_time
            parser_mediator.ProduceEventData(event_data)
        if settings.home_key is not None:
            event_data = telegram_event_data.TelegramSessionEventData()
            self._Apply(event_data, settings, basis)
            self._SetSession(event_data, settings)
            event_data.written_time = file_entry.modification_time
            connection = self._ReadNeighbour(parser_mediator, file_entry, _CONNECTION)
            with contextlib.suppress(FormatError):
                self._SetDevice(
                    event_data, windows_phone_settings.read_connection(connection)
                )
            parser_mediator.ProduceEventData(event_data)
        elif settings.keys:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: which of {len(settings.keys):d} authorization "
                f"keys is the session is not known"
            )
        for issue in settings.issues[:_MAXIMUM_WARNINGS]:
            parser_mediator.ProduceWarning(str(issue))

    @staticmethod
    def _SetSession(event_data, settings):
        """Sets what the settings tell of the session.

        Args:
          event_data (TelegramSessionEventData): event data.
          settings (PhoneSettings): settings.
        """
        key = settings.home_key
        event_data.key_identifiers = list(
            dict.fromkeys(other.identifier for other in settings.keys)
        )
        is_logged_in = key.is_authorized
        if is_logged_in is None:
            is_logged_in = settings.is_authorized
        event_data.record_state = "unused_slot" if is_logged_in is False else "current"
        words = tl_message_events.GetWords(
            {
                "data center at": key.address,
                "logged in": is_logged_in,
                "home data center is not stored": settings.home is None,
            }
        )
        event_data.session_details = "; ".join(words) or None

    @staticmethod
    def _SetDevice(event_data, connection):
        """Sets the device as it was told to the server.

        Args:
          event_data (TelegramSessionEventData): event data.
          connection (ConnectionFacts): what was told.
        """
        event_data.client_version = connection.version
        event_data.device_model = connection.device
        event_data.system_version = connection.system

    def _ParseConnection(self, parser_mediator, file_entry, data):
        """Parses the description of the device.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          data (bytes): content.

        Raises:
          FormatError: if it is none.
        """
        connection = windows_phone_settings.read_connection(data)
        settings = self._GetSettings(parser_mediator, file_entry)
        for name, value in (
            ("device_model", connection.device),
            ("system_version", connection.system),
            ("application_version", connection.version),
            ("language", connection.language),
            ("api_id", str(connection.application)),
        ):
            if value:
                event_data = telegram_event_data.TelegramSettingEventData()
                self._Apply(event_data, settings, "windows_phone_connection")
                event_data.client_version = connection.version
                event_data.device_model = connection.device
                event_data.record_state = (
                    "overwritten"
                    if file_entry.name.lower().endswith(".temp")
                    else "current"
                )
                event_data.setting_name = name
                event_data.setting_value = value
                event_data.written_time = file_entry.modification_time
                parser_mediator.ProduceEventData(event_data)

    def _ParseCache(self, parser_mediator, file_entry, data):
        """Parses a cache of users, chats or dialogs.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          data (bytes): content.

        Raises:
          FormatError: if it is none.
        """
        settings = self._GetSettings(parser_mediator, file_entry)
        cache = windows_phone_cache.read_cache(data, settings.user)
        found = (cache.users, cache.chats, cache.dialogs, cache.messages)
        if not any(found):
            if cache.count:
                raise FormatError(8, "no object that is known")
            return
        maker = _CacheEventMaker(
            settings, self._Apply, file_entry.name.lower().endswith(".temp")
        )
        maker.AddNames(cache)
        for event_data in maker.Make(cache):
            parser_mediator.ProduceEventData(event_data)
        problems = [
            message for message in cache.messages if message.problem is not None
        ]
        for message in problems[:_MAXIMUM_WARNINGS]:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: message at offset 0x{message.offset:x}: "
                f"{message.problem!s}"
            )
        if len(problems) > _MAXIMUM_WARNINGS:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: {len(problems) - _MAXIMUM_WARNINGS:d} more "
                f"messages were not read to their end"
            )
        if cache.is_cut:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: more objects than are read"
            )


class _CacheEventMaker:
    """Creates the event data of a cache."""

    BASIS = "windows_phone_cache"

    def __init__(self, settings, apply, is_copy):
        """Initializes a maker.

        Args:
          settings (PhoneSettings): settings of the client.
          apply (function): sets what every event carries.
          is_copy (bool): the file is what the client wrote before it replaced another.
        """
        super().__init__()
        self._apply = apply
        self._chats = {}
        self._is_copy = is_copy
        self._names = {}
        self._settings = settings
        self._maker = tl_message_events.MessageMaker(
            settings.user, self._Apply, self._names.get
        )

    def _Apply(self, event_data):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
        """
        self._apply(event_data, self._settings, self.BASIS)
        if self._is_copy and hasattr(event_data, "record_state"):
            event_data.record_state = "overwritten"

    def AddNames(self, cache):
        """Adds the names of users and chats.

        Args:
          cache (PhoneCache): what the file holds.
        """
        for _, user in cache.users:
            if user.name is not None:
                self._names[tl_peers.Peer("user", user.identifier)] = user.name
        for _, chat in cache.chats:
            self._names[chat.peer] = chat.title
            self._chats[chat.peer] = chat.chat_type

    def _GetChat(self, peer):
        """Creates the chat that a peer stands for.

        Args:
          peer (Peer): peer.

        Returns:
          Chat: chat.
        """
        chat_type = self._chats.get(peer) or peer.kind
        if peer.kind == "user" and peer.number == self._settings.user:
            chat_type = "saved"
        number = peer.number if peer.kind == "user" else None
        return tl_message_events.Chat(
            peer.kind, peer.number, chat_type, self._names.get(peer), number
        )

    def Make(self, cache):
        """Creates the event data of users, chats, dialogs and messages.

        Args:
          cache (PhoneCache): what the file holds.

        Yields:
          TelegramEventData: event data.
        """
        for offset, user in cache.users:
            event_data = self._MakeUser(user)
            event_data.record_offset = offset
            yield event_data
        for offset, chat in cache.chats:
            event_data = message_event_data.TelegramChatEventData()
            self._Apply(event_data)
            event_data.chat_identifier = str(chat.peer.number)
            event_data.chat_kind = chat.kind
            event_data.chat_title = chat.title
            event_data.chat_type = chat.chat_type
            event_data.chat_username = chat.username
            event_data.is_left = chat.is_left
            words = tl_message_events.GetWords({"members": chat.members})
            event_data.chat_details = "; ".join(words) or None
            date = tl_message_events.MakeTime(chat.date)
            if chat.peer.kind == "group" or chat.is_creator:
                event_data.created_time = date
            else:
                event_data.joined_time = date
            event_data.record_offset = offset
            yield event_data
        for dialog in cache.dialogs:
            yield self._MakeDialog(dialog)
        for message in cache.messages:
            yield self._MakeMessage(message)

    def _MakeUser(self, user):
        """Creates the event data of a user.

        Args:
          user (UserFacts): user.

        Returns:
          TelegramEventData: event data.
        """
        if user.is_self or user.identifier == self._settings.user:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._Apply(event_data)
            event_data.account_identifier = str(user.identifier)
            event_data.account_name = user.name
            event_data.account_phone = tl_message_events.GetDigits(user.phone)
            event_data.account_username = user.username
            event_data.last_seen_time = tl_message_events.MakeTime(user.last_seen)
            return event_data
        event_data = message_event_data.TelegramContactEventData()
        self._Apply(event_data)
        event_data.contact_identifier = str(user.identifier)
        event_data.contact_name = user.name
        event_data.contact_phone = tl_message_events.GetDigits(user.phone)
        event_data.contact_source = "contacts" if user.is_contact else "users"
        event_data.contact_type = "bot" if user.is_bot else "user"
        event_data.contact_username = user.username
        words = tl_message_events.GetWords(
            {
                "mutual contact": user.is_mutual or None,
                "deleted": user.is_deleted or None,
            }
        )
        event_data.contact_details = "; ".join(words) or None
        event_data.last_seen_time = tl_message_events.MakeTime(user.last_seen)
        return event_data

    def _MakeDialog(self, dialog):
        """Creates the event data of a dialog.

        Args:
          dialog (PhoneDialog): dialog.

        Returns:
          TelegramChatEventData: event data.
        """
        chat = self._GetChat(dialog.peer)
        event_data = message_event_data.TelegramChatEventData()
        self._Apply(event_data)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        event_data.record_offset = dialog.offset
        words = tl_message_events.GetWords(
            {
                "last message": dialog.top_message,
                "unread messages": dialog.unread or None,
                "account has read up to message": dialog.read_inbox,
                "other party has read up to message": dialog.read_outbox,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        return event_data

    def _MakeMessage(self, message):
        """Creates the event data of a message.

        Args:
          message (PhoneMessage): message.

        Returns:
          TelegramEventData: event data.
        """
        facts = message.facts
        event_data = self._maker.Make(
            facts, self._GetChat(message.chat), facts.identifier, facts.date
        )
        event_data.record_offset = message.offset
        if not isinstance(event_data, message_event_data.TelegramMessageEventData):
            return event_data
        event_data.is_read = message.is_read
        event_data.send_state = message.state
        if facts.is_outgoing:
            self._SetOrigin(event_data, message)
        if message.problem is not None:
            self._maker.AddDetails(
                event_data, {"not decoded to its end": message.problem.reason}
            )
        return event_data

    @staticmethod
    def _SetOrigin(event_data, message):
        """Sets where an outgoing message was composed.

        Args:
          event_data (TelegramMessageEventData): event data.
          message (PhoneMessage): message.
        """
        if message.random_id is not None:
            event_data.origin = "this_installation"
            event_data.origin_basis = "random_id"
            # As the client's source has it; no telephone has confirmed it.
            event_data.origin_confidence = "strong"
        elif message.is_random_id_known:
            event_data.origin = "no_local_trace"
            event_data.origin_basis = "no_random_id"
        else:
            event_data.origin = "not_determinable"


PARSERS = (TelegramWindowsPhoneParser,)
