"""Turns what the readers of Telegram Desktop's exports found into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import service_notice
from telegram_forensics.formats import tdesktop_export_records as records
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import telegram_desktop_export_lists as lists

_DIALOGS = ("bot_chat", "personal_chat")
_SENDER_TYPES = {
    records.PeerType.CHANNEL: "channel",
    records.PeerType.GROUP: "group",
    records.PeerType.USER: "user",
}
# Colour of the service account's picture in HTML, see formats/telegram_desktop.md 5.6.
_SERVICE_ACCOUNT_COLOUR = 1


def GetWords(value):
    """Puts a value of a document into words.

    Args:
      value (object): decoded JSON value.

    Returns:
      str: value in words.
    """
    if isinstance(value, dict):
        return "; ".join(f"{key}: {GetWords(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(GetWords(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


class ExportEventMaker(lists.ListEventMaker):
    """Creates the event data of one export."""

    def Make(self, record):
        """Creates the event data of a record.

        Args:
          record (Record): record of an export.

        Returns:
          TelegramEventData: event data.
        """
        return self._MAKERS[type(record)](self, record)

    @staticmethod
    def _SetSender(event_data, message):
        """Sets who sent a message.

        Args:
          event_data (TelegramMessageEventData): event data.
          message (Message): message.
        """
        sender = message.sender
        if sender is not None:
            event_data.sender_identifier = str(sender.bare)
            if sender.type is not records.PeerType.USER:
                event_data.sender_type = _SENDER_TYPES.get(sender.type)
        event_data.sender_name = message.sender_name

    def MakeMessage(self, message):
        """Creates the event data of a message, call or notice.

        Args:
          message (Message): message.

        Returns:
          TelegramEventData: event data.
        """
        if message.call is not None:
            return self._MakeCall(message)
        sender_basis = self._GetServiceAccountBasis(message)
        if sender_basis is not None:
            return self._MakeNotice(message, sender_basis)

        event_data = message_event_data.TelegramMessageEventData()
        self.Apply(event_data, "export_message")
        self._SetPlace(event_data, message, message.date)
        event_data.sent_time = lists.MakeTime(message.date)
        event_data.text = message.text or None
        self._SetSender(event_data, message)
        event_data.is_outgoing = self._GetIsOutgoing(message)
        if event_data.is_outgoing:
            # An export holds no trace of where a message was composed.
            event_data.origin = "not_determinable"
        if message.edited is not None:
            event_data.edited_time = lists.MakeTime(message.edited)
        if message.reply_to is not None:
            event_data.reply_to_identifier = str(message.reply_to)
        if message.reply_to_peer is not None:
            event_data.reply_to_chat_identifier = str(message.reply_to_peer.bare)
        if message.media is not None:
            self._SetMedia(event_data, message.media)
        if message.service is not None:
            self._SetService(event_data, message.service)
        if message.entities:
            event_data.links = self._GetLinks(message.entities)
        if message.forwarded_from or message.forwarded_date:
            event_data.forwarded_from = message.forwarded_from
            event_data.forwarded_time = lists.MakeTime(message.forwarded_date)
        if message.author or message.saved_from or message.via_bot:
            event_data.author_signature = message.author
            event_data.saved_from = message.saved_from
            event_data.via_bot = lists.GetName(message.via_bot)
        if message.reactions:
            event_data.reactions = [
                self._GetReaction(reaction) for reaction in message.reactions
            ]
        if message.buttons or message.other:
            details = dict(message.other or {})
            if message.buttons:
                details["buttons"] = message.buttons
            self._AddDetails(event_data, details)
        if message.chat.is_own and message.sender is None:
            self._SetSavedMessage(event_data, message)
        return event_data

    def _SetSavedMessage(self, event_data, message):
        """Corrects a message of HTML in the chat with oneself.

        The exporter prints the original author there instead of the sender.

        Args:
          event_data (TelegramMessageEventData): event data.
          message (Message): message.
        """
        if message.sender_name != self.account_name:
            event_data.forwarded_from = message.forwarded_from or message.sender_name
            event_data.sender_name = self.account_name

    def _SetPlace(self, event_data, message, date):
        """Sets where a message stands.

        Args:
          event_data (EventData): event data.
          message (Message): message.
          date (ExportTime): date of the message or None.
        """
        chat = message.chat
        if chat.peer is not None:
            event_data.chat_identifier = str(chat.peer.bare)
        if message.id is not None:
            event_data.message_identifier = str(message.id)
        elif self.has_offsets:
            event_data.record_offset = message.position
        if date is not None and date.basis is not records.TimeBasis.UTC:
            lists.SetTimeBasis(event_data, date)
        if not isinstance(event_data, message_event_data.TelegramNoticeEventData):
            event_data.chat_title = chat.name
            event_data.chat_type = self.GetChatType(chat)

    def _GetIsOutgoing(self, message):
        """Determines if the account sent a message.

        Args:
          message (Message): message.

        Returns:
          bool: True or False, None if the export does not tell.
        """
        chat = message.chat
        sender = message.sender
        if sender is None:
            if chat.only_own or chat.is_own:
                return True
            return self._GetIsOutgoingByName(message)
        if sender.type is not records.PeerType.USER:
            # A post in the name of a group or channel may be anybody's.
            return None
        if self.account_id is None:
            if chat.kind in _DIALOGS and chat.peer is not None:
                # Nobody else than the account and the other party writes there.
                return sender.bare != chat.peer.bare
            return None
        return sender.bare == self.account_id

    def _GetIsOutgoingByName(self, message):
        """Determines if the account sent a message of a dialog in HTML.

        Nobody else than the account and the other party writes there, and the page
        is headed with the name of the other party.

        Args:
          message (Message): message.

        Returns:
          bool: True or False, None if the names do not tell.
        """
        chat = message.chat
        names = (self.account_name, chat.name)
        if chat.kind not in ("bot", "private") or None in names:
            return None
        if names[0] == names[1] or message.sender_name not in names:
            return None
        return message.sender_name == self.account_name

    def _GetServiceAccountBasis(self, message):
        """Determines if Telegram's own account sent a message.

        Args:
          message (Message): message.

        Returns:
          str: what that rests on, "identifier" or "name"; None if it did not.
        """
        sender = message.sender
        if sender is not None:
            if (
                sender.bare == records.SERVICE_ACCOUNT
                and sender.type is records.PeerType.USER
            ):
                return "identifier"
            return None
        chat = message.chat
        if (
            chat.peer is None
            and chat.name == records.SERVICE_ACCOUNT_NAME
            and message.sender_name == records.SERVICE_ACCOUNT_NAME
            and chat.kind in (None, "personal_chat", "private")
            and message.kind == "message"
            and message.userpic in (None, _SERVICE_ACCOUNT_COLOUR)
        ):
            return "name"
        return None

    def _MakeNotice(self, message, sender_basis):
        """Creates the event data of a message of Telegram's own account.

        Args:
          message (Message): message.
          sender_basis (str): what the sender rests on.

        Returns:
          TelegramNoticeEventData: event data.
        """
        event_data = message_event_data.TelegramNoticeEventData()
        self.Apply(event_data, "service_notice")
        date = message.date
        self._SetPlace(event_data, message, date)
        sent_time = None
        if date is not None:
            sent_time = date.unix if date.unix is not None else date.local
        notice = service_notice.classify(message.text, sent_time)
        event_data.login_client_name = notice.client
        event_data.login_device_model = notice.device
        event_data.login_ip_address = notice.ip_address
        event_data.login_location = notice.location
        event_data.notice_basis = notice.basis.value if notice.basis else None
        event_data.notice_sender_basis = sender_basis
        event_data.notice_type = notice.type.value
        if notice.reported_time is not None:
            event_data.reported_time = dfdatetime_posix_time.PosixTime(
                timestamp=notice.reported_time
            )
        if message.sender is not None:
            event_data.sender_identifier = str(message.sender.bare)
        event_data.sent_time = lists.MakeTime(date)
        event_data.text = message.text or None
        return event_data

    def _MakeCall(self, message):
        """Creates the event data of a call.

        Args:
          message (Message): message of a call.

        Returns:
          TelegramCallEventData: event data.
        """
        call = message.call
        event_data = message_event_data.TelegramCallEventData()
        self.Apply(event_data, "export_message")
        self._SetPlace(event_data, message, message.date)
        event_data.call_type = "conference" if call.is_conference else None
        event_data.duration = call.duration
        is_outgoing = call.is_outgoing
        if is_outgoing is None:
            is_outgoing = self._GetIsOutgoing(message)
        if is_outgoing is not None:
            event_data.direction = "outgoing" if is_outgoing else "incoming"
        chat = message.chat
        if self.GetChatType(chat) in ("user", "bot"):
            event_data.peer_name = chat.name
            if chat.peer is not None:
                event_data.peer_identifier = str(chat.peer.bare)
        event_data.reason = call.reason
        if message.sender is not None:
            event_data.sender_identifier = str(message.sender.bare)
        event_data.sender_name = message.sender_name
        event_data.start_time = lists.MakeTime(message.date)
        return event_data

    def _SetMedia(self, event_data, media):
        """Sets what is attached to a message.

        Args:
          event_data (TelegramMessageEventData): event data.
          media (Media): attachment.
        """
        event_data.media_type = media.kind
        event_data.file_path = media.path
        event_data.media_duration = media.duration
        event_data.media_mime_type = media.mime_type
        event_data.media_name = media.name
        event_data.media_size = media.size
        event_data.media_state = media.missing
        if media.contact is not None:
            event_data.contact_name = media.contact.name
            event_data.contact_phone = lists.GetDigits(media.contact.phone_number)
        if media.latitude is not None and media.longitude is not None:
            event_data.location = f"{media.latitude:.6f}, {media.longitude:.6f}"
        details = {
            "emoji": media.sticker_emoji,
            "performer": media.performer,
            "title": media.title,
            "place": media.place_name,
            "address": media.address,
            "live for seconds": media.live_period,
            "self-destructs after seconds": media.self_destruct_seconds,
            "vcard": media.vcard_path,
        }
        if media.poll is not None:
            details["question"] = media.poll.question
            details["closed"] = media.poll.closed
            details["voters"] = media.poll.total_voters
            details["answers"] = [
                f"{answer.text}"
                + (f" ({answer.votes} votes)" if answer.votes is not None else "")
                + (" (chosen by the account)" if answer.chosen else "")
                for answer in media.poll.answers
            ]
        details.update(media.details or {})
        self._AddDetails(event_data, details)

    def _SetService(self, event_data, service):
        """Sets the action of a service message.

        Args:
          event_data (TelegramMessageEventData): event data.
          service (Service): action.
        """
        # An action that the schema does not name keeps the exporter's name.
        event_data.service_action = service.tl_name or service.action
        details = dict(service.details)
        if service.text:
            details["text"] = service.text
        self._AddDetails(event_data, details)

    def _AddDetails(self, event_data, details):
        """Adds details of an action or attachment.

        Args:
          event_data (TelegramMessageEventData): event data.
          details (dict[str, object]): values by name, None for those not there.
        """
        words = [
            f"{name.replace('_', ' ')}: {GetWords(value)}"
            for name, value in details.items()
            if value is not None
        ]
        if words:
            if event_data.service_details:
                words.insert(0, event_data.service_details)
            event_data.service_details = "; ".join(words)

    def _GetLinks(self, entities):
        """Retrieves the addresses that stand behind another text.

        Args:
          entities (list[TextEntity]): pieces of a text.

        Returns:
          list[str]: addresses or None if there are none.
        """
        links = [
            entity.extra
            for entity in entities
            if entity.type == "text_link"
            and entity.extra
            and "://" in entity.extra
            and not entity.text.startswith("@")
        ]
        return links or None

    def _GetReaction(self, reaction):
        """Puts a reaction into words.

        Args:
          reaction (Reaction): reaction.

        Returns:
          str: reaction in words.
        """
        words = [f"{reaction.value or reaction.type or 'reaction'}"]
        if reaction.count is not None:
            words.append(f"x {reaction.count}")
        for name, peer, date in reaction.recent:
            who = name or "unknown"
            if peer is not None:
                who = f"{who} ({peer.bare})"
            time_string = lists.MakeTime(date)
            if time_string is not None:
                time_string = time_string.CopyToDateTimeString()
                zone = "UTC" if date.unix is not None else "local time"
                who = f"{who} at {time_string} {zone}"
            words.append(who)
        return " ".join(words[:2]) + "".join(f"; {word}" for word in words[2:])

    _MAKERS = {
        records.Account: lists.ListEventMaker.MakeAccount,
        records.Chat: lists.ListEventMaker.MakeChat,
        records.Contact: lists.ListEventMaker.MakeContact,
        records.FrequentContact: lists.ListEventMaker.MakeFrequentContact,
        records.Message: MakeMessage,
        records.ProfilePicture: lists.ListEventMaker.MakePicture,
        records.Session: lists.ListEventMaker.MakeSession,
        records.Story: lists.ListEventMaker.MakeStory,
        records.WebSession: lists.ListEventMaker.MakeWebSession,
    }
