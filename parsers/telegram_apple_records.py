"""Drafts, files, sessions in the database of Telegram for iOS and native macOS."""

from telegram_forensics.formats import postbox_drafts
from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_lists
from telegram_forensics.formats import postbox_logins
from telegram_forensics.formats import postbox_resources
from telegram_forensics.formats import postbox_traces
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import telegram_apple_system as apple_system
from telegram_forensics.parsers import telegram_apple_tables as apple_tables
from telegram_forensics.parsers import tl_message_events

BASIS_REVIEW = "apple_session_review"


class RecordReader(apple_tables.TableReader):
    """Reads drafts, files, pending deletions, logins, the account and its session."""

    def GetTables(self):
        """Retrieves the tables.

        Returns:
          dict[str, function]: what makes event data of key and value of a row, by
              table.
        """
        return {
            "t23": self._ReadOldDraft,
            "t25": self._ReadUpload,
            "t31": self._ReadOperation,
            "t37": self._ReadItem,
            "t46": self._ReadPendingAction,
            "t67": self._ReadDraft,
            "t68": self._ReadTopicDraft,
        }

    def _MakeDraft(self, value, section, text, time):
        """Creates the event data of a draft.

        Args:
          value (int): stored number of the chat.
          section (str): where in the chat.
          text (str): text or None.
          time (int): last change or None.

        Returns:
          TelegramDraftEventData: event data.
        """
        event_data = storage_event_data.TelegramDraftEventData()
        self._reader.Apply(event_data)
        chat = self._reader.GetChat(value)
        event_data.chat_identifier = chat.identifier
        event_data.chat_type = chat.kind
        event_data.draft_section = section
        event_data.saved_time = tl_message_events.MakeTime(time)
        event_data.text = text
        return event_data

    def _MakeDrafts(self, table, key, value, draft, thread=None):
        """Creates the event data of what was not sent in a chat.

        Args:
          table (str): name of the table.
          key (object): key of the row.
          value (int): stored number of the chat.
          draft (Draft): draft.
          thread (Optional[int]): topic.

        Yields:
          TelegramDraftEventData: event data.
        """
        self._reader.Warn(table, key, draft.problems)
        made = []
        if draft.text:
            section = "cloud" if thread is None else "topic"
            made.append(self._MakeDraft(value, section, draft.text, draft.time))
        if draft.local_text:
            local = self._MakeDraft(value, "local", draft.local_text, draft.local_time)
            made.append(local)
        if draft.reply is not None:
            for event_data in made:
                event_data.reply_to_identifier = apple_context.GetMessageIdentifier(
                    draft.reply
                )
        if draft.edited is not None:
            edit = self._MakeDraft(value, "local", draft.edited_text, draft.local_time)
            edit.is_editing = True
            edit.message_identifier = apple_context.GetMessageIdentifier(draft.edited)
            made.append(edit)
        for event_data in made:
            if thread is not None:
                event_data.topic_identifier = str(thread)
            yield event_data

    def _ReadDraft(self, key, value):
        """Reads the draft of a chat.

        Args:
          key (int): stored number of the chat.
          value (bytes): state of the chat.

        Yields:
          TelegramDraftEventData: event data.
        """
        draft = postbox_drafts.read_draft(value)
        yield from self._MakeDrafts("t67", key, key, draft)

    def _ReadTopicDraft(self, key, value):
        """Reads the draft of a topic.

        Args:
          key (bytes): key.
          value (bytes): state of the topic.

        Yields:
          TelegramDraftEventData: event data.
        """
        peer, thread = postbox_keys.read_thread_key(key)
        draft = postbox_drafts.read_draft(value)
        yield from self._MakeDrafts("t68", key, peer, draft, thread)

    def _ReadOldDraft(self, key, value):
        """Reads the draft of a chat, before August 2021.

        Args:
          key (int): stored number of the chat.
          value (bytes): state of the chat.

        Yields:
          TelegramDraftEventData: event data.
        """
        draft = postbox_drafts.read_old_draft(value)
        yield from self._MakeDrafts("t23", key, key, draft)

    def _MakeFile(self, role, resource=None):
        """Creates the event data of a file.

        Args:
          role (str): what the record says of it.
          resource (Optional[str]): name of the file in postbox/media.

        Returns:
          TelegramFileEventData: event data.
        """
        event_data = storage_event_data.TelegramFileEventData()
        self._reader.Apply(event_data)
        event_data.file_role = role
        if resource is not None:
            event_data.file_path = f"postbox/media/{resource:s}"
            number = postbox_resources.read_file_name(resource).identifier
            if number is not None:
                event_data.document_identifier = str(number)
        return event_data

    def _ReadItem(self, key, value):
        """Reads an entry of an ordered list.

        Args:
          key (bytes): key.
          value (bytes): stored object.

        Yields:
          TelegramEventData: event data.
        """
        collection, item = postbox_keys.read_item_key(key)
        if collection == postbox_lists.DOWNLOADS:
            decoded = self._reader.Decode("t37", key, value)
            if decoded is not None:
                yield self._MakeDownload(postbox_lists.read_download(decoded))
        elif collection == postbox_logins.REVIEW_COLLECTION:
            decoded = self._reader.Decode("t37", key, value)
            if decoded is not None:
                yield self._MakeReview(item, decoded)
        elif collection == postbox_lists.SEARCHED_PEERS:
            number = postbox_lists.read_peer_item(item)
            peer = postbox_ids.read_peer(number)
            if peer is not None:
                event_data = self._MakeContactData("searched_peers")
                event_data.contact_identifier = str(peer.number)
                event_data.contact_name = self._reader.GetName(peer)
                event_data.contact_type = self._reader.GetChat(number).chat_type
                yield event_data
        elif collection == postbox_lists.HASHTAGS:
            yield self._MakeHashtag(postbox_lists.read_text_item(item))

    def _MakeHashtag(self, text):
        """Creates the event data of a hashtag that was used.

        Args:
          text (str): hashtag.

        Returns:
          TelegramSettingEventData: event data.
        """
        event_data = telegram_event_data.TelegramSettingEventData()
        self._reader.Apply(event_data)
        event_data.setting_name = "used_hashtag"
        event_data.setting_value = f"#{text:s}"
        return event_data

    def _MakeDownload(self, download):
        """Creates the event data of a download.

        Args:
          download (Download): download.

        Returns:
          TelegramFileEventData: event data.
        """
        event_data = self._MakeFile("download", download.resource)
        event_data.download_time = tl_message_events.MakeTime(download.time)
        if download.message is not None:
            chat = self._reader.GetChat(download.message.peer)
            event_data.chat_identifier = chat.identifier
            event_data.chat_type = chat.kind
            event_data.message_identifier = apple_context.GetMessageIdentifier(
                download.message
            )
        return event_data

    def _ReadUpload(self, key, value):
        """Reads a file that was uploaded from here.

        Args:
          key (bytes): key.
          value (bytes): stored object.

        Yields:
          TelegramFileEventData: event data.
        """
        problems = []
        upload = postbox_traces.read_upload(key, value, problems)
        self._reader.Warn("t25", key, problems)
        if upload is None:
            return
        event_data = self._MakeFile("upload")
        event_data.file_type = "photo" if upload.kind == "image" else "document"
        if upload.media_id is not None:
            event_data.document_identifier = str(upload.media_id.number)
        yield event_data

    def _MakeReview(self, item, decoded):
        """Creates the event data of a login that waits to be confirmed.

        Args:
          item (bytes): item identifier.
          decoded (PostboxObject): entry.

        Returns:
          TelegramSessionEventData: event data.
        """
        review = postbox_logins.read_session_review(item, decoded)
        event_data = telegram_event_data.TelegramSessionEventData()
        self._reader.Apply(event_data, BASIS_REVIEW)
        # It describes that login, not the session that stored it.
        event_data.client_version = None
        event_data.device_model = None
        event_data.session_data_center = None
        event_data.session_identifier = None
        if review.authorization_hash is not None:
            event_data.authorization_hash = str(review.authorization_hash)
        event_data.created_time = tl_message_events.MakeTime(review.time)
        event_data.login_device_model = review.device
        event_data.login_location = review.location
        return event_data

    def _ReadOperation(self, key, value):
        """Reads an operation that the server does not know of yet.

        Args:
          key (bytes): key.
          value (bytes): value.

        Yields:
          TelegramClientTraceEventData: event data.
        """
        problems = []
        found = postbox_traces.read_pending_deletion(key, value, problems)
        self._reader.Warn("t31", key, problems)
        if found is None:
            return
        event_data = client_trace_event_data.TelegramClientTraceEventData()
        self._reader.Apply(event_data)
        types = {
            "messages": "messages_deleted_here",
            "history": "history_deleted",
            "chat": "history_deleted",
        }
        event_data.trace_type = types[found.kind]
        if found.kind == "messages" and found.for_everyone:
            event_data.trace_type = "messages_deleted_everywhere"
        chat = self._reader.GetChat(found.chat)
        words = [f"{chat.kind} {chat.identifier}", f"{found.kind:s} deleted"]
        if found.messages:
            numbers = ", ".join(str(item.number) for item in found.messages[:100])
            words.append(f"messages {numbers:s}")
        if found.up_to is not None:
            words.append(f"up to message {found.up_to.number:d}")
        words.append("not yet at the server")
        event_data.trace_details = "; ".join(words)
        yield event_data

    def _ReadPendingAction(self, key, _):
        """Reads an action on a message that the server does not know of yet.

        Args:
          key (bytes): key.
          _ (object): value: what the action needs beside its message.

        Yields:
          TelegramClientTraceEventData: event data.
        """
        found = postbox_keys.read_pending_action_key(key)
        if found.is_index:
            return
        event_data = client_trace_event_data.TelegramClientTraceEventData()
        self._reader.Apply(event_data)
        event_data.trace_type = "action_pending"
        chat = self._reader.GetChat(found.message.peer)
        action = postbox_traces.PENDING_ACTIONS.get(
            found.action, f"action {found.action:d}"
        )
        event_data.trace_details = "; ".join(
            [
                f"{chat.kind} {chat.identifier}",
                f"message {apple_context.GetMessageIdentifier(found.message)}",
                action,
                "not yet at the server",
            ]
        )
        yield event_data

    def MakeSummary(self):
        """Creates the event data of account and session.

        Yields:
          TelegramEventData: event data.
        """
        reader = self._reader
        account, session = reader.account, reader.session
        if account is not None and not account.is_authorized:
            yield from self._MakeLogin(account)
            return
        if account is None:
            return
        event_data = telegram_event_data.TelegramAccountEventData()
        reader.Apply(event_data)
        event_data.record_state = "current"
        event_data.written_time = self._view.file_entry.modification_time
        yield event_data

        event_data = telegram_event_data.TelegramSessionEventData()
        reader.Apply(event_data, apple_context.BASIS_KEYCHAIN)
        event_data.record_state = "current"
        event_data.last_server_time = tl_message_events.MakeTime(account.synchronized)
        keys = reader.keychain.keys
        event_data.key_identifiers = [
            key.identifier for key in keys if key.is_persistent and key.identifier
        ] + [f"destroy:{key:s}" for key in reader.keychain.to_clean]
        event_data.temporary_key_identifiers = [
            key.identifier for key in keys if not key.is_persistent and key.identifier
        ] or None
        difference = reader.keychain.clock_difference
        if difference is not None and abs(difference) < 1 << 40:
            event_data.server_clock_difference = round(difference)
        if session is not None:
            event_data.created_time = tl_message_events.MakeTime(session.created)
            if session.initialization is not None:
                event_data.system_version = session.initialization.system_version
                event_data.session_details = self._DescribeDifferences(session)
        event_data.written_time = self._view.file_entry.modification_time
        yield event_data

    def _DescribeDifferences(self, session):
        """Describes what was announced and does not fit the examined device.

        Args:
          session (StoredKey): key of the session with what was announced.

        Returns:
          str: differences in words or None.
        """
        version = apple_system.ReadSystemVersion(
            self._view.file_entry.path_spec, self._view.resolver_context
        )
        differences = apple_system.FindDifferences(
            session.initialization, self._reader.store.platform, version
        )
        return "; ".join(differences) or None

    def _MakeLogin(self, account):
        """Creates the event data of a login that was not finished.

        Args:
          account (AccountState): state.

        Yields:
          TelegramSettingEventData: event data.
        """
        event_data = telegram_event_data.TelegramSettingEventData()
        self._reader.Apply(event_data)
        event_data.record_state = "current"
        event_data.setting_name = "unfinished_login"
        words = tl_message_events.GetWords(
            {
                "state": account.login_state,
                "phone number entered": account.phone,
                "code sent by": account.code_type,
                "data center": account.data_center,
            }
        )
        event_data.setting_value = "; ".join(words) or None
        event_data.written_time = self._view.file_entry.modification_time
        yield event_data
