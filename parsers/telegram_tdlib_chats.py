"""Turns users, chats, dialogs and files of TDLib into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import tl_message_events
from telegram_forensics.parsers.telegram_tdlib_events import MakeTime


class ChatEventMaker:
    """Creates the event data of users, chats and dialogs."""

    def __init__(self, context, book):
        """Initializes a maker.

        Args:
          context (TdlibContext): what all events have in common.
          book (AddressBook): names of users and chats.
        """
        super().__init__()
        self._book = book
        self._context = context

    def MakeUser(self, facts, basis):
        """Creates the event data of a user.

        Args:
          facts (UserFacts): user.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramEventData: event data.
        """
        if facts.identifier == self._context.account_number:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._context.Apply(event_data, basis)
            event_data.account_name = facts.name
            event_data.account_phone = tl_message_events.GetDigits(facts.phone)
            event_data.account_username = facts.username
            event_data.last_seen_time = MakeTime(facts.last_seen)
            return event_data
        event_data = message_event_data.TelegramContactEventData()
        self._context.Apply(event_data, basis)
        event_data.contact_identifier = str(facts.identifier)
        event_data.contact_name = facts.name
        event_data.contact_phone = tl_message_events.GetDigits(facts.phone)
        event_data.contact_source = "contacts" if facts.is_contact else "users"
        event_data.contact_type = "bot" if facts.is_bot else "user"
        event_data.contact_username = facts.username
        words = tl_message_events.GetWords(
            {
                "mutual contact": facts.is_mutual or None,
                "deleted": facts.is_deleted or None,
                "other usernames": facts.other_usernames or None,
                "last seen": facts.status,
            }
        )
        event_data.contact_details = "; ".join(words) or None
        event_data.last_seen_time = MakeTime(facts.last_seen)
        return event_data

    def MakeChat(self, facts, basis):
        """Creates the event data of a group or channel.

        Args:
          facts (ChatFacts): chat.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._context.Apply(event_data, basis)
        event_data.chat_identifier = str(facts.peer.number)
        event_data.chat_title = facts.title
        event_data.chat_type = facts.chat_type
        event_data.chat_username = facts.username
        event_data.is_left = facts.is_left
        words = tl_message_events.GetWords(
            {
                "members": facts.members,
                "the account created it": facts.is_creator or None,
                "became channel": facts.migrated_to,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        date = MakeTime(facts.date)
        if facts.peer.kind == "group" or facts.is_creator:
            event_data.created_time = date
        else:
            event_data.joined_time = date
        return event_data

    def MakeSecretChat(self, facts, basis):
        """Creates the event data of a secret chat.

        Args:
          facts (SecretChatFacts): secret chat.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._context.Apply(event_data, basis)
        chat = self._book.GetChat(
            facts.number - 2000000000000  # The dialog identifier of a secret chat.
        )
        event_data.chat_identifier = str(facts.number)
        event_data.chat_title = chat.title
        event_data.chat_type = "secret"
        event_data.created_time = MakeTime(facts.date)
        event_data.key_fingerprint = facts.key_hash
        event_data.peer_identifier = str(facts.user)
        words = tl_message_events.GetWords(
            {
                "begun here": facts.is_outbound,
                "state": facts.state,
                "seconds until messages are deleted": facts.ttl,
                "layer of the other party": facts.layer,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        return event_data

    def MakeFull(self, facts, basis):
        """Creates the event data of what was loaded of a profile, group or channel.

        Args:
          facts (FullFacts): what is stored.
          basis (str): code of the stored fact behind the attribution.

        Yields:
          TelegramEventData: event data.
        """
        if facts.peer.kind == "user":
            event_data = message_event_data.TelegramContactEventData()
            self._context.Apply(event_data, basis)
            event_data.contact_identifier = str(facts.peer.number)
            event_data.contact_name = self._book.GetName(facts.peer)
            event_data.contact_source = "profiles"
            words = tl_message_events.GetWords(
                {"about": facts.about, "common chats": facts.common_chats}
            )
            event_data.contact_details = "; ".join(words) or None
            if words:
                yield event_data
            return
        event_data = message_event_data.TelegramChatEventData()
        self._context.Apply(event_data, basis)
        event_data.chat_identifier = str(facts.peer.number)
        event_data.chat_title = self._book.GetName(facts.peer)
        event_data.chat_type = self._book.GetChatType(facts.peer)
        event_data.members = [
            str(member.peer.number)
            for member in facts.participants
            if member.peer is not None
        ] or None
        words = tl_message_events.GetWords(
            {
                "about": facts.about,
                "members": facts.members,
                "made by user": facts.creator,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        yield event_data
        for member in facts.participants:
            if member.peer is not None:
                yield self._MakeMember(facts.peer, member, basis)

    def _MakeMember(self, group, member, basis):
        """Creates the event data of a member of a group.

        Args:
          group (Peer): group.
          member (MemberFacts): member.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self._context.Apply(event_data, basis)
        event_data.contact_identifier = str(member.peer.number)
        event_data.contact_name = self._book.GetName(member.peer)
        event_data.contact_source = "members"
        event_data.joined_time = MakeTime(member.joined)
        title = self._book.GetName(group) or ""
        words = tl_message_events.GetWords(
            {
                "in chat": f"{title:s} ({group.number:d})".strip(),
                "role": member.status.name,
                "invited by": member.inviter,
                "title": member.status.rank,
            }
        )
        event_data.contact_details = "; ".join(words)
        return event_data

    def MakeFile(self, facts, basis):
        """Creates the event data of a file on this device.

        Args:
          facts (StoredFile): file.
          basis (str): code of the stored fact behind the attribution.

        Yields:
          TelegramFileEventData: event data; none for a file that is not here.
        """
        place = "location"
        if facts.is_partial:
            place = "download_running"
        elif facts.is_uploading:
            place = "upload_running"
        for role, path in ((place, facts.path), ("picked", facts.original)):
            if path is None:
                continue
            event_data = storage_event_data.TelegramFileEventData()
            self._context.Apply(event_data, basis)
            if facts.owner is not None:
                chat = self._book.GetChat(facts.owner)
                event_data.chat_identifier = chat.identifier
                event_data.chat_type = chat.chat_type or chat.kind
            if facts.remote is not None and facts.remote.identifier:
                event_data.document_identifier = str(facts.remote.identifier)
            event_data.file_path = path
            event_data.file_role = role
            event_data.file_size = facts.size
            event_data.file_type = facts.file_type
            if facts.modified is not None and role == place:
                event_data.file_written_time = (
                    dfdatetime_posix_time.PosixTimeInNanoseconds(
                        timestamp=facts.modified
                    )
                )
            event_data.url = facts.url
            yield event_data

    def MakeDialog(self, facts, basis):
        """Creates the event data of a dialog: itself, a draft, and traces of deletion.

        Args:
          facts (DialogFacts): dialog.
          basis (str): code of the stored fact behind the attribution.

        Yields:
          TelegramEventData: event data.
        """
        chat = self._book.GetChat(facts.dialog)
        yield self._MakeDialogChat(chat, facts, basis)
        if facts.draft is not None and facts.draft.text:
            event_data = storage_event_data.TelegramDraftEventData()
            self._context.Apply(event_data, basis)
            event_data.chat_identifier = chat.identifier
            event_data.chat_type = chat.chat_type or chat.kind
            event_data.draft_section = "cloud"
            if facts.draft.reply_to is not None:
                event_data.reply_to_identifier = str(facts.draft.reply_to)
            event_data.saved_time = MakeTime(facts.draft.date)
            event_data.text = facts.draft.text
            yield event_data
        for kind, time, details in (
            (
                "history_cleared",
                facts.cleared,
                (
                    f"up to message {facts.cleared_message:d}"
                    if facts.cleared_message
                    else None
                ),
            ),
            (
                "last_message_deleted",
                facts.deleted,
                f"message {facts.deleted_message!s}",
            ),
        ):
            if time:
                event_data = client_trace_event_data.TelegramClientTraceEventData()
                self._context.Apply(event_data, basis)
                event_data.recorded_time = MakeTime(time)
                words = [f"chat {chat.identifier:s}"]
                if details is not None:
                    words.append(details)
                event_data.trace_details = ", ".join(words)
                event_data.trace_type = kind
                event_data.written_time = None
                yield event_data

    def _MakeDialogChat(self, chat, facts, basis):
        """Creates the event data of a dialog.

        Args:
          chat (Chat): chat.
          facts (DialogFacts): dialog.
          basis (str): code of the stored fact behind the attribution.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._context.Apply(event_data, basis)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type or chat.kind
        event_data.record_table = "dialogs"
        event_data.row_identifier = str(facts.dialog)
        last = None
        if facts.last_message is not None:
            event_data.last_message_time = MakeTime(facts.last_message.facts.date)
            last = facts.last_message.facts.identifier
        words = tl_message_events.GetWords(
            {
                "last message": last,
                "unread messages": facts.unread or None,
                "account has read up to message": facts.read_inbox,
                "other party has read up to message": facts.read_outbox,
                "first message that is kept": facts.first_message,
                "muted until (Unix time)": facts.muted_until,
                "note of the application": facts.client_data,
            }
        )
        event_data.chat_details = "; ".join(words) or None
        return event_data
