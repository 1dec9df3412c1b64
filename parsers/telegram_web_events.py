"""Turns sessions and traces of Telegram's web clients into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time
from dfdatetime import time_elements as dfdatetime_time_elements

from telegram_forensics.formats import telegram_web_values
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import tl_message_events
from telegram_forensics.parsers import web_event_data

_MICROSECONDS = 1000000


# The year 9999: what lies behind it is no time, and takes long to convert.
_LAST_TIME = 253402300799 * _MICROSECONDS


def MakeTime(timestamp):
    """Creates a date and time.

    Args:
      timestamp (int): microseconds since 1970 UTC or None.

    Returns:
      dfdatetime.PosixTimeInMicroseconds: date and time or None if there is none or it
          cannot be one.
    """
    if timestamp is None or not 0 <= timestamp <= _LAST_TIME:
        return None
    if timestamp % _MICROSECONDS == 0:
        return dfdatetime_posix_time.PosixTime(timestamp=timestamp // _MICROSECONDS)
    return dfdatetime_posix_time.PosixTimeInMicroseconds(timestamp=timestamp)


def MakeLocalTime(text):
    """Creates a date and time in the time zone of the computer.

    Args:
      text (str): date and time in ISO 8601 with milliseconds, without a zone.

    Returns:
      dfdatetime.TimeElementsInMilliseconds: date and time or None if there is none.
    """
    date_time = dfdatetime_time_elements.TimeElementsInMilliseconds()
    try:
        date_time.CopyFromStringISO8601(text)
    except ValueError:
        return None
    date_time.is_local_time = True
    return date_time


def GetTimeString(timestamp):
    """Puts a time into words.

    Args:
      timestamp (int): microseconds since 1970 UTC or None.

    Returns:
      str: words or None.
    """
    date_time = MakeTime(timestamp)
    return date_time.CopyToDateTimeStringISO8601() if date_time else None


class Known:
    """What localStorage tells of the sessions of an origin.

    Attributes:
      names (dict[str, str]): names of users by identifier.
      sessions (list[WebSession]): sessions.
    """

    def __init__(self, sessions=()):
        """Initializes what is known.

        Args:
          sessions (Optional[list[WebSession]]): sessions.
        """
        super().__init__()
        self.names = {}
        self.sessions = list(sessions)

    def GetSession(self, user, slot, is_current):
        """Determines the session in whose storage a cached record stands.

        Args:
          user (str): user identifier of the account or None.
          slot (int): number of the account in the client or None.
          is_current (bool): the storage holds the record now.

        Returns:
          WebSession: session or None if it could be one of several.
        """
        if user is None:
            return None
        sessions = [
            session
            for session in self.sessions
            if session.login.user == user and session.login.key is not None
        ]
        if is_current:
            current = [session for session in sessions if session.is_current]
            if len(current) > 1 and slot is not None:
                current = [session for session in current if slot in session.slots]
            return current[0] if len(current) == 1 else None
        # Another one of the account may have ended since, and its cache with it.
        return sessions[0] if len(sessions) == 1 else None


class WebEventMaker:
    """Creates event data of one origin in one profile.

    Attributes:
      known (Known): what is known of the sessions.
    """

    def __init__(self, profile, origin, written_time, produce):
        """Initializes a maker.

        Args:
          profile (BrowserProfile): profile of the browser.
          origin (str): origin.
          written_time (dfdatetime.DateTimeValues): modification time of the file at
              hand.
          produce (function): produces event data, and whether it was recovered.
        """
        super().__init__()
        self._origin = origin
        self._produce = produce
        self._profile = profile
        self._written_time = written_time
        self.known = Known()

    def _Apply(self, event_data, client, source, basis):
        """Sets what every event carries.

        Args:
          event_data (TelegramEventData): event data.
          client (str): name of the client or None.
          source (Source): where the record stands.
          basis (str): code of the stored fact behind the attribution.
        """
        event_data.attribution_basis = basis
        event_data.browser_name = self._profile.browser
        event_data.browser_profile = self._profile.path
        event_data.client_name = client
        event_data.web_origin = self._origin
        event_data.record_file = source.file
        event_data.record_offset = source.offset
        event_data.record_sequence = source.sequence
        if source.earliest is not None or source.latest is not None:
            earliest = GetTimeString(source.earliest) or "unknown"
            latest = GetTimeString(source.latest) or "unknown"
            event_data.record_bounds = f"{earliest:s} to {latest:s}"
        # Messages and calls have none: their own time says it all.
        if hasattr(event_data, "written_time"):
            event_data.written_time = self._written_time

    def _Produce(self, event_data, source):
        """Produces event data.

        Args:
          event_data (TelegramEventData): event data.
          source (Source): where the record stands.
        """
        if source.recovery is not None and hasattr(event_data, "recovery_method"):
            event_data.recovery_method = source.recovery
        # Of JavaScript texts halves of characters may remain, which cannot be stored.
        for name, value in vars(event_data).items():
            if isinstance(value, str):
                setattr(event_data, name, telegram_web_values.clean_text(value))
        self._produce(event_data, source.recovery is not None)

    def _SetSession(self, event_data, session):
        """Sets the session in whose storage a record stands.

        Args:
          event_data (TelegramEventData): event data.
          session (WebSession): session or None.
        """
        if session is not None:
            event_data.session_data_center = session.login.data_center
            event_data.session_identifier = session.login.key

    def ProduceSessions(self, sessions):
        """Produces the events of sessions and of their accounts.

        Args:
          sessions (list[WebSession]): sessions.
        """
        for session in sessions:
            source = session.login.source
            self._Produce(self.MakeSession(session), source)
            if session.login.user is not None:
                self._Produce(self._MakeAccount(session), source)

    def MakeSession(self, session):
        """Creates the event data of a session.

        Args:
          session (WebSession): session.

        Returns:
          TelegramSessionEventData: event data.
        """
        login = session.login
        event_data = telegram_event_data.TelegramSessionEventData()
        self._Apply(event_data, login.client, login.source, login.basis)
        self._SetPerson(event_data, login)
        self._SetSession(event_data, session)
        event_data.changed_time = MakeTime(
            login.source.time if login.source.time is not None else session.last_commit
        )
        event_data.created_basis = session.created_basis
        event_data.created_time = MakeTime(session.created)
        event_data.ended_time = MakeTime(session.ended)
        if session.created is None or session.created != session.first_seen:
            event_data.first_seen_time = MakeTime(session.first_seen)
        event_data.key_identifiers = [
            key for _, key in sorted(login.keys.items())
        ] or None
        event_data.last_active_time = MakeTime(session.last_open)
        event_data.record_state = self._GetState(session)
        event_data.session_details = "; ".join(self._GetDetails(session)) or None
        return event_data

    @staticmethod
    def _GetState(session):
        """Determines the state of the record of a session.

        Args:
          session (WebSession): session.

        Returns:
          str: record state.
        """
        state = session.login.source.state
        if session.is_current:
            # Of a damaged record each part may be wrong, that it counts as well.
            return "damaged" if state == "damaged" else "current"
        # The record itself may stand, and what it refers to may be gone.
        return "removed" if state in ("current", "damaged") else state

    @staticmethod
    def _GetDetails(session):
        """Puts what else is known of a session into words.

        Args:
          session (WebSession): session.

        Returns:
          list[str]: words.
        """
        login = session.login
        details = []
        if len(session.slots) > 1:
            numbers = ", ".join(str(slot) for slot in session.slots)
            details.append(f"accounts {numbers:s} of the client, in this order")
        if len(session.clients) > 1:
            details.append(f"records of {', '.join(session.clients):s}")
        if session.is_locked:
            details.append("its record was moved into the store of a passcode")
        elif session.is_locked is None:
            details.append(
                "its record was removed by a log-out or moved into the store of a "
                "passcode"
            )
        if session.key_remains:
            details.append("its key stayed behind when its record was removed")
        if not login.has_login:
            details.append("a key that no record ties to an account")
        if login.is_test:
            details.append("at Telegram's test servers")
        if login.source.recovery is not None:
            details.append(f"recovered: {login.source.recovery:s}")
        if login.fingerprint is not None:
            details.append(f"first bytes of the key of DC 2: {login.fingerprint:s}")
        if login.user_auth_date is not None and login.created != login.user_auth_date:
            changed = GetTimeString(login.user_auth_date)
            details.append(f"last change of the account by the client: {changed:s}")
        return details

    @staticmethod
    def _SetPerson(event_data, login):
        """Sets the account of a login.

        Args:
          event_data (TelegramEventData): event data.
          login (WebLogin): login.
        """
        event_data.account_identifier = login.user
        names = [name for name in (login.first_name, login.last_name) if name]
        event_data.account_name = " ".join(names) or None
        event_data.account_phone = tl_message_events.GetDigits(login.phone)
        if hasattr(event_data, "account_slot") and login.slot is not None:
            event_data.account_slot = str(login.slot)

    def _MakeAccount(self, session):
        """Creates the event data of the account of a session.

        Args:
          session (WebSession): session.

        Returns:
          TelegramAccountEventData: event data.
        """
        login = session.login
        event_data = telegram_event_data.TelegramAccountEventData()
        self._Apply(event_data, login.client, login.source, login.basis)
        self._SetPerson(event_data, login)
        self._SetSession(event_data, session)
        event_data.changed_time = MakeTime(session.last_commit)
        event_data.record_state = self._GetState(session)
        return event_data

    def ProduceHistory(self, history):
        """Produces the events of localStorage.

        Args:
          history (WebHistory): what localStorage holds.
        """
        self.ProduceSessions(history.sessions)
        for trace in history.traces:
            self.ProduceTrace(None, trace, "web_local_storage")
        for setting in history.settings:
            event_data = telegram_event_data.TelegramSettingEventData()
            self._Apply(event_data, None, setting.source, "web_local_storage")
            event_data.changed_time = MakeTime(setting.source.time)
            event_data.record_state = setting.source.state
            event_data.setting_name = setting.name
            event_data.setting_value = setting.value
            self._Produce(event_data, setting.source)
        for draft in history.drafts:
            event_data = self._MakeDraft(draft.source, draft.text, draft.user)
            self._Apply(
                event_data, "Telegram Web (Webogram)", draft.source, "web_local_storage"
            )
            event_data.account_identifier = draft.user
            event_data.session_identifier = draft.key
            # Of groups and channels Webogram has a negative number.
            event_data.chat_identifier = str(abs(draft.peer))
            event_data.chat_type = "user" if draft.peer > 0 else None
            event_data.reply_to_identifier = draft.reply_to
            event_data.saved_time = MakeTime(draft.source.time)
            self._Produce(event_data, draft.source)

    def ProduceTrace(self, client, trace, basis, local_time=None):
        """Produces the event of a trace.

        Args:
          client (str): name of the client or None.
          trace (WebTrace): trace.
          basis (str): code of the stored fact behind it.
          local_time (Optional[str]): its time in ISO 8601, in the time zone of the
              computer.
        """
        event_data = web_event_data.TelegramWebTraceEventData()
        self._Apply(event_data, client, trace.source, basis)
        event_data.account_identifier = trace.user
        event_data.session_identifier = trace.key
        if trace.slot is not None:
            event_data.account_slot = str(trace.slot)
        event_data.record_state = trace.source.state
        event_data.recorded_time = MakeTime(trace.time)
        if local_time is not None:
            event_data.recorded_time = MakeLocalTime(local_time)
        event_data.trace_details = trace.details
        event_data.trace_type = trace.kind
        if event_data.recorded_time is not None:
            event_data.written_time = None
        self._Produce(event_data, trace.source)

    @staticmethod
    def _MakeDraft(source, text, user):
        """Creates the event data of a draft.

        Args:
          source (Source): where the record stands.
          text (str): text.
          user (str): user identifier of the account or None.

        Returns:
          TelegramDraftEventData: event data.
        """
        event_data = storage_event_data.TelegramDraftEventData()
        event_data.account_identifier = user
        event_data.draft_section = "local"
        event_data.record_state = source.state
        event_data.text = text
        return event_data

    def ProduceLock(self, lock):
        """Produces the event of a passcode.

        Args:
          lock (WebLock): stores that a passcode protects.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        self._Apply(event_data, lock.client, lock.source, lock.basis)
        event_data.passcode_kdf = lock.derivation
        event_data.passcode_state = lock.state
        event_data.passcodes_tried = lock.tried
        event_data.record_state = lock.source.state
        self._Produce(event_data, lock.source)
