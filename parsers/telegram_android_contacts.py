"""Event data of people in the database of Telegram for Android: users, contacts,
members of groups and channels, and the phone book as the client keeps it."""

import functools

from telegram_forensics.formats import android_database
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import tl_message_events

_APPROXIMATE_STATUS = {
    -100: "recently",
    -101: "within a week",
    -102: "within a month",
    -1000: "recently (hidden by the account's own setting)",
    -1001: "within a week (hidden by the account's own setting)",
    -1002: "within a month (hidden by the account's own setting)",
}


class ContactMaker:
    """Makes event data of the rows that name people."""

    def __init__(self, peers, apply, decode):
        """Initializes a maker.

        Args:
          peers (Peers): who is who.
          apply (function): sets what every event carries.
          decode (function): decodes an object of a row, given table, row, value of the
              column and type; None if it cannot be decoded.
        """
        super().__init__()
        self._apply = apply
        self._decode = decode
        self._peers = peers

    def MakeContact(self, number, source):
        """Creates the event data of a contact.

        Args:
          number (int): user identifier or None.
          source (str): which list it stands in.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self._apply(event_data)
        event_data.contact_source = source
        if isinstance(number, int):
            event_data.contact_identifier = str(number)
            event_data.contact_name = self._peers.GetName(tl_peers.Peer("user", number))
            event_data.contact_type = "user"
        return event_data

    def ReadUser(self, table, row):
        """Reads a user.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramContactEventData: event data.
        """
        uid, name, status, data = row.values
        value = self._decode(table, row, data, "User")
        user = tl_peers.read_user(value) if value is not None else None
        event_data = self.MakeContact(uid, "users")
        details = {"last seen": _APPROXIMATE_STATUS.get(status)}
        event_data.last_seen_time = tl_message_events.MakeTime(
            android_database.time(status)
        )
        if user is None:
            event_data.contact_name = android_database.name_of_user_row(name)
        else:
            event_data.contact_name = user.name
            event_data.contact_phone = tl_message_events.GetDigits(user.phone)
            event_data.contact_type = "bot" if user.is_bot else "user"
            event_data.contact_username = user.username
            details.update(
                {
                    "the account itself": bool(user.is_self),
                    "contact": bool(user.is_contact),
                    "mutual contact": bool(user.is_mutual),
                    "deleted account": bool(user.is_deleted),
                    "other usernames": user.other_usernames,
                }
            )
        words = tl_message_events.GetWords(details)
        event_data.contact_details = "; ".join(words) or None
        yield event_data

    def ReadContact(self, table, row):
        """Reads a row of the list of contacts.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramContactEventData: event data.
        """
        uid, mutual = row.values
        event_data = self.MakeContact(uid, "contacts")
        event_data.contact_details = "mutual contact" if mutual else None
        yield event_data

    def ReadFullUser(self, table, row):
        """Reads what was loaded about a user.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramContactEventData: event data.
        """
        uid, data = row.values
        value = self._decode(table, row, data, "UserFull")
        event_data = self.MakeContact(uid, "profiles")
        fields = value.fields if value is not None else {}
        words = tl_message_events.GetWords(
            {
                "about": fields.get("about") or None,
                "blocked": bool(fields.get("blocked")),
                "common chats": fields.get("common_chats_count") or None,
                "messages delete themselves after seconds": fields.get("ttl_period"),
            }
        )
        event_data.contact_details = "; ".join(words) or None
        yield event_data

    def ReadMember(self, table, row):
        """Reads a member of a channel.

        Args:
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramContactEventData: event data.
        """
        did, uid, data = row.values
        value = self._decode(table, row, data, "ChannelParticipant")
        if value is None:
            event_data = self.MakeContact(uid, "members")
            event_data.contact_details = f"in chat {did!s}"
            yield event_data
        else:
            yield self.MakeMember(did, value)

    def MakeMember(self, dialog_id, value):
        """Creates the event data of a member of a group or channel.

        Args:
          dialog_id (int): dialog identifier of the chat.
          value (TLObject): member.

        Returns:
          TelegramContactEventData: event data.
        """
        fields = value.fields
        peer = tl_peers.read_peer(fields.get("peer"))
        event_data = self.MakeContact(
            peer.number if peer else fields.get("user_id"), "members"
        )
        event_data.joined_time = tl_message_events.MakeTime(fields.get("date"))
        chat = self._peers.GetChat(dialog_id)
        words = tl_message_events.GetWords(
            {
                "in chat": f"{chat.title or ''} ({chat.identifier})".strip(),
                "role": value.name,
                "invited by": fields.get("inviter_id") or None,
                "promoted by": fields.get("promoted_by") or None,
                "removed by": fields.get("kicked_by") or None,
                "title": fields.get("rank") or None,
            }
        )
        event_data.contact_details = "; ".join(words)
        return event_data

    def GetPhoneBooks(self, view):
        """Retrieves the tables of the phone book of the device.

        Args:
          view (DatabaseView): database.

        Yields:
          tuple[str, list[str], function]: name of the table, names of the columns, and
              what makes event data of a row.
        """
        for names, phones in (
            ("user_contacts_v6", "user_phones_v6"),
            ("user_contacts_v7", "user_phones_v7"),
        ):
            key = "uid" if names.endswith("v6") else "key"
            numbers = {}
            for row in view.ReadCurrent(phones, [key, "phone", "deleted"]):
                numbers.setdefault(row.values[0], []).append(row.values[1:])
            columns = [key, "uid", "fname", "sname", "imported"]
            yield names, columns, functools.partial(self._ReadEntry, numbers)

    def _ReadEntry(self, numbers, table, row):
        """Reads an entry of the phone book.

        Args:
          numbers (dict[object, list[tuple[str, int]]]): phone numbers, and whether they
              were deleted, by key of the entry.
          table (str): name of the table.
          row (Row): row.

        Yields:
          TelegramContactEventData: event data.
        """
        entry, uid, first, last, imported = row.values
        uid = entry if table.endswith("v6") else uid
        event_data = self.MakeContact(uid or None, "phone_book")
        name = " ".join(part for part in (first, last) if part)
        event_data.contact_name = name or event_data.contact_name
        found = numbers.get(entry, [])
        if found:
            event_data.contact_phone = tl_message_events.GetDigits(str(found[0][0]))
        words = tl_message_events.GetWords(
            {
                "phone numbers": [str(number) for number, _ in found[1:]],
                "contacts of other applications with Telegram": bool(imported),
                "deleted in the phone book": any(gone for _, gone in found),
            }
        )
        event_data.contact_details = "; ".join(words) or None
        yield event_data
