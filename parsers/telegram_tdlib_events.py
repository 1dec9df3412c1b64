"""Turns what TDLib's files hold into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import tdlib_values
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import tl_message_events

CLIENT = "TDLib application"
_MICROSECONDS = 1000000


def MakeTime(seconds):
    """Creates a date and time.

    Args:
      seconds (float): seconds since 1970 UTC, None if there is none.

    Returns:
      dfdatetime.DateTimeValues: date and time or None.
    """
    if not seconds or seconds < 0:
        return None
    if seconds == int(seconds):
        return dfdatetime_posix_time.PosixTime(timestamp=int(seconds))
    return dfdatetime_posix_time.PosixTimeInMicroseconds(
        timestamp=round(seconds * _MICROSECONDS)
    )


class TdlibContext:
    """What all events of one TDLib directory have in common.

    Attributes:
      application (Application): application that the directory belongs to.
      state (TdlibState): what the event log tells, None if it is missing or locked.
      written_time (dfdatetime.DateTimeValues): modification time of the file at hand.
    """

    def __init__(self, application, state, written_time):
        """Initializes a context.

        Args:
          application (Application): application that the directory belongs to.
          state (TdlibState): what the event log tells or None.
          written_time (dfdatetime.DateTimeValues): modification time of the file.
        """
        super().__init__()
        self.application = application
        self.state = state
        self.written_time = written_time
        key = state.key_of_home() if state is not None else None
        self._session = key.identifier if key is not None else None

    @property
    def account_number(self):
        """int: user identifier of the account or None."""
        return self.state.user if self.state is not None else None

    def Apply(self, event_data, basis):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        application = self.application
        event_data.attribution_basis = basis
        event_data.client_name = application.name
        event_data.client_package = application.package
        event_data.android_user = application.android_user
        if self.state is not None:
            if self.state.user is not None:
                event_data.account_identifier = str(self.state.user)
            event_data.session_data_center = self.state.home
            event_data.session_identifier = self._session
        if hasattr(event_data, "account_slot") and application.slot is not None:
            event_data.account_slot = str(application.slot)
        # Messages and calls have none: their own time says it all.
        if hasattr(event_data, "written_time"):
            event_data.written_time = self.written_time


def SetRecord(event_data, record):
    """Sets where a record of the event log stands.

    Args:
      event_data (TelegramEventData): event data.
      record (BinlogRecord): record.
    """
    event_data.record_offset = record.offset
    event_data.record_sequence = record.identifier
    if hasattr(event_data, "record_state"):
        event_data.record_state = record.state


class LogEventMaker:
    """Creates the event data of an event log."""

    BASIS = "tdlib_binlog"

    def __init__(self, context):
        """Initializes a maker.

        Args:
          context (TdlibContext): what all events have in common.
        """
        super().__init__()
        self._context = context

    def Make(self):
        """Creates the event data of account, sessions, traces and settings.

        Yields:
          TelegramEventData: event data.
        """
        state = self._context.state
        yield self._MakeAccount()
        for key in state.keys:
            if key.data_center == state.home:
                yield self._MakeSession(key)
        for other in state.others:
            yield self._MakeOther(other)
        for trace in state.traces:
            event_data = client_trace_event_data.TelegramClientTraceEventData()
            self._context.Apply(event_data, self.BASIS)
            SetRecord(event_data, trace.record)
            event_data.recorded_time = MakeTime(trace.time)
            event_data.trace_details = trace.details
            event_data.trace_type = trace.kind
            if event_data.recorded_time is not None:
                event_data.written_time = None
            yield event_data
        for setting in state.settings:
            event_data = telegram_event_data.TelegramSettingEventData()
            self._context.Apply(event_data, self.BASIS)
            SetRecord(event_data, setting.record)
            event_data.setting_name = setting.name
            event_data.setting_value = setting.value
            yield event_data

    def _MakeAccount(self):
        """Creates the event data of the account.

        Returns:
          TelegramAccountEventData: event data.
        """
        state = self._context.state
        event_data = telegram_event_data.TelegramAccountEventData()
        self._context.Apply(event_data, self.BASIS)
        event_data.account_phone = tl_message_events.GetDigits(state.phone)
        event_data.record_state = "current"
        return event_data

    def _MakeSession(self, key):
        """Creates the event data of a session.

        Args:
          key (AuthKey): authorization key of the home data center.

        Returns:
          TelegramSessionEventData: event data.
        """
        state = self._context.state
        event_data = telegram_event_data.TelegramSessionEventData()
        self._context.Apply(event_data, self.BASIS)
        SetRecord(event_data, key.record)
        event_data.session_identifier = key.identifier
        event_data.session_data_center = key.data_center
        current = state.key_of_home()
        is_same = current is not None and current.identifier == key.identifier
        if key.record.state == "current":
            event_data.created_time = MakeTime(state.login)
            if not key.is_authorized:
                event_data.record_state = "unused_slot"
        if not is_same:
            event_data.account_identifier = None
        event_data.key_identifiers = list(
            dict.fromkeys(
                other.identifier
                for other in state.keys
                if other.record.state == key.record.state
            )
        )
        event_data.connected_time = None
        words = []
        if key.created is not None:
            made = MakeTime(key.created).CopyToDateTimeStringISO8601()
            words.append(f"key made here at {made:s} by the server's clock")
        if not key.is_authorized:
            words.append("not logged in with it")
        if state.is_test:
            words.append("at Telegram's test servers")
        if state.state not in (None, "ok"):
            words.append(f"state of the log-in: {state.state:s}")
        event_data.session_details = "; ".join(words) or None
        if state.clock_difference is not None:
            event_data.server_clock_difference = round(state.clock_difference)
        return event_data

    def _MakeOther(self, other):
        """Creates the event data of a login on another device.

        Args:
          other (OtherSession): login.

        Returns:
          TelegramSessionEventData: event data.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        self._context.Apply(event_data, "tdlib_new_authorizations")
        SetRecord(event_data, other.record)
        event_data.session_identifier = None
        event_data.session_data_center = None
        event_data.authorization_hash = str(other.hash)
        event_data.created_time = MakeTime(other.date)
        event_data.login_device_model = other.device or None
        event_data.login_location = other.location or None
        # A list, not the storage of that session.
        event_data.record_state = (
            None if other.record.state == "current" else other.record.state
        )
        return event_data


class MessageEventMaker:
    """Creates the event data of messages."""

    def __init__(self, context, book):
        """Initializes a maker.

        Args:
          context (TdlibContext): what all events have in common.
          book (AddressBook): names of users and chats.
        """
        super().__init__()
        self._book = book
        self._context = context
        self._maker = tl_message_events.MessageMaker(
            context.account_number, lambda _: None, book.GetName
        )

    def Make(self, message, dialog, basis):
        """Creates the event data of a message, call or notice.

        Args:
          message (TdlibMessage): message.
          dialog (int): identifier of the chat as stored.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramEventData: event data.
        """
        facts = message.facts
        chat = self._book.GetChat(dialog)
        if chat.chat_type == "saved" and facts.forward is None:
            # Of notes to oneself TDLib stores no direction, and tells it so.
            facts.is_outgoing = True
        timestamp = None if message.is_scheduled else facts.date
        event_data = self._maker.Make(facts, chat, facts.identifier, timestamp)
        self._context.Apply(event_data, basis)
        event_data.message_identifier = self._GetIdentifier(message)
        if not isinstance(event_data, message_event_data.TelegramMessageEventData):
            return event_data
        if message.is_scheduled:
            event_data.scheduled_time = MakeTime(message.identifier.scheduled)
            event_data.sent_time = None
        if message.is_failed:
            event_data.send_state = "failed"
        elif message.identifier.kind == "unsent":
            event_data.send_state = "sending"
        self._SetOrigin(event_data, message, chat)
        details = {
            "error": message.error,
            "sent by the clock of this device": message.send_date,
            "received from the server (Unix time)": message.received,
            "TDLib's number": (
                None if facts.identifier is not None else str(message.identifier.value)
            ),
        }
        if message.problem is not None:
            details["not decoded to its end"] = message.problem.reason
        elif message.unread is not None:
            details["not decoded to its end"] = message.unread
        if facts.media is not None and facts.media.kind == "poll":
            details.update(self._book.GetPoll(facts.media.identifier))
        self._maker.AddDetails(event_data, details)
        event_data.is_read = self._book.GetRead(
            dialog, facts.identifier, event_data.is_outgoing
        )
        return event_data

    @staticmethod
    def _GetIdentifier(message):
        """Determines the identifier of a message.

        Args:
          message (TdlibMessage): message.

        Returns:
          str: the server's, or TDLib's own with its kind.
        """
        if message.facts.identifier is not None:
            return str(message.facts.identifier)
        kind = message.identifier.kind or "local"
        return f"{kind}:{message.identifier.value}"

    @staticmethod
    def _SetOrigin(event_data, message, chat):
        """Sets where an outgoing message was composed (specification section 8.1).

        Args:
          event_data (TelegramMessageEventData): event data.
          message (TdlibMessage): message.
          chat (Chat): chat.
        """
        if not message.facts.is_outgoing:
            return
        if chat.kind == "secret":
            # Of a secret chat no other session has the keys; both sides' messages
            # have a random id.
            event_data.origin = "this_installation"
            event_data.origin_basis = "secret_chat"
            event_data.origin_confidence = "strong"
        elif message.random_id is not None:
            event_data.origin = "this_installation"
            event_data.origin_basis = " ".join(("random_id", *message.marks))
            event_data.origin_confidence = "certain"
        elif message.problem is not None and message.problem.offset < 16:
            event_data.origin = "not_determinable"
        else:
            event_data.origin = "no_local_trace"
            event_data.origin_basis = "no_random_id"


class AddressBook:
    """Names of users and chats.

    Attributes:
      account_number (int): user identifier of the account or None.
    """

    def __init__(self, account_number):
        """Initializes an address book.

        Args:
          account_number (int): user identifier of the account or None.
        """
        super().__init__()
        self._bots = set()
        self._chats = {}
        self._names = {}
        self._polls = {}
        self._read = {}
        self._secret = {}
        self.account_number = account_number

    def AddUser(self, facts):
        """Adds a user.

        Args:
          facts (UserFacts): user.
        """
        peer = tl_peers.Peer("user", facts.identifier)
        if facts.name is not None:
            self._names[peer] = facts.name
        if facts.is_bot:
            self._bots.add(facts.identifier)

    def AddChat(self, facts):
        """Adds a group or channel.

        Args:
          facts (ChatFacts): chat.
        """
        if facts.title is not None:
            self._names[facts.peer] = facts.title
        self._chats[facts.peer] = facts.chat_type

    def AddSecretChat(self, facts):
        """Adds a secret chat.

        Args:
          facts (SecretChatFacts): secret chat.
        """
        self._secret[facts.number] = facts.user

    def AddDialog(self, facts):
        """Adds how far a chat was read.

        Args:
          facts (DialogFacts): row of the list of chats.
        """
        self._read[facts.dialog] = (facts.read_inbox, facts.read_outbox)

    def AddPoll(self, number, facts):
        """Adds a poll.

        Args:
          number (int): number of the poll.
          facts (dict[str, object]): what is stored of it.
        """
        self._polls[number] = facts

    def GetPoll(self, number):
        """Retrieves a poll.

        Args:
          number (int): number of the poll or None.

        Returns:
          dict[str, object]: what is stored of it; empty if it is not known.
        """
        return self._polls.get(number) or {}

    def GetRead(self, dialog, number, is_outgoing):
        """Determines if a message was read.

        Args:
          dialog (int): identifier of the chat as stored.
          number (int): identifier of the message at the server or None.
          is_outgoing (bool): sent by the account.

        Returns:
          bool: True if it was, None if it is not known.
        """
        inbox, outbox = self._read.get(dialog) or (None, None)
        last = outbox if is_outgoing else inbox
        if number is None or last is None or dialog == self.account_number:
            return None
        return number <= last

    def GetName(self, peer):
        """Retrieves the name of a peer.

        Args:
          peer (Peer): peer.

        Returns:
          str: name or None if not known.
        """
        return self._names.get(peer)

    def GetChatType(self, peer):
        """Determines the type of a group or channel.

        Args:
          peer (Peer): group or channel.

        Returns:
          str: type or None if not known.
        """
        return "group" if peer.kind == "group" else self._chats.get(peer)

    def GetChat(self, dialog):
        """Creates the chat that a dialog identifier stands for.

        Args:
          dialog (int): dialog identifier.

        Returns:
          Chat: chat.
        """
        kind, number = tdlib_values.read_dialog_id(dialog)
        if kind == "secret":
            user = self._secret.get(number)
            title = self._names.get(tl_peers.Peer("user", user))
            return tl_message_events.Chat("secret", number, "secret", title, user)
        title = self._names.get(tl_peers.Peer(kind, number))
        if kind == "user":
            chat_type = "bot" if number in self._bots else "user"
            if number == self.account_number:
                chat_type = "saved"
            return tl_message_events.Chat("user", number, chat_type, title, number)
        chat_type = self.GetChatType(tl_peers.Peer(kind, number))
        return tl_message_events.Chat(kind, number, chat_type, title)
