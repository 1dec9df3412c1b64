"""Turns messages of Telegram's schema into plaso event data, whatever the client."""

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import service_notice
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import message_event_data

SERVICE_ACCOUNT = tl_peers.SERVICE_ACCOUNT

_NEW_LOGIN_ACTION = "messageActionLoginUnknownLocation"


def MakeTime(timestamp):
    """Creates a date and time.

    Args:
      timestamp (int): seconds since 1970 UTC, None or not positive if there is none.

    Returns:
      dfdatetime.PosixTime: date and time or None if there is none.
    """
    if not timestamp or timestamp < 0:
        return None
    return dfdatetime_posix_time.PosixTime(timestamp=timestamp)


def GetDigits(phone_number):
    """Retrieves the digits of a phone number.

    Args:
      phone_number (str): phone number or None.

    Returns:
      str: digits or None.
    """
    return "".join(filter(str.isdigit, phone_number or "")) or None


def GetWords(values):
    """Puts stored values into words.

    Args:
      values (dict[str, object]): values by name, None or False for those not there.

    Returns:
      list[str]: words for each value.
    """
    words = []
    for key, value in values.items():
        if value is None or value is False or value == []:
            continue
        name = key.replace("_", " ")
        if value is True:
            words.append(name)
        elif isinstance(value, list):
            words.append(f"{name:s}: {', '.join(str(item) for item in value):s}")
        else:
            words.append(f"{name:s}: {value!s}")
    return words


class Chat:
    """Chat that messages stand in.

    Attributes:
      chat_type (str): type of the chat or None if not known.
      identifier (str): identifier, decimal.
      kind (str): "user", "group", "channel" or "secret".
      number (int): identifier of the peer.
      peer (int): user identifier of the other party of a dialog or secret chat, None
          for groups and channels.
      title (str): title or None if not known.
    """

    __slots__ = ("chat_type", "identifier", "kind", "number", "peer", "title")

    def __init__(self, kind, number, chat_type, title, peer=None):
        """Initializes a chat.

        Args:
          kind (str): kind of the peer.
          number (int): identifier of the peer.
          chat_type (str): type of the chat or None if not known.
          title (str): title or None if not known.
          peer (Optional[int]): user identifier of the other party.
        """
        super().__init__()
        self.chat_type = chat_type
        self.identifier = str(number)
        self.kind = kind
        self.number = number
        self.peer = peer
        self.title = title


class MessageMaker:
    """Creates event data of messages.

    Attributes:
      account_number (int): user identifier of the account or None if not known.
    """

    def __init__(self, account_number, apply, get_name):
        """Initializes a maker.

        Args:
          account_number (int): user identifier of the account or None if not known.
          apply (function): sets what every event carries.
          get_name (function): retrieves the name of a peer, None if not known.
        """
        super().__init__()
        self.account_number = account_number
        self._apply = apply
        self._get_name = get_name

    def Make(self, facts, chat, message_identifier, timestamp):
        """Creates the event data of a message, call or notice.

        Args:
          facts (MessageFacts): message.
          chat (Chat): chat.
          message_identifier (int): identifier of the message or None.
          timestamp (int): when it was sent, seconds since 1970 UTC, or None.

        Returns:
          TelegramEventData: event data.
        """
        if facts.call is not None:
            return self._MakeCall(facts, chat, message_identifier, timestamp)
        if chat.kind == "user" and chat.number == SERVICE_ACCOUNT:
            sender = facts.sender
            if not facts.is_outgoing and sender in (None, ("user", SERVICE_ACCOUNT)):
                return self._MakeNotice(facts, chat, message_identifier, timestamp)

        event_data = message_event_data.TelegramMessageEventData()
        self._apply(event_data)
        event_data.chat_identifier = chat.identifier
        if chat.title is not None:
            event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        event_data.is_outgoing = facts.is_outgoing
        if message_identifier is not None:
            event_data.message_identifier = str(message_identifier)
        sender = self._GetSender(facts, chat)
        if sender is not None:
            event_data.sender_identifier = str(sender.number)
            name = self._get_name(sender)
            if name is not None:
                event_data.sender_name = name
            if sender.kind != "user":
                event_data.sender_type = sender.kind
        if timestamp:
            event_data.sent_time = MakeTime(timestamp)
        if facts.text is not None:
            event_data.text = facts.text
        if facts.media is not None:
            self._SetMedia(event_data, facts.media)
        if not facts.is_plain:
            self._SetRest(event_data, facts, timestamp)
        return event_data

    def _GetSender(self, facts, chat):
        """Determines the sender.

        Newer layers leave the sender of a dialog's messages out where the chat and the
        direction tell it, and that of a channel's posts. In secret chats the Android
        client keeps 32 bits of the identifier only; there is nobody but the two.

        Args:
          facts (MessageFacts): message.
          chat (Chat): chat.

        Returns:
          Peer: sender or None if not known.
        """
        if facts.sender is not None and chat.kind != "secret":
            return facts.sender
        if chat.kind in ("user", "secret"):
            number = self.account_number if facts.is_outgoing else chat.peer
            if facts.is_outgoing is None or number is None:
                return None
            return tl_peers.Peer("user", number)
        # Where the chat was read, which stands behind the sender: in a message that
        # cannot be decoded the sender is not left out but unknown.
        if facts.chat is not None and facts.chat.kind == "channel":
            return tl_peers.Peer("channel", chat.number)
        return None

    def _SetMedia(self, event_data, media):
        """Sets what is attached.

        Args:
          event_data (TelegramMessageEventData): event data.
          media (MediaFacts): attachment.
        """
        event_data.media_type = media.kind
        event_data.media_duration = media.duration
        event_data.media_mime_type = media.mime_type
        event_data.media_name = media.name
        event_data.media_size = media.size
        if media.is_unavailable:
            event_data.media_state = "unavailable"
        event_data.contact_name = media.contact_name
        event_data.contact_phone = GetDigits(media.contact_phone)
        if media.latitude is not None and media.longitude is not None:
            event_data.location = f"{media.latitude:.6f}, {media.longitude:.6f}"
        if media.url is not None:
            event_data.links = [media.url]
        details = {"cloud file": media.identifier, **media.details}
        if media.caption and media.caption != event_data.text:
            details["caption"] = media.caption
        if media.contact_identifier:
            details["contact"] = f"user {media.contact_identifier:d}"
        self.AddDetails(event_data, details)

    def _SetRest(self, event_data, facts, timestamp):
        """Sets what most messages lack.

        Args:
          event_data (TelegramMessageEventData): event data.
          facts (MessageFacts): message.
          timestamp (int): when it was sent or None.
        """
        if facts.edited is not None:
            event_data.edited_time = MakeTime(facts.edited)
        if facts.reply_to is not None:
            event_data.reply_to_identifier = str(facts.reply_to)
            if facts.reply_chat is not None:
                event_data.reply_to_chat_identifier = str(facts.reply_chat.number)
        if facts.forward is not None:
            self._SetForward(event_data, facts.forward)
        if facts.action is not None:
            event_data.service_action = facts.action
            self.AddDetails(event_data, facts.action_details or {})
        if facts.links:
            event_data.links = [*(event_data.links or ()), *facts.links]
        if facts.grouped is not None:
            event_data.grouped_identifier = str(facts.grouped)
        if facts.via_bot is not None:
            event_data.via_bot = self._Name(facts.via_bot)
        if facts.author is not None:
            event_data.author_signature = facts.author
        if facts.reactions:
            event_data.reactions = facts.reactions
        if facts.ttl_period is not None and timestamp:
            event_data.self_destruct_time = MakeTime(timestamp + facts.ttl_period)
        details = {
            "reply quotes": facts.reply_quote,
            "views": facts.views,
            "forwarded so often": facts.forwards or None,
            "sent by schedule": facts.is_scheduled,
            "sent silently": facts.is_silent,
            "pinned": facts.is_pinned,
            "mentions the account": facts.is_mentioned,
            "deletes itself after seconds": facts.ttl_period,
            "destroyed after seconds": facts.self_destruct,
            "sent by bot on behalf": facts.via_business_bot,
            "quick reply": facts.quick_reply,
            "automatic reply": facts.is_offline,
            **facts.other,
        }
        self.AddDetails(event_data, details)

    def _Name(self, bot):
        """Names an inline bot.

        Args:
          bot (int|str): user identifier or username.

        Returns:
          str: name and identifier.
        """
        if isinstance(bot, str):
            return bot
        name = self._get_name(tl_peers.Peer("user", bot))
        return f"{name:s} ({bot:d})" if name else str(bot)

    def _SetForward(self, event_data, forward):
        """Sets where a message was forwarded from.

        Args:
          event_data (TelegramMessageEventData): event data.
          forward (ForwardFacts): origin of the message.
        """
        name = forward.name
        if forward.sender is not None:
            name = name or self._get_name(forward.sender)
            who = tl_peers.describe_peer(forward.sender)
            name = f"{name:s} ({who:s})" if name else who
        event_data.forwarded_from = name or "hidden"
        event_data.forwarded_time = MakeTime(forward.date)
        if forward.saved_from is not None:
            event_data.saved_from = tl_peers.describe_peer(forward.saved_from)
            if forward.saved_message is not None:
                event_data.saved_from += f", message {forward.saved_message:d}"
        details = {"post": forward.post, "author of the post": forward.author}
        self.AddDetails(event_data, details)

    def AddDetails(self, event_data, details):
        """Adds details of a message.

        Args:
          event_data (TelegramMessageEventData): event data.
          details (dict[str, object]): values by name, None or False for those not
              there.
        """
        words = GetWords(details)
        if words:
            if event_data.service_details:
                words.insert(0, event_data.service_details)
            event_data.service_details = "; ".join(words)

    def _MakeCall(self, facts, chat, message_identifier, timestamp):
        """Creates the event data of a call.

        Args:
          facts (MessageFacts): message of a call.
          chat (Chat): chat.
          message_identifier (int): identifier of the message or None.
          timestamp (int): when it was sent or None.

        Returns:
          TelegramCallEventData: event data.
        """
        call = facts.call
        event_data = message_event_data.TelegramCallEventData()
        self._apply(event_data)
        if call.is_conference:
            event_data.call_type = "conference"
        else:
            event_data.call_type = "video" if call.is_video else "voice"
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        if facts.is_outgoing is not None:
            event_data.direction = "outgoing" if facts.is_outgoing else "incoming"
        event_data.duration = call.duration
        if message_identifier is not None:
            event_data.message_identifier = str(message_identifier)
        if chat.peer is not None:
            event_data.peer_identifier = str(chat.peer)
            event_data.peer_name = chat.title
        event_data.reason = call.reason or ("missed" if call.is_missed else None)
        sender = self._GetSender(facts, chat)
        if sender is not None:
            event_data.sender_identifier = str(sender.number)
            event_data.sender_name = self._get_name(sender)
        event_data.start_time = MakeTime(timestamp)
        return event_data

    def _MakeNotice(self, facts, chat, message_identifier, timestamp):
        """Creates the event data of a message of Telegram's own account.

        Args:
          facts (MessageFacts): message.
          chat (Chat): chat.
          message_identifier (int): identifier of the message or None.
          timestamp (int): when it was sent or None.

        Returns:
          TelegramNoticeEventData: event data.
        """
        event_data = message_event_data.TelegramNoticeEventData()
        self._apply(event_data)
        event_data.chat_identifier = chat.identifier
        if message_identifier is not None:
            event_data.message_identifier = str(message_identifier)
        event_data.notice_sender_basis = "identifier"
        event_data.sender_identifier = str(SERVICE_ACCOUNT)
        event_data.sent_time = MakeTime(timestamp)
        event_data.text = facts.text
        details = facts.action_details or {}
        if facts.action == _NEW_LOGIN_ACTION:
            # Until 2016 the login came in fields; the text was made by the client.
            event_data.login_device_model = details.get("title") or None
            event_data.login_location = details.get("address") or None
            event_data.notice_basis = "structure"
            event_data.notice_type = service_notice.NoticeType.NEW_LOGIN.value
            return event_data
        if facts.text is None and facts.action is None:
            # It could not be read: what it says is not known, it need not be "other".
            return event_data
        notice = service_notice.classify(facts.text or "", timestamp)
        event_data.login_client_name = notice.client
        event_data.login_device_model = notice.device
        event_data.login_ip_address = notice.ip_address
        event_data.login_location = notice.location
        event_data.notice_basis = notice.basis.value if notice.basis else None
        event_data.notice_type = notice.type.value
        event_data.reported_time = MakeTime(notice.reported_time)
        return event_data
