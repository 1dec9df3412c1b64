"""Turns what the clients of Telegram Web cache into plaso event data."""

import collections

from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import telegram_web_events
from telegram_forensics.parsers import telegram_web_storage as storage
from telegram_forensics.parsers import tl_message_events

CACHE_BASIS = {
    "Telegram Web A": "web_a_cache",
    "Telegram Web K": "web_k_cache",
    "Telegram Web Z": "web_z_cache",
}
_NO_BASIS = "web_cache"


def NewMaker(parser_mediator, file_entry, origin):
    """Creates a maker of event data.

    Args:
      parser_mediator (ParserMediator): parser mediator.
      file_entry (dfvfs.FileEntry): file entry of what is read.
      origin (str): origin.

    Returns:
      WebCacheEventMaker: maker.
    """
    return WebCacheEventMaker(
        telegram_web_paths.find_profile(storage.GetPath(file_entry)),
        origin,
        file_entry.modification_time,
        lambda event_data, recovered: parser_mediator.ProduceEventData(
            event_data, recovered=recovered
        ),
    )


class WebCacheEventMaker(telegram_web_events.WebEventMaker):
    """Creates event data of one origin in one profile, caches included."""

    def ProduceCache(self, cache):
        """Produces the events of a client's cache.

        Args:
          cache (WebCache): what it holds.
        """
        book = _AddressBook(cache)
        for user in cache.users:
            self._ProduceUser(user)
        for chat in cache.chats:
            self._ProduceChat(chat)
        makers = {}
        for message in cache.messages:
            key = (message.client, message.account, message.slot)
            if key not in makers:
                makers[key] = self._NewMessageMaker(message, book)
            self._ProduceMessage(message, makers[key], book)
        for draft in cache.drafts:
            event_data = self._MakeDraft(draft.source, draft.text, draft.account)
            self._ApplyCached(event_data, draft)
            event_data.chat_identifier = str(draft.chat.number)
            event_data.chat_type = draft.chat.kind
            if draft.topic is not None:
                event_data.draft_section = "topic"
                event_data.topic_identifier = draft.topic
            if draft.reply_to is not None:
                event_data.reply_to_identifier = str(draft.reply_to)
            event_data.saved_time = tl_message_events.MakeTime(draft.date)
            self._Produce(event_data, draft.source)
        for fact in cache.facts:
            event_data = telegram_event_data.TelegramSettingEventData()
            self._ApplyCached(event_data, fact)
            event_data.record_state = fact.source.state
            event_data.setting_name = fact.name
            event_data.setting_value = fact.value
            self._Produce(event_data, fact.source)
        for client, trace in cache.traces:
            session = self.known.GetSession(
                trace.user, trace.slot, trace.source.state == "current"
            )
            trace.key = session.login.key if session is not None else None
            self.ProduceTrace(client, trace, CACHE_BASIS.get(client, _NO_BASIS))

    def _ApplyCached(self, event_data, record):
        """Sets what every event of a cache carries.

        Args:
          event_data (TelegramEventData): event data.
          record (WebMessage): message or other record of a cache.
        """
        basis = CACHE_BASIS.get(record.client, _NO_BASIS)
        self._Apply(event_data, record.client, record.source, basis)
        event_data.account_identifier = record.account
        if hasattr(event_data, "account_slot") and record.slot is not None:
            event_data.account_slot = str(record.slot)
        self._SetSession(
            event_data,
            self.known.GetSession(
                record.account, record.slot, record.source.state == "current"
            ),
        )

    def _ProduceUser(self, user):
        """Produces the event of a user: the owner, or another one.

        Args:
          user (WebUser): user.
        """
        facts = user.facts
        if facts.is_self:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._ApplyCached(event_data, user)
            event_data.account_name = facts.name
            event_data.account_phone = tl_message_events.GetDigits(facts.phone)
            event_data.account_username = facts.username
            event_data.record_state = user.source.state
            self._Produce(event_data, user.source)
            return
        event_data = message_event_data.TelegramContactEventData()
        self._ApplyCached(event_data, user)
        event_data.contact_identifier = str(facts.identifier)
        event_data.contact_name = facts.name
        event_data.contact_phone = tl_message_events.GetDigits(facts.phone)
        event_data.contact_source = "users"
        event_data.contact_type = "bot" if facts.is_bot else "user"
        event_data.contact_username = facts.username
        words = tl_message_events.GetWords(
            {
                "contact": facts.is_contact or None,
                "deleted": facts.is_deleted or None,
                "other usernames": facts.other_usernames or None,
                "status": facts.status,
            }
        )
        event_data.contact_details = "; ".join(words) or None
        event_data.last_seen_time = tl_message_events.MakeTime(facts.last_seen)
        event_data.record_state = self._GetRowState(user.source)
        self._Produce(event_data, user.source)

    @staticmethod
    def _GetRowState(source):
        """Determines the state of a record that has one only if it does not count.

        Args:
          source (Source): where the record stands.

        Returns:
          str: record state or None.
        """
        return None if source.state == "current" else source.state

    def _ProduceChat(self, chat):
        """Produces the event of a group or channel.

        Args:
          chat (WebChat): chat.
        """
        facts = chat.facts
        event_data = message_event_data.TelegramChatEventData()
        self._ApplyCached(event_data, chat)
        event_data.chat_identifier = str(facts.peer.number)
        event_data.chat_kind = facts.kind or None
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
        date = tl_message_events.MakeTime(facts.date)
        if facts.peer.kind == "group" or facts.is_creator:
            event_data.created_time = date
        else:
            event_data.joined_time = date
        event_data.record_state = self._GetRowState(chat.source)
        self._Produce(event_data, chat.source)

    def _NewMessageMaker(self, message, book):
        """Creates a maker of messages.

        Args:
          message (WebMessage): first message of an account.
          book (_AddressBook): names.

        Returns:
          MessageMaker: maker.
        """
        number = int(message.account) if message.account is not None else None
        return tl_message_events.MessageMaker(number, lambda _: None, book.GetName)

    def _ProduceMessage(self, message, maker, book):
        """Produces the event of a message, call or notice.

        Args:
          message (WebMessage): message.
          maker (MessageMaker): maker of the account.
          book (_AddressBook): names.
        """
        facts = message.facts
        chat = book.GetChat(message)
        event_data = maker.Make(facts, chat, facts.identifier, facts.date)
        self._ApplyCached(event_data, message)
        event_data.record_state = self._GetRowState(message.source)
        if hasattr(event_data, "origin") and facts.is_outgoing:
            # A web client leaves no mark on what it sent.
            event_data.origin = "not_determinable"
        self._Produce(event_data, message.source)


class _AddressBook:
    """Names of users and chats in a cache."""

    def __init__(self, cache):
        """Initializes an address book.

        Args:
          cache (WebCache): what the cache holds.
        """
        super().__init__()
        self._bots = {
            user.facts.identifier for user in cache.users if user.facts.is_bot
        }
        self._chats = {}
        self._names = collections.OrderedDict()
        for user in cache.users:
            peer = tl_peers.Peer("user", user.facts.identifier)
            self._names.setdefault(peer, user.facts.name)
        for chat in cache.chats:
            self._names.setdefault(chat.facts.peer, chat.facts.title)
            self._chats.setdefault(chat.facts.peer, chat.facts.chat_type)

    def GetName(self, peer):
        """Retrieves the name of a peer.

        Args:
          peer (Peer): peer.

        Returns:
          str: name or None if not known.
        """
        return self._names.get(peer)

    def GetChat(self, message):
        """Creates the chat of a message.

        Args:
          message (WebMessage): message.

        Returns:
          Chat: chat.
        """
        peer = message.chat
        title = self._names.get(peer)
        if peer.kind != "user":
            chat_type = message.chat_type or self._chats.get(peer)
            if chat_type is None and peer.kind == "group":
                chat_type = "group"
            return tl_message_events.Chat(peer.kind, peer.number, chat_type, title)
        chat_type = "bot" if peer.number in self._bots else "user"
        if message.account == str(peer.number):
            chat_type = "saved"
        return tl_message_events.Chat(
            "user", peer.number, chat_type, title, peer.number
        )
