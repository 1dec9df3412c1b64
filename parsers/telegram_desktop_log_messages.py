"""Turns the messages in Telegram Desktop's debug logs into plaso event data."""

from telegram_forensics.formats import service_notice
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import telegram_desktop_account_files as account_files

SERVICE_ACCOUNT = 777000
ORIGIN_BASIS = "debug_log_request"

_CALL_REASONS = {
    "phoneCallDiscardReasonBusy": "busy",
    "phoneCallDiscardReasonDisconnect": "disconnect",
    "phoneCallDiscardReasonHangup": "hangup",
    "phoneCallDiscardReasonMissed": "missed",
}


class MessageMaker:
    """Makes event data of the messages of one log.

    Attributes:
      names (PeerNames): names that the answers in the log give.
    """

    def __init__(self, names):
        """Initializes a maker.

        Args:
          names (PeerNames): names that the answers in the log give.
        """
        super().__init__()
        self.names = names

    def MakeSent(self, record, own_identifier):
        """Creates the event data of a message that this installation sent.

        Args:
          record (SentMessage): request, with its answer if there is one.
          own_identifier (int): user id of the account or None if not known.

        Returns:
          TelegramMessageEventData: event data.
        """
        event_data = message_event_data.TelegramMessageEventData()
        self._SetChat(event_data, record.peer, own_identifier)
        event_data.is_outgoing = True
        event_data.media_name = record.file_name
        event_data.media_type = record.media_type
        if record.message_id is not None:
            event_data.message_identifier = str(record.message_id)
        if record.scheduled:
            event_data.origin = "not_applicable"
        else:
            event_data.origin = "this_installation"
            event_data.origin_basis = ORIGIN_BASIS
            event_data.origin_confidence = "certain"
        event_data.record_offset = record.offset
        if record.reply_to is not None:
            event_data.reply_to_identifier = str(record.reply_to)
        if own_identifier is not None:
            event_data.sender_identifier = str(own_identifier)
            event_data.sender_name = self.names.users.get(own_identifier)
        details = []
        if record.forwarded_id is not None:
            details.append(f"forwards message {record.forwarded_id:d}")
        if record.scheduled:
            details.append(f"scheduled for {record.scheduled:d} (seconds UTC)")
        if record.message_id is None:
            details.append("the answer to the request is not in this log")
        event_data.service_details = "; ".join(details) or None
        # Without an answer the time is that of the request, by the client's
        # server-corrected clock.
        sent_time = record.date if record.date is not None else record.sent
        event_data.sent_time = account_files.MakePosixTime(sent_time)
        event_data.text = record.text or None
        return event_data

    def MakeSeen(self, record, own_identifier):
        """Creates the event data of a message that the server delivered.

        Args:
          record (SeenMessage): message.
          own_identifier (int): user id of the account or None if not known.

        Returns:
          TelegramEventData: event data of a message, call or notice.
        """
        peer = record.peer
        if peer and peer.kind == "user" and peer.bare == SERVICE_ACCOUNT:
            return self._MakeNotice(record)

        sender = record.sender
        sender_identifier = sender.bare if sender else None
        sender_type = sender.kind if sender else None
        if sender_identifier is None and peer is not None:
            # Left out where the direction tells it: in private chats, and in channels.
            if record.is_outgoing:
                sender_identifier, sender_type = own_identifier, "user"
            elif peer.kind in ("user", "channel"):
                sender_identifier, sender_type = peer.bare, peer.kind
        if record.call is not None:
            event_data = self._MakeCall(record)
        else:
            event_data = self._MakeMessage(record)
            event_data.sender_type = sender_type if sender_identifier else None
        self._SetChat(event_data, peer, own_identifier)
        if record.message_id is not None:
            event_data.message_identifier = str(record.message_id)
        event_data.record_offset = record.offset
        if sender_identifier is not None:
            event_data.sender_identifier = str(sender_identifier)
            event_data.sender_name = self._GetName(sender_type, sender_identifier)
        return event_data

    def _MakeMessage(self, record):
        """Creates the event data of an ordinary or service message.

        Args:
          record (SeenMessage): message.

        Returns:
          TelegramMessageEventData: event data.
        """
        event_data = message_event_data.TelegramMessageEventData()
        event_data.edited_time = account_files.MakePosixTime(record.edited)
        forwarded = [record.forwarded_from_name]
        if record.forwarded_from is not None:
            kind, bare = record.forwarded_from.kind, record.forwarded_from.bare
            forwarded = [self._GetName(kind, bare), f"({kind} {bare})"]
        event_data.forwarded_from = " ".join(filter(None, forwarded)) or None
        event_data.forwarded_time = account_files.MakePosixTime(record.forwarded_date)
        if record.grouped is not None:
            event_data.grouped_identifier = str(record.grouped)
        event_data.is_outgoing = record.is_outgoing
        event_data.media_name = record.file_name
        event_data.media_size = record.file_size
        event_data.media_type = record.media_type
        if record.is_outgoing:
            # An answer delivers it like any other: it may come from the history.
            event_data.origin = "not_determinable"
        if record.reply_to is not None:
            event_data.reply_to_identifier = str(record.reply_to)
        event_data.sent_time = account_files.MakePosixTime(record.date)
        event_data.service_action = record.action
        event_data.text = record.text or None
        if record.via_bot is not None:
            name = self.names.users.get(record.via_bot)
            event_data.via_bot = name or str(record.via_bot)
        return event_data

    def _MakeCall(self, record):
        """Creates the event data of a call.

        Args:
          record (SeenMessage): message of the call.

        Returns:
          TelegramCallEventData: event data.
        """
        event_data = message_event_data.TelegramCallEventData()
        event_data.call_type = "video" if record.call.is_set("video") else "voice"
        event_data.direction = "outgoing" if record.is_outgoing else "incoming"
        event_data.duration = record.call.number("duration")
        if record.peer is not None and record.peer.bare is not None:
            event_data.peer_identifier = str(record.peer.bare)
            event_data.peer_name = self._GetName(record.peer.kind, record.peer.bare)
        reason = record.call.child("reason")
        if reason is not None:
            event_data.reason = _CALL_REASONS.get(reason.name, reason.name)
        event_data.start_time = account_files.MakePosixTime(record.date)
        return event_data

    def _MakeNotice(self, record):
        """Creates the event data of a message of Telegram's own account.

        Args:
          record (SeenMessage): message.

        Returns:
          TelegramNoticeEventData: event data.
        """
        notice = service_notice.classify(record.text or "", record.date)
        event_data = message_event_data.TelegramNoticeEventData()
        event_data.chat_identifier = str(SERVICE_ACCOUNT)
        event_data.login_client_name = notice.client
        event_data.login_device_model = notice.device
        event_data.login_ip_address = notice.ip_address
        event_data.login_location = notice.location
        if record.message_id is not None:
            event_data.message_identifier = str(record.message_id)
        event_data.notice_basis = notice.basis.value if notice.basis else None
        event_data.notice_sender_basis = "identifier"
        event_data.notice_type = notice.type.value
        event_data.record_offset = record.offset
        event_data.reported_time = account_files.MakePosixTime(notice.reported_time)
        event_data.sender_identifier = str(SERVICE_ACCOUNT)
        event_data.sent_time = account_files.MakePosixTime(record.date)
        event_data.text = record.text or None
        return event_data

    def _GetName(self, kind, identifier):
        """Determines the name of a peer.

        Args:
          kind (str): "user", "group" or "channel".
          identifier (int): its own id.

        Returns:
          str: name or None if the log gives none.
        """
        if kind == "user":
            return self.names.users.get(identifier)
        return self.names.chats.get((kind, identifier))

    def _SetChat(self, event_data, peer, own_identifier):
        """Sets the chat of an event.

        Args:
          event_data (TelegramEventData): event data.
          peer (Peer): chat or None if the log does not tell it.
          own_identifier (int): user id of the account or None if not known.
        """
        if peer is None:
            return
        bare = own_identifier if peer.kind == "saved" else peer.bare
        chat_type = peer.kind
        if peer.kind == "user" and bare == own_identifier:
            chat_type = "saved"
        elif peer.kind == "user" and bare in self.names.bots:
            chat_type = "bot"
        elif peer.kind == "channel" and bare in self.names.supergroups:
            chat_type = "supergroup"
        event_data.chat_type = chat_type
        if bare is not None:
            event_data.chat_identifier = str(bare)
            kind = "user" if peer.kind == "saved" else peer.kind
            event_data.chat_title = self._GetName(kind, bare)
