"""Chats, contacts, drafts, sessions, files in the database of iOS and native macOS."""

from telegram_forensics.formats import postbox_drafts
from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_lists
from telegram_forensics.formats import postbox_logins
from telegram_forensics.formats import postbox_peers
from telegram_forensics.formats import postbox_resources
from telegram_forensics.formats import postbox_secret
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats import postbox_traces
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import client_trace_event_data
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_apple_context as apple_context
from telegram_forensics.parsers import tl_message_events

BASIS_REVIEW = "apple_session_review"


class RecordReader:
    """Reads everything but messages."""

    def __init__(self, parser_mediator, reader, traces):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          reader (PostboxReader): database.
          traces (SendTraces): traces of sending.
        """
        super().__init__()
        self._mediator = parser_mediator
        self._presence = {}
        self._reader = reader
        self._traces = traces
        self._view = reader.view

    def Read(self):
        """Reads all tables and produces the events."""
        self._LoadPresence()
        for table, method in (
            ("t2", self._ReadPeer),
            ("t16", self._ReadContact),
            ("t18", self._ReadCached),
            ("t23", self._ReadOldDraft),
            ("t25", self._ReadUpload),
            ("t31", self._ReadOperation),
            ("t37", self._ReadItem),
            ("t54", self._ReadPhoneBook),
            ("t67", self._ReadDraft),
            ("t68", self._ReadTopicDraft),
        ):
            self._ReadTable(table, method)
        if self._view.is_last_pass:
            for event_data in self._MakeChats():
                self._mediator.ProduceEventData(event_data)
            for event_data in self._MakeAccount():
                self._mediator.ProduceEventData(event_data)

    def _ReadTable(self, table, method):
        """Reads a table.

        Args:
          table (str): name of the table.
          method (function): makes event data of key and value of a row.
        """
        if not self._view.HasTable(table):
            return
        for row, state in self._view.Read(table, ["key", "value"]):
            if self._mediator.abort:
                return
            key, value = row.values
            try:
                made = list(method(key, value))
            except FormatError as exception:
                self._reader.Warn(table, key, [(exception.offset, exception.reason)])
                continue
            except (ArithmeticError, LookupError, TypeError, ValueError) as exception:
                reason = f"makes no sense: {type(exception).__name__}: {exception!s}"
                self._reader.Warn(table, key, [(0, reason)])
                continue
            for event_data in made:
                event_data.record_state = state
                if hasattr(event_data, "record_table"):
                    event_data.record_table = table
                    if row.rowid is not None:
                        event_data.row_identifier = str(row.rowid)
                self._mediator.ProduceEventData(event_data, recovered=state is not None)

    def _LoadPresence(self):
        """Loads when users were online."""
        for key, value in self._reader.Rows("t20"):
            decoded = self._reader.Decode("t20", key, value)
            if decoded is not None:
                self._presence[key] = postbox_peers.read_presence(decoded)

    def _ReadPeer(self, key, value):
        """Reads a user, group, channel or secret chat.

        Args:
          key (int): stored number of the peer.
          value (bytes): stored object.

        Yields:
          TelegramEventData: event data.
        """
        decoded = self._reader.Decode("t2", key, value)
        if decoded is None:
            return
        found = postbox_peers.read_stored_peer(key, decoded)
        if found.user is not None:
            yield self._MakeUser(key, found)
        elif found.chat is not None:
            yield self._MakeGroup(found)
        elif found.secret is not None:
            yield self._MakeSecretChat(key, found)
        else:
            self._reader.Warn("t2", key, [(0, f"{decoded.label:s} is no known peer")])

    def _MakeContactData(self, source, number=None):
        """Creates the event data of a contact.

        Args:
          source (str): which list it stands in.
          number (Optional[int]): user identifier.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self._reader.Apply(event_data)
        event_data.contact_source = source
        if number is not None:
            peer = ("user", number)
            event_data.contact_identifier = str(number)
            event_data.contact_name = self._reader.GetName(peer)
            event_data.contact_type = "user"
        return event_data

    def _MakeUser(self, key, found):
        """Creates the event data of a user.

        Args:
          key (int): stored number of the user.
          found (StoredPeer): user.

        Returns:
          TelegramContactEventData: event data.
        """
        user = found.user
        event_data = self._MakeContactData("users", user.identifier)
        event_data.contact_name = user.name
        event_data.contact_phone = tl_message_events.GetDigits(user.phone)
        event_data.contact_type = "bot" if user.is_bot else "user"
        event_data.contact_username = user.username
        presence = self._presence.get(key) or postbox_peers.Presence()
        event_data.last_seen_time = tl_message_events.MakeTime(presence.last_seen)
        is_owner = user.identifier == self._reader.account_number
        details = {
            "the account itself": is_owner,
            "mutual contact": bool(user.is_mutual),
            "other usernames": user.other_usernames,
            "last seen": presence.status if presence.last_seen is None else None,
            **found.details,
        }
        words = tl_message_events.GetWords(details)
        event_data.contact_details = "; ".join(words) or None
        return event_data

    def _MakeChatData(self, value):
        """Creates the event data of a chat.

        Args:
          value (int): stored number of the chat.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self._reader.Apply(event_data)
        chat = self._reader.GetChat(value)
        event_data.chat_identifier = chat.identifier
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        return event_data

    def _MakeGroup(self, found):
        """Creates the event data of a group or channel.

        Args:
          found (StoredPeer): group or channel.

        Returns:
          TelegramChatEventData: event data.
        """
        chat = found.chat
        event_data = self._MakeChatData(found.value)
        event_data.chat_kind = chat.kind
        event_data.chat_title = chat.title
        event_data.chat_type = chat.chat_type
        event_data.chat_username = chat.username
        event_data.is_left = chat.is_left
        date = tl_message_events.MakeTime(chat.date)
        if chat.peer.kind == "channel" and not chat.is_creator:
            event_data.joined_time = date
        else:
            event_data.created_time = date
        details = {
            "members": chat.members,
            "created by the account": bool(chat.is_creator),
            "became the channel": chat.migrated_to,
            **found.details,
        }
        words = tl_message_events.GetWords(details)
        event_data.chat_details = "; ".join(words) or None
        return event_data

    def _MakeSecretChat(self, key, found):
        """Creates the event data of a secret chat.

        Args:
          key (int): stored number of the chat.
          found (StoredPeer): secret chat.

        Returns:
          TelegramChatEventData: event data.
        """
        secret = found.secret
        event_data = self._MakeChatData(key)
        event_data.chat_kind = postbox_peers.SECRET_CLASS
        event_data.created_time = tl_message_events.MakeTime(secret.date)
        if secret.user is not None:
            event_data.peer_identifier = str(secret.user)
        state = None
        for row_key, value in self._reader.Rows("t13"):
            if row_key == key:
                decoded = self._reader.Decode("t13", key, value)
                if decoded is not None:
                    state = postbox_secret.read_secret_state(decoded)
        if state is not None and state.keys:
            event_data.key_fingerprint = state.keys[-1].fingerprint
        has_key = state is not None and state.has_key
        details = {
            "state": secret.state,
            "the account's role": secret.role,
            "key is stored, this installation is the endpoint": has_key,
            "no key stored": not has_key,
            "messages destroy themselves after seconds": secret.timer,
        }
        event_data.chat_details = "; ".join(tl_message_events.GetWords(details))
        return event_data

    def _ReadContact(self, key, _):
        """Reads a contact of the account.

        Args:
          key (bytes): key.
          _ (object): value, which is empty.

        Yields:
          TelegramContactEventData: event data.
        """
        peer = postbox_ids.read_peer(postbox_keys.read_peer_key(key))
        if peer is not None:
            yield self._MakeContactData("contacts", peer.number)

    def _ReadCached(self, key, value):
        """Reads what is cached of a peer.

        Args:
          key (int): stored number of the peer.
          value (bytes): stored object.

        Yields:
          TelegramEventData: event data.
        """
        decoded = self._reader.Decode("t18", key, value)
        if decoded is None:
            return
        found = postbox_peers.read_cached_peer(decoded)
        peer = postbox_ids.read_peer(key)
        if peer is None:
            return
        inviter = found.inviter
        details = {
            "about": found.about,
            "blocked by the account": bool(found.is_blocked),
            "invited by": f"{inviter.kind} {inviter.number}" if inviter else None,
            **found.details,
        }
        words = "; ".join(tl_message_events.GetWords(details)) or None
        if peer.kind == "user":
            if words is not None:
                event_data = self._MakeContactData("profiles", peer.number)
                event_data.contact_details = words
                yield event_data
            return
        if words is not None or found.members:
            event_data = self._MakeChatData(key)
            event_data.chat_details = words
            event_data.joined_time = tl_message_events.MakeTime(found.invited)
            event_data.members = [
                str(member.peer.number) for member in found.members
            ] or None
            yield event_data
        for member in found.members:
            if member.time is None:
                continue
            event_data = self._MakeContactData("members", member.peer.number)
            event_data.joined_time = tl_message_events.MakeTime(member.time)
            who = member.inviter
            by = f", invited by user {who.number}" if who is not None else ""
            event_data.contact_details = (
                f"{member.role} of {peer.kind} {peer.number}{by}"
            )
            yield event_data

    def _ReadPhoneBook(self, key, value):
        """Reads an entry of the device's contacts.

        Args:
          key (bytes): key.
          value (bytes): stored object.

        Yields:
          TelegramContactEventData: event data.
        """
        phone = postbox_keys.read_device_contact_key(key)
        decoded = self._reader.Decode("t54", key, value)
        if decoded is None:
            return
        found = postbox_peers.read_device_contact(phone, decoded)
        number = found.peer.number if found.peer is not None else None
        event_data = self._MakeContactData("phone_book", number)
        event_data.contact_name = found.name
        event_data.contact_phone = tl_message_events.GetDigits(found.phone)
        yield event_data

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
                event_data.reply_to_identifier = str(draft.reply.number)
        if draft.edited is not None:
            edit = self._MakeDraft(value, "local", draft.edited_text, draft.local_time)
            edit.is_editing = True
            edit.message_identifier = str(draft.edited.number)
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
            event_data.message_identifier = str(download.message.number)
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

    def _MakeChats(self):
        """Creates the event data of the list of chats and of their counters.

        Yields:
          TelegramChatEventData: event data.
        """
        traces = self._traces
        index = {}
        for key, value in self._reader.Rows("t8"):
            try:
                index[key] = postbox_tables.read_chat_list_index(value)
            except (FormatError, TypeError) as exception:
                self._reader.Warn("t8", key, [(0, str(exception))])
        queued = {chat for chat, space in traces.next_ids if space == postbox_ids.LOCAL}
        counted = {
            chat
            for chat, tag in traces.operations
            if tag == postbox_traces.DELETION_LOG
        }
        for value in sorted(index.keys() | queued | counted):
            event_data = self._MakeChatData(value)
            place = index.get(value)
            event_data.record_table = "t8" if place is not None else "t10"
            details = {"not in the list of chats any more": place is None}
            if place is not None:
                if place.top_message is not None:
                    event_data.last_message_time = tl_message_events.MakeTime(
                        place.top_message[2]
                    )
                details["pinned"] = place.pin is not None
                details["archived"] = place.group == 1
                details["not shown in a list"] = not place.is_included
            if postbox_ids.unpack_peer(value).namespace != postbox_ids.PEER_SECRET:
                # Without those of the share sheet, quick share and Siri, which are not
                # counted; with failed and deleted ones.
                details["messages queued by this installation"] = str(
                    traces.queued(value)
                )
            details["deletions issued by this installation"] = (
                traces.deletions(value) or None
            )
            words = tl_message_events.GetWords(details)
            event_data.chat_details = "; ".join(words) or None
            yield event_data

    def _MakeAccount(self):
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
        event_data.written_time = self._view.file_entry.modification_time
        yield event_data

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
