"""Which rows of the Android database repeat a message that the main table has."""

import sqlite3

from telegram_forensics.formats import android_database


class MessageCopies:
    """Tells copies of messages, and rows that messages cannot stand in."""

    def __init__(self, view, peers):
        """Initializes what is needed for the comparison.

        Args:
          view (DatabaseView): database.
          peers (Peers): who is who.
        """
        super().__init__()
        self._main_tables = [
            table.name
            for table in android_database.MESSAGE_TABLES
            if table.kind == "main"
            and {"mid", "uid", "data"} <= set(view.current.columns.get(table.name, ()))
        ]
        self._peers = peers
        self._view = view

    def Fits(self, facts, uid, mid):
        """Determines if a message can stand in a row.

        Args:
          facts (MessageFacts): message.
          uid (object): dialog identifier of the row.
          mid (object): message identifier of the row.

        Returns:
          bool: True if the identifiers agree.
        """
        if not isinstance(uid, int) or not isinstance(mid, int):
            return False
        if self._peers.GetChat(uid).kind == "secret":
            return mid < 0
        return mid & 0xFFFFFFFF == (facts.identifier or 0) & 0xFFFFFFFF and (
            uid == self.GetDialog(facts)
        )

    def GetDialog(self, facts):
        """Determines the dialog identifier of a message from the object.

        Args:
          facts (MessageFacts): message.

        Returns:
          int: dialog identifier or None.
        """
        peer = facts.chat
        if peer is None:
            return None
        if peer.kind != "user":
            return -peer.number
        if not facts.is_outgoing and peer.number == self._peers.account_number:
            return facts.sender.number if facts.sender else peer.number
        return peer.number

    def IsCopy(self, uid, mid, data, decoded):
        """Determines if a row repeats a message of the main table.

        Args:
          uid (int): dialog identifier or None.
          mid (int): message identifier or None.
          data (bytes): message blob.
          decoded (DecodedMessage): the same, decoded.

        Returns:
          bool: True if the main table has the message with the same content.
        """
        for name in self._main_tables:
            try:
                row = self._view.current.connection.execute(
                    f"SELECT data FROM {name} WHERE mid = ? AND uid = ?", (mid, uid)
                ).fetchone()
            except (sqlite3.DatabaseError, OverflowError):
                continue
            if row is None:
                continue
            if row[0] == data:
                return True
            main = android_database.decode_message(row[0]).facts
            facts = decoded.facts
            if None not in (main.sender, facts.sender) and main.sender != facts.sender:
                continue
            # Counters and the like change all the time.
            if not decoded.is_damaged and (
                main.text,
                main.edited,
                main.date,
                main.action,
                main.forward,
                main.reply_to,
                _GetMedia(main),
            ) == (
                facts.text,
                facts.edited,
                facts.date,
                facts.action,
                facts.forward,
                facts.reply_to,
                _GetMedia(facts),
            ):
                return True
        return False


def _GetMedia(facts):
    """Retrieves what tells the attachment of a message from others.

    Args:
      facts (MessageFacts): message.

    Returns:
      tuple[str, int]: kind and identifier, None if there is no attachment.
    """
    return (facts.media.kind, facts.media.identifier) if facts.media else None
