"""Who is who in a database of Telegram for Android: names and types of chats."""

from telegram_forensics.formats import android_database
from telegram_forensics.formats import tl_peers
from telegram_forensics.parsers import tl_message_events


class Peers:
    """Users and chats that a database knows, for names and types.

    Attributes:
      account_number (int): user identifier of the account or None if not known.
      database_version (int): version of the database or None if not known.
    """

    def __init__(self, view, account_number):
        """Initializes peers.

        Args:
          view (DatabaseView): database.
          account_number (int): user identifier of the account or None if the files
              beside the database do not tell.
        """
        super().__init__()
        self.account_number = account_number
        self.database_version = view.current.version
        self._bots = set()
        self._chats = {}
        self._dialogs = {}
        self._names = {}
        self._secret_peers = {}
        self._ReadUsers(view)
        self._ReadChats(view)
        for row in view.ReadCurrent("enc_chats", ["uid", "user"]):
            self._secret_peers[row.values[0]] = row.values[1]

    def _ReadUsers(self, view):
        """Reads the users.

        Args:
          view (DatabaseView): database.
        """
        for row in view.ReadCurrent("users", ["uid", "name", "data"]):
            number, name, data = row.values
            value, _ = android_database.decode_object(data, "User")
            user = tl_peers.read_user(value) if value is not None else None
            if user is None:
                known = android_database.name_of_user_row(name)
            else:
                known = user.name or user.username
                if user.is_bot:
                    self._bots.add(number)
                if user.is_self and self.account_number is None:
                    self.account_number = number
            if known is not None:
                self._names[tl_peers.Peer("user", number)] = known

    def _ReadChats(self, view):
        """Reads groups and channels.

        Args:
          view (DatabaseView): database.
        """
        for row in view.ReadCurrent("chats", ["uid", "name", "data"]):
            number, name, data = row.values
            value, _ = android_database.decode_object(data, "Chat")
            chat = tl_peers.read_chat(value) if value is not None else None
            if chat is None:
                self._chats[number] = (None, None, name or None)
                continue
            title = chat.title or name or None
            self._chats[number] = (chat.peer.kind, chat.chat_type, title)
            if title is not None:
                self._names[tl_peers.Peer(chat.peer.kind, number)] = title

    def AddAccount(self, name):
        """Adds the name of the account, for a database that has no row of it.

        Args:
          name (str): name or None if not known.
        """
        if name:
            self._names.setdefault(tl_peers.Peer("user", self.account_number), name)

    def GetName(self, peer):
        """Retrieves the name of a peer.

        Args:
          peer (Peer): peer.

        Returns:
          str: name or None if not known.
        """
        return self._names.get(peer)

    def GetChat(self, dialog_id):
        """Retrieves the chat that a dialog identifier stands for.

        Args:
          dialog_id (int): dialog identifier as stored.

        Returns:
          Chat: chat.
        """
        chat = self._dialogs.get(dialog_id)
        if chat is None:
            dialog = android_database.read_dialog(dialog_id, self.database_version)
            chat = self._dialogs[dialog_id] = self._MakeChat(dialog)
        return chat

    def _MakeChat(self, dialog):
        """Creates a chat.

        Args:
          dialog (Dialog): what the dialog identifier names.

        Returns:
          Chat: chat.
        """
        number = dialog.number
        if dialog.kind == "user":
            title = self._names.get(tl_peers.Peer("user", number))
            chat_type = "bot" if number in self._bots else "user"
            if number == self.account_number:
                chat_type = "saved"
            return tl_message_events.Chat("user", number, chat_type, title, number)
        if dialog.kind == "secret":
            peer = self._secret_peers.get(number)
            title = self._names.get(tl_peers.Peer("user", peer))
            return tl_message_events.Chat("secret", number, "secret", title, peer)
        if dialog.kind == "folder":
            return tl_message_events.Chat("folder", number, None, None)
        kind, chat_type, title = self._chats.get(number, (None, None, None))
        return tl_message_events.Chat(kind or "group", number, chat_type, title)
