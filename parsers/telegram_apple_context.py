"""What events of Telegram for iOS and native macOS have in common."""

import re
import sqlite3

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import postbox_account
from telegram_forensics.formats import postbox_coding
from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keychain
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_message
from telegram_forensics.formats import postbox_peers
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats import sqlite_rows
from telegram_forensics.formats import tl_peers
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import tl_message_events
from telegram_forensics.vfs import type_indicators

BASIS_DATABASE = "apple_database"
BASIS_KEYCHAIN = "apple_keychain"

IOS = "iOS"
MACOS = "macOS"

_CLIENTS = {IOS: "Telegram for iOS", MACOS: "Telegram for macOS"}
_IOS_FOLDER = "telegram-data"
_MACOS_FOLDER = "ru.keepcoder.telegram"


def MakeTime(seconds):
    """Creates a date and time.

    Args:
      seconds (float): seconds since 1970 UTC, None or not positive if there is none.

    Returns:
      dfdatetime.DateTimeValues: date and time or None if there is none.
    """
    if not seconds or seconds < 0:
        return None
    if seconds == int(seconds):
        return dfdatetime_posix_time.PosixTime(timestamp=int(seconds))
    return dfdatetime_posix_time.PosixTimeInMicroseconds(
        timestamp=round(seconds * 1000000)
    )


def GetMessageIdentifier(message):
    """Retrieves the identifier of a message.

    Numbers of the server and those of this database overlap.

    Args:
      message (MessageId): message.

    Returns:
      str: number; where it is not the server's, with the namespace in front.
    """
    if message.namespace == postbox_ids.CLOUD:
        return str(message.number)
    return f"{message.namespace:d}:{message.number:d}"


def GetPathSegments(path_spec):
    """Retrieves the path of a file, of a decrypted one that of the encrypted file.

    Args:
      path_spec (dfvfs.PathSpec): path specification.

    Returns:
      list[str]: path segments.
    """
    if path_spec.type_indicator == type_indicators.TYPE_INDICATOR_SQLCIPHER:
        path_spec = path_spec.parent
    location = getattr(path_spec, "location", None) or ""
    return [part for part in re.split(r"[/\\]", location) if part]


class AppleStore:
    """Storage of the client that a file belongs to.

    Attributes:
      client_name (str): name of the client.
      platform (str): "iOS" or "macOS" by the path, or None if it does not tell.
      record (int): record identifier of the account by its folder, or None.
    """

    def __init__(self, path_spec):
        """Initializes a storage.

        Args:
          path_spec (dfvfs.PathSpec): path specification of a file.
        """
        super().__init__()
        self.platform = None
        self.record = None
        for name in GetPathSegments(path_spec):
            if name == _IOS_FOLDER:
                self.platform = IOS
            elif name.lower().endswith(_MACOS_FOLDER):
                self.platform = MACOS
            record = postbox_account.record_of_folder(name)
            if record is not None:
                self.record = record
        self.client_name = _CLIENTS.get(self.platform, "Telegram for iOS or macOS")

    def Apply(self, event_data, basis):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        event_data.attribution_basis = basis
        event_data.client_name = self.client_name
        event_data.device_platform = self.platform
        if self.record is not None and hasattr(event_data, "account_slot"):
            event_data.account_slot = str(self.record)


class PostboxReader:
    """A Postbox database: account, session, names, media.

    Attributes:
      account (AccountState): state of the account or None if there is none.
      keychain (Keychain): keys.
      schema (int): schema version or None if not known.
      store (AppleStore): storage that the database belongs to.
      view (DatabaseView): database.
    """

    def __init__(self, view, store):
        """Initializes a reader.

        Args:
          view (DatabaseView): database.
          store (AppleStore): storage that the database belongs to.
        """
        super().__init__()
        self.account = None
        self.schema = None
        self.store = store
        self.view = view
        self._chats = {}
        self._values = None
        self._names = {}
        self._peers = {}
        self._ReadState()
        self.keychain = postbox_keychain.read_keychain(
            (key if isinstance(key, bytes) else str(key).encode(), value)
            for key, value in self.Rows("t1")
            if isinstance(value, bytes)
        )
        for name, reason in self.keychain.problems:
            self.view.Warn(f"table t1, {name:s}: {reason:s}")
        self._ReadPeers()

    @property
    def account_number(self):
        """int: user identifier of the account or None if not known."""
        peer = postbox_ids.read_peer(self.account.peer) if self.account else None
        return peer.number if peer is not None and peer.kind == "user" else None

    @property
    def chats(self):
        """dict[int, StoredPeer]: peers by their stored number."""
        return self._peers

    @property
    def session(self):
        """StoredKey: key of the home data center or None if there is none."""
        if self.account is None or not self.account.is_authorized:
            return None
        return self.keychain.session(self.account.data_center)

    def Rows(self, table):
        """Reads a table as it counts.

        Args:
          table (str): name of the table.

        Yields:
          tuple[object, object]: key and value.
        """
        for row in self.view.ReadCurrent(table, ["key", "value"]):
            yield row.values

    def Decode(self, table, key, data):
        """Decodes a stored object.

        Args:
          table (str): name of the table.
          key (object): key of the row.
          data (object): value of the row.

        Returns:
          PostboxObject: object as far as it could be decoded, or None.
        """
        problems = []
        value = None
        try:
            if not isinstance(data, bytes):
                raise FormatError(0, "value is no blob")
            value = postbox_coding.read_root(data, problems)
        except FormatError as exception:
            problems.append((exception.offset, exception.reason))
        self.Warn(table, key, problems)
        return value

    def Warn(self, table, key, problems):
        """Produces warnings about a row.

        Args:
          table (str): name of the table.
          key (object): key of the row.
          problems (list[tuple[int, str]]): offset in the value and reason.
        """
        place = key.hex() if isinstance(key, bytes) else str(key)
        for offset, reason in problems:
            self.view.Warn(
                f"table {table:s}, key {place:s}: offset 0x{offset:x} of the value: "
                f"{reason:s}"
            )

    def _ReadState(self):
        """Reads schema version and state of the account."""
        for key, value in self.Rows("t0"):
            if key == 1 and isinstance(value, bytes) and len(value) >= 4:
                self.schema = postbox_tables.read_int32(value)
            elif key == 2 and isinstance(value, bytes):
                state = self.Decode("t0", key, value)
                if state is not None:
                    self.account = postbox_account.read_account_state(state)

    def _ReadPeers(self):
        """Reads who is who."""
        for key, value in self.Rows("t2"):
            if not isinstance(key, int) or not isinstance(value, bytes):
                continue
            try:
                stored = postbox_coding.read_root(value, [])
            except FormatError:
                continue
            found = postbox_peers.read_stored_peer(key, stored)
            self._peers[key] = found
            peer = postbox_ids.read_peer(key)
            name = found.name
            if name is None and found.user is not None:
                name = found.user.username
            if peer is not None and name is not None:
                self._names[peer] = name

    def Apply(self, event_data, basis=BASIS_DATABASE):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (Optional[str]): code of the stored fact behind the attribution.
        """
        self.store.Apply(event_data, basis)
        if self._values is None:
            self._values = self._MakeValues()
        event_data.__dict__.update(self._values)

    def _MakeValues(self):
        """Determines what session, account and device are.

        Returns:
          dict[str, object]: values by name of the attribute.
        """
        values = {}
        number = self.account_number
        if number is not None:
            values["account_identifier"] = str(number)
            owner = self._peers.get(self.account.peer)
            if owner is not None and owner.user is not None:
                values["account_name"] = owner.user.name
                values["account_phone"] = tl_message_events.GetDigits(owner.user.phone)
                values["account_username"] = owner.user.username
        session = self.session
        if session is not None:
            values["session_data_center"] = session.data_center
            values["session_identifier"] = session.identifier
            announced = session.initialization
            if announced is not None:
                values["client_version"] = announced.app_version
                values["device_model"] = announced.device_model
        return {name: value for name, value in values.items() if value is not None}

    def GetName(self, peer):
        """Retrieves the name of a peer.

        Args:
          peer (Peer): peer.

        Returns:
          str: name or None if not known.
        """
        return self._names.get(peer)

    def GetChat(self, value):
        """Retrieves a chat.

        Args:
          value (int): stored number of the chat.

        Returns:
          Chat: chat.
        """
        chat = self._chats.get(value)
        if chat is None:
            chat = self._chats[value] = self._MakeChat(value)
        return chat

    def _MakeChat(self, value):
        """Creates a chat.

        Args:
          value (int): stored number of the chat.

        Returns:
          Chat: chat.
        """
        found = self._peers.get(value)
        peer = postbox_ids.read_peer(value)
        if peer is None:
            number = postbox_ids.unpack_peer(value).number
            return tl_message_events.Chat("group", number, None, None)
        chat_type = found.chat_type if found is not None else None
        if peer.kind == "secret":
            user = found.secret.user if found is not None and found.secret else None
            title = self._names.get(tl_peers.Peer("user", user))
            return tl_message_events.Chat("secret", peer.number, "secret", title, user)
        title = self._names.get(peer)
        if peer.kind != "user":
            if peer.kind == "group":
                chat_type = "group"
            return tl_message_events.Chat(peer.kind, peer.number, chat_type, title)
        if peer.number == self.account_number:
            chat_type = "saved"
        return tl_message_events.Chat(
            "user", peer.number, chat_type or "user", title, peer.number
        )

    def _Find(self, table, key):
        """Looks a row up, in the state that counts first.

        Args:
          table (str): name of the table.
          key (bytes): key.

        Returns:
          bytes: value or None if there is no such row.
        """
        for state in self.view.GetStates():
            if table not in state.columns:
                continue
            try:
                row = state.connection.execute(
                    f"SELECT value FROM {table} WHERE key = ? "
                    f"AND length(value) <= {sqlite_rows.MAXIMUM_VALUE}",
                    (key,),
                ).fetchone()
            except (sqlite3.Error, OverflowError):
                continue
            if row is not None and isinstance(row[0], bytes):
                return row[0]
        return None

    def FindMedia(self, media_id):
        """Looks media up that stand apart from their message (t6).

        Args:
          media_id (MediaId): media identifier.

        Returns:
          PostboxObject: media or None if they are not stored.
        """
        try:
            data = self._Find("t6", postbox_keys.media_key(*media_id))
            if data is None:
                return None
            entry = postbox_tables.read_media_entry(data, [])
            if entry.message is None:
                return entry.media
            key = postbox_keys.MessageKey(
                entry.message.peer,
                entry.message.namespace,
                entry.timestamp,
                entry.message.number,
            )
            data = self._Find("t7", postbox_keys.message_key(key, self.schema))
            if data is None:
                return None
            message = postbox_message.read_message(data, [])
        except FormatError:
            return None
        for item in message.media:
            if postbox_ids.read_media_id(item.data("i")) == media_id:
                return item
        return None
