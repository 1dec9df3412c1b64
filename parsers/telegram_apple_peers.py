"""Chats and contacts in the database of Telegram for iOS and native macOS."""

from telegram_forensics.formats import postbox_ids
from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_peers
from telegram_forensics.formats import postbox_secret
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats import postbox_traces
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import telegram_apple_gaps as apple_gaps
from telegram_forensics.parsers import telegram_apple_tables as apple_tables
from telegram_forensics.parsers import tl_message_events


class PeerReader(apple_tables.TableReader):
    """Reads users, groups, channels, contacts and the list of chats."""

    def __init__(self, parser_mediator, reader, traces):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          reader (PostboxReader): database.
          traces (SendTraces): traces of sending.
        """
        super().__init__(parser_mediator, reader, traces)
        self._presence = {}
        self._LoadPresence()

    def GetTables(self):
        """Retrieves the tables.

        Returns:
          dict[str, function]: what makes event data of key and value of a row, by
              table.
        """
        return {
            "t2": self._ReadPeer,
            "t16": self._ReadContact,
            "t18": self._ReadCached,
            "t54": self._ReadPhoneBook,
        }

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

    def _LoadIndex(self):
        """Loads the list of chats.

        Returns:
          dict[int, ChatListIndex]: places by stored number of the chat.
        """
        index = {}
        for key, value in self._reader.Rows("t8"):
            if not isinstance(key, int):
                continue
            try:
                index[key] = postbox_tables.read_chat_list_index(value)
            except (FormatError, TypeError) as exception:
                self._reader.Warn("t8", key, [(0, str(exception))])
        return index

    def MakeSummary(self):
        """Creates the event data of the list of chats, of their counters and gaps.

        Yields:
          TelegramChatEventData: event data.
        """
        traces = self._traces
        index = self._LoadIndex()
        counted = {
            chat for chat, space in traces.next_ids if space == postbox_ids.LOCAL
        }
        counted |= {
            chat
            for chat, tag in traces.operations
            if tag == postbox_traces.DELETION_LOG
        }
        holes = apple_gaps.ReadHoles(self._reader)
        gaps = {}
        if not self._view.has_gaps:
            # Else what is missing may be what cannot be read.
            gaps = apple_gaps.FindGaps(self._view, holes)
        for value in sorted(index.keys() | counted | holes.keys() | gaps.keys()):
            event_data = self._MakeChatData(value)
            place = index.get(value)
            event_data.record_table = "t8"
            details = {"not in the list of chats any more": place is None}
            if place is not None:
                if place.top_message is not None:
                    event_data.last_message_time = tl_message_events.MakeTime(
                        place.top_message[2]
                    )
                details["pinned"] = place.pin is not None
                details["archived"] = place.group == 1
                details["not shown in a list"] = not place.is_included
            elif value in counted:
                event_data.record_table = "t10"
            else:
                event_data.record_table = "t56" if value in holes else "t4"
            if postbox_ids.unpack_peer(value).namespace != postbox_ids.PEER_SECRET:
                # Without those of the share sheet, quick share and Siri, which are not
                # counted; with failed and deleted ones.
                details["messages queued by this installation"] = str(
                    traces.queued(value)
                )
            details["deletions issued by this installation"] = (
                traces.deletions(value) or None
            )
            details["messages not downloaded"] = apple_gaps.Describe(
                holes.get(value, [])
            )
            details["messages missing in between"] = apple_gaps.Describe(
                gaps.get(value, [])
            )
            words = tl_message_events.GetWords(details)
            event_data.chat_details = "; ".join(words) or None
            yield event_data
