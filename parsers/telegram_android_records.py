"""What else the database of Telegram for Android tells: searches, downloads, logins."""

from dfdatetime import java_time as dfdatetime_java_time

from telegram_forensics.formats import android_database
from telegram_forensics.formats import tl_media
from telegram_forensics.formats import tl_message
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_android_tables as android_tables
from telegram_forensics.parsers import tl_message_events

# Requests that are repeated until they succeed, by the number in front of their data.
_PENDING_TASKS = {
    1: "load channel",
    2: "check last message",
    3: "send game",
    4: "pin chat",
    5: "check last message",
    6: "load channel",
    7: "delete messages",
    8: "check last message",
    9: "mark as unread",
    10: "check last message",
    11: "mark as read",
    13: "delete chat",
    14: "check last message",
    15: "order of pinned chats",
    16: "order of pinned chats",
    17: "move to folder",
    18: "delete scheduled messages",
    21: "set wallpaper",
    23: "mark as read",
    24: "delete messages",
    25: "load channel",
    100: "decline secret chat",
    101: "mark as read",
    102: "show once",
    103: "delete messages",
}


class RecordReader(android_tables.TableReader):
    """Reads the small tables of a database."""

    def __init__(self, parser_mediator, view, peers, apply, interval):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
          peers (Peers): who is who.
          apply (function): sets what every event carries.
          interval (tuple[int, int]): login and last known use of this data set, seconds
              since 1970 UTC; None if not known.
        """
        super().__init__(parser_mediator, view, peers, apply)
        self._interval = interval

    def Read(self):
        """Reads all tables and produces the events."""
        columns = {
            "params": ["date", "pts", "qts", "seq", "lsv"],
            "unconfirmed_auth": ["data"],
            "search_recent": ["did", "date"],
            "hashtag_recent_v2": ["id", "date"],
            "sharing_locations": ["uid", "mid", "date", "period"],
            "chat_hints": ["did", "type", "date", "rating"],
            "downloading_documents": ["id", "hash", "state", "date", "data"],
            "pending_tasks": ["id", "data"],
            "blocked_users": ["uid"],
            "stories": ["dialog_id", "story_id", "data"],
            "profile_stories": ["dialog_id", "story_id", "data"],
            "story_drafts": ["id", "date", "type"],
        }
        methods = {
            "params": self._ReadParams,
            "unconfirmed_auth": self._ReadLogin,
            "search_recent": self._ReadSearch,
            "hashtag_recent_v2": self._ReadHashtag,
            "sharing_locations": self._ReadLiveLocation,
            "chat_hints": self._ReadHint,
            "downloading_documents": self._ReadDownload,
            "pending_tasks": self._ReadTask,
            "blocked_users": self._ReadBlocked,
            "stories": self._ReadStory,
            "profile_stories": self._ReadStory,
            "story_drafts": self._ReadStoryDraft,
        }
        for table, method in methods.items():
            if self._view.HasTable(table):
                self._ReadTable(table, columns[table], method)

    def _ReadTable(self, table, columns, method):
        """Reads a table.

        Args:
          table (str): name of the table.
          columns (list[str]): names of the columns.
          method (function): makes event data of the values of a row.
        """
        for row, state, event_data in self._ReadRows(table, columns, method):
            if event_data is None:
                continue
            if state is not None:
                event_data.record_state = state
            if isinstance(event_data, message_event_data.EVENT_DATA_CLASSES):
                event_data.record_table = table
                event_data.row_identifier = str(row.rowid)
            self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _MakeSetting(self, name, value, timestamp=None):
        """Creates the event data of a setting.

        Args:
          name (str): name.
          value (str): value.
          timestamp (Optional[int]): its time, seconds since 1970 UTC.

        Returns:
          TelegramSettingEventData: event data.
        """
        event_data = telegram_event_data.TelegramSettingEventData()
        self._apply(event_data)
        event_data.record_state = "current"
        event_data.setting_name = name
        event_data.setting_value = value
        event_data.value_time = tl_message_events.MakeTime(
            android_database.time(timestamp)
        )
        return event_data

    def _Describe(self, dialog_id):
        """Describes a chat.

        Args:
          dialog_id (int): dialog identifier as stored.

        Returns:
          str: kind, identifier and title.
        """
        chat = self._peers.GetChat(dialog_id)
        words = f"{chat.chat_type or chat.kind} {chat.identifier}"
        return f"{words} ({chat.title})" if chat.title else words

    def _ReadParams(self, table, row):
        """Reads the state of the updates.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        date, pts, qts, seq, layer = row.values
        return self._MakeSetting(
            "last_processed_state",
            f"pts {pts}, qts {qts}, seq {seq}, secret layer version {layer}",
            date,
        )

    def _ReadLogin(self, table, row):
        """Reads another login that the owner has not confirmed.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSessionEventData: event data or None if it cannot be decoded.
        """
        value = self._Decode(table, row, row.values[0], "UnconfirmedAuth")
        if value is None:
            return None
        event_data = telegram_event_data.TelegramSessionEventData()
        self._apply(event_data)
        event_data.attribution_basis = "android_unconfirmed_auth"
        # It describes another session than the one in whose storage it stands.
        event_data.session_data_center = None
        event_data.session_identifier = None
        number = value.get("hash")
        if number is not None:
            event_data.authorization_hash = str(number % (1 << 64))
        event_data.created_time = tl_message_events.MakeTime(value.get("date"))
        event_data.login_device_model = value.get("device") or None
        event_data.login_location = value.get("location") or None
        return event_data

    def _ReadSearch(self, table, row):
        """Reads a chat that was opened from the search.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        did, date = row.values
        return self._MakeSetting("opened_from_search", self._Describe(did), date)

    def _ReadHashtag(self, table, row):
        """Reads a hashtag that was used.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        name, date = row.values
        return self._MakeSetting("recent_hashtag", str(name), date)

    def _ReadLiveLocation(self, table, row):
        """Reads a live location that this device shares.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        uid, mid, date, period = row.values
        return self._MakeSetting(
            "live_location_shared_until",
            f"{self._Describe(uid)}, message {mid}, {period} seconds",
            date,
        )

    def _ReadHint(self, table, row):
        """Reads when a message was last sent from this device to a user.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramChatEventData: event data or None if no time is stored.
        """
        did, kind, date, rating = row.values
        date = android_database.integer(date)
        if not date:
            return None
        event_data = message_event_data.TelegramChatEventData()
        self._apply(event_data)
        chat = self._peers.GetChat(did)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        login, last = self._interval
        times = []
        if login is not None and last is not None:
            times = android_database.restore_hint_time(date, login, last)
        if len(times) == 1:
            event_data.local_send_time = tl_message_events.MakeTime(times[0])
        words = tl_message_events.GetWords(
            {
                "frequent contact": kind == 0,
                "rating": rating,
                "stored time": date,
                "possible times of sending from this device": [
                    str(value) for value in times[:20]
                ]
                if len(times) > 1
                else None,
            }
        )
        event_data.chat_details = "; ".join(words)
        return event_data

    def _ReadDownload(self, table, row):
        """Reads a file that was downloaded on this device.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramFileEventData: event data.
        """
        number, _, state, date, data = row.values
        event_data = storage_event_data.TelegramFileEventData()
        self._apply(event_data)
        event_data.file_role = "download"
        event_data.document_identifier = str(number)
        if isinstance(date, int) and 0 < date < 1 << 53:
            event_data.download_time = dfdatetime_java_time.JavaTime(timestamp=date)
        facts = android_database.decode_message(data).facts
        media = facts.media
        if media is not None:
            event_data.file_type = media.kind
            event_data.file_size = media.size
            event_data.file_path = media.name
        if facts.identifier is not None:
            event_data.message_identifier = str(facts.identifier)
        if facts.chat is not None:
            event_data.chat_identifier = str(facts.chat.number)
            event_data.chat_type = facts.chat.kind
        if not state:
            event_data.file_role = "download_running"
        return event_data

    def _ReadTask(self, table, row):
        """Reads a request that has not succeeded yet.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        number, data = row.values
        kind = None
        if isinstance(data, bytes) and len(data) >= 4:
            kind = int.from_bytes(data[:4], "little")
        words = _PENDING_TASKS.get(kind, "not known")
        size = len(data) if isinstance(data, bytes) else 0
        return self._MakeSetting(
            "pending_task", f"{words}, type {kind}, task {number}, {size} bytes"
        )

    def _ReadBlocked(self, table, row):
        """Reads a user that the account has blocked.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramSettingEventData: event data.
        """
        return self._MakeSetting("blocked_user", self._Describe(row.values[0]))

    def _ReadStory(self, table, row):
        """Reads a story.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramMessageEventData: event data.
        """
        did, number, data = row.values
        value = self._Decode(table, row, data, "StoryItem")
        fields = value.fields if value is not None else {}
        event_data = message_event_data.TelegramMessageEventData()
        self._apply(event_data)
        chat = self._peers.GetChat(did)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        event_data.message_identifier = str(number)
        event_data.media_type = "story"
        sender = tl_peers.read_peer(fields.get("from_id"))
        event_data.sender_identifier = str(sender.number if sender else chat.number)
        event_data.sender_name = self._peers.GetName(sender) if sender else chat.title
        if chat.kind == "user" and self._peers.account_number is not None:
            event_data.is_outgoing = chat.number == self._peers.account_number
            if event_data.is_outgoing:
                event_data.origin = "not_determinable"
        event_data.sent_time = tl_message_events.MakeTime(fields.get("date"))
        event_data.self_destruct_time = tl_message_events.MakeTime(
            fields.get("expire_date")
        )
        event_data.text = fields.get("caption") or None
        media = fields.get("media")
        found = tl_media.read_media(media) if media is not None else None
        words = tl_message_events.GetWords(
            {
                "attachment": found.kind if found else None,
                "cloud file": found.identifier if found else None,
                "state": value.name if value is not None else "not readable",
                "views": tl_message.describe(fields["views"].fields.get("views_count"))
                if fields.get("views") is not None
                else None,
            }
        )
        event_data.service_details = "; ".join(words)
        return event_data

    def _ReadStoryDraft(self, table, row):
        """Reads a story that was not sent.

        Args:
          table (str): name of the table.
          row (Row): row.

        Returns:
          TelegramDraftEventData: event data.
        """
        number, date, kind = row.values
        event_data = storage_event_data.TelegramDraftEventData()
        self._apply(event_data)
        kinds = {1: "story_edit", 2: "story_failed"}
        event_data.draft_section = kinds.get(kind, "story")
        event_data.topic_identifier = str(number)
        if isinstance(date, int) and 0 < date < 1 << 53:
            event_data.saved_time = dfdatetime_java_time.JavaTime(timestamp=date)
        return event_data
