"""SQLite plugins for the session files of client libraries (Telethon, Pyrogram).

Such a file is a login: whoever has it can write in the account's name, with a program
of his own. The key itself is never given out, only its identifier.

The layout of Telethon's file was read in Telethon 1.45.0, whose own code writes the
files of the tests. Pyrogram's layout (versions 2 to 4 and forks) is
UNCONFIRMED: it was not checked against a file that Pyrogram wrote.
"""

from telegram_forensics.formats import tdesktop_authorization
from telegram_forensics.formats import tdesktop_crypto
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import tl_message_events

BASIS = "library_session_file"

# Row of Telethon's entities under which it keeps who the account is.
_SELF = 0


class BaseLibrarySessionPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """Shared functionality of the plugins."""

    _CLIENT_NAME = None

    def _ReadAccount(self, view, values):
        """Reads who the account is.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          dict[str, str]: attributes of the account.
        """
        raise NotImplementedError

    def _ReadTime(self, view, values):
        """Reads the last time at which the library was in use.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          int: seconds since 1970 UTC or None if not known.
        """
        raise NotImplementedError

    _COLUMNS = ("dc_id", "auth_key", "user_id", "date")

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        for row, state in view.Read("sessions", list(self._COLUMNS)):
            values = dict(zip(self._COLUMNS, row.values, strict=True))
            event_data = telegram_event_data.TelegramSessionEventData()
            event_data.attribution_basis = BASIS
            event_data.client_name = self._CLIENT_NAME
            event_data.record_state = state or "current"
            event_data.written_time = view.file_entry.modification_time
            data_center = values["dc_id"]
            if isinstance(data_center, int):
                event_data.session_data_center = data_center
            key = values["auth_key"]
            if (
                isinstance(key, bytes)
                and len(key) == tdesktop_authorization.AUTH_KEY_SIZE
            ):
                event_data.session_identifier = tdesktop_crypto.auth_key_identifier(key)
            elif key:
                view.Warn(f"table sessions, row id {row.rowid!s}: not a key")
            else:
                # Made by the library, and nobody logged in.
                event_data.record_state = state or "unused_slot"
            event_data.last_active_time = tl_message_events.MakeTime(
                self._ReadTime(view, values)
            )
            for name, value in self._ReadAccount(view, values).items():
                setattr(event_data, name, value)
            parser_mediator.ProduceEventData(event_data, recovered=state is not None)


class TelethonSessionPlugin(BaseLibrarySessionPlugin):
    """SQLite plugin for session files of Telethon."""

    NAME = "telegram_telethon_session"
    DATA_FORMAT = "Telethon session SQLite database (.session) file"

    REQUIRED_STRUCTURE = {
        "entities": frozenset(["id", "hash", "username", "phone", "name"]),
        "sessions": frozenset(["dc_id", "server_address", "port", "auth_key"]),
        "version": frozenset(["version"]),
    }

    _CLIENT_NAME = "Telethon"

    def _ReadAccount(self, view, values):
        """Reads who the account is.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          dict[str, str]: attributes of the account.
        """
        people = {
            row.values[0]: row.values[1:]
            for row in view.ReadCurrent(
                "entities", ["id", "hash", "username", "phone", "name"]
            )
        }
        number = people.get(_SELF, (None,))[0]
        if not isinstance(number, int):
            return {}
        found = {"account_identifier": str(number)}
        _, username, phone, name = people.get(number, (None, None, None, None))
        if username:
            found["account_username"] = str(username)
        if phone:
            found["account_phone"] = str(phone)
        if name:
            found["account_name"] = str(name)
        return found

    def _ReadTime(self, view, values):
        """Reads the last time at which the library was in use.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          int: seconds since 1970 UTC or None if not known.
        """
        times = [
            row.values[0]
            for table in ("update_state", "entities")
            for row in view.ReadCurrent(table, ["date"])
            if isinstance(row.values[0], int) and 0 < row.values[0] < 1 << 33
        ]
        return max(times, default=None)


class PyrogramSessionPlugin(BaseLibrarySessionPlugin):
    """SQLite plugin for session files of Pyrogram and its forks. UNCONFIRMED."""

    NAME = "telegram_pyrogram_session"
    DATA_FORMAT = "Pyrogram session SQLite database (.session) file"

    REQUIRED_STRUCTURE = {
        "peers": frozenset(["id", "access_hash", "type"]),
        "sessions": frozenset(["dc_id", "test_mode", "auth_key", "user_id", "is_bot"]),
        "version": frozenset(["number"]),
    }

    _CLIENT_NAME = "Pyrogram"

    def _ReadAccount(self, view, values):
        """Reads who the account is.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          dict[str, str]: attributes of the account.
        """
        number = values["user_id"]
        return {"account_identifier": str(number)} if isinstance(number, int) else {}

    def _ReadTime(self, view, values):
        """Reads the last time at which the library was in use.

        Args:
          view (DatabaseView): database.
          values (dict[str, object]): values of the row of the session.

        Returns:
          int: seconds since 1970 UTC or None if not known.
        """
        time = values["date"]
        return time if isinstance(time, int) and 0 < time < 1 << 33 else None


PLUGINS = (TelethonSessionPlugin, PyrogramSessionPlugin)
