"""Turns what the Telegram for Android decoders found into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import android_settings
from telegram_forensics.formats import android_tgnet
from telegram_forensics.formats import android_user_config
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_android_app as android_app

LoginState = android_user_config.LoginState
Setting = android_user_config.Setting

STATE_CURRENT = "current"
STATE_OVERWRITTEN = "overwritten"
STATE_REMOVED = "removed"
STATE_UNUSED = "unused_slot"


def MakePosixTime(timestamp):
    """Creates a date and time.

    Args:
      timestamp (int): seconds since 1970 UTC, None or not positive if there is none.

    Returns:
      dfdatetime.PosixTime: date and time or None if there is none.
    """
    if timestamp is None or timestamp <= 0:
        return None
    return dfdatetime_posix_time.PosixTime(timestamp=timestamp)


def CheckHome(network):
    """Checks that the home data center is the one that is logged in.

    Args:
      network (NetworkState): network state.

    Returns:
      str: what contradicts it or None if nothing does.
    """
    if network.is_authorized or network.current_datacenter is None:
        return None
    others = [str(item.number) for item in network.datacenters if item.authorized == 1]
    if not others:
        return None
    return (
        f"home data center {network.current_datacenter:d} is not logged in, but "
        f"{', '.join(others):s} is: no session is named"
    )


def MakeNetworkSession(app, slot, network, is_current):
    """Creates the event data of a network state.

    Args:
      app (AndroidApp): installation.
      slot (AndroidSlot): account slot.
      network (NetworkState): network state of the file at hand.
      is_current (bool): True if this file counts, False for an older copy.

    Returns:
      TelegramSessionEventData: event data.
    """
    event_data = telegram_event_data.TelegramSessionEventData()
    app.Apply(event_data, android_app.BASIS_TGNET, slot.slot)
    slot.ApplyNetwork(event_data, network)
    if network.is_authorized:
        slot.ApplyPerson(event_data, slot.person)
    event_data.connected_time = MakePosixTime(network.oldest_salt)
    event_data.key_identifiers = network.key_identifiers or None
    event_data.last_server_time = MakePosixTime(network.last_server_time)
    event_data.record_state = _GetNetworkState(slot, network, is_current)
    event_data.server_clock_difference = network.time_difference
    event_data.sessions_to_destroy = network.sessions_to_destroy or None
    event_data.temporary_key_identifiers = network.temporary_key_identifiers or None
    return event_data


def _GetNetworkState(slot, network, is_current):
    """Determines the state of the session of a network state.

    Args:
      slot (AndroidSlot): account slot.
      network (NetworkState): network state.
      is_current (bool): True if this file counts.

    Returns:
      str: record state or None if the file does not tell.
    """
    if not is_current:
        return STATE_OVERWRITTEN
    if network.is_authorized:
        return STATE_CURRENT
    home = network.home
    if CheckHome(network) or (not network.is_complete and home is None):
        return None
    if home is not None and home.authorized not in (None, 0):
        return None
    # A new key is made at once after a log out, so the file looks like an unused one.
    if slot.config is not None and slot.config.state is LoginState.LOGGED_OUT:
        return STATE_REMOVED
    return STATE_UNUSED


def MakeTraffic(networks):
    """Puts counters of traffic into words.

    Args:
      networks (list[NetworkTraffic]): counters.

    Yields:
      Setting: counters of one kind of network, with the time of their last reset.
    """
    for network in networks:
        parts = [
            f"{kind:s}: {item.sent_items:d} items and {item.sent_bytes:d} bytes sent, "
            f"{item.received_items:d} items and {item.received_bytes:d} bytes received"
            for kind, item in network.traffic.items()
            if not item.is_empty
        ]
        if network.call_seconds:
            parts.append(f"{network.call_seconds:d} seconds of calls")
        words = "; ".join(parts) or "nothing"
        yield android_user_config.time_setting(
            f"traffic_{network.network:s}", network.reset_time, f"{words:s}; since"
        )


def MakeAddressChoice(number, choice):
    """Puts the addresses that worked last into words.

    Args:
      number (int): data center.
      choice (AddressChoice): addresses.

    Returns:
      Setting: addresses.
    """
    words = ", ".join(
        f"{kind:s} address {address:d} port {port:d}"
        for kind, (port, address) in choice.indexes.items()
    )
    return Setting(f"data_center_{number:d}_address_indexes", words)


def MakeSettings(slot, settings, basis, is_current, is_global=False):
    """Creates event data of settings.

    Args:
      slot (AndroidSlot): account slot.
      settings (list[Setting]): settings.
      basis (str): code of the stored fact behind the attribution.
      is_current (bool): True if the file at hand counts.
      is_global (Optional[bool]): True for settings of the whole installation.

    Yields:
      TelegramSettingEventData: event data.
    """
    for setting in settings:
        event_data = telegram_event_data.TelegramSettingEventData()
        if is_global:
            slot.app.Apply(event_data, basis)
        else:
            slot.Apply(event_data, basis)
        event_data.record_state = STATE_CURRENT if is_current else STATE_OVERWRITTEN
        event_data.setting_name = setting.name
        event_data.setting_value = setting.value
        if setting.time is not None:
            event_data.value_time = dfdatetime_posix_time.PosixTimeInMilliseconds(
                timestamp=setting.time
            )
        yield event_data


class PreferencesReader:
    """Reads one preferences file.

    Attributes:
      problems (list[tuple[int, str]]): byte offset and reason of what is wrong.
    """

    # Settings in the file of slot 0 that hold for all slots.
    _GLOBAL_SETTINGS = frozenset(
        [
            "active_account",
            "allow_screen_capture",
            "app_locked",
            "auto_lock_seconds",
            "bad_passcode_tries",
            "last_local_file_identifier",
            "last_pause_uptime_seconds",
            "last_update_check",
            "last_update_version",
            "local_passcode",
            "passcode_retry_milliseconds",
            "push_auth_key_identifier",
            "push_token_fingerprint",
            "push_type",
            "unlock_with_fingerprint",
        ]
    )

    def __init__(self, app, name, preferences, is_current):
        """Initializes a reader.

        Args:
          app (AndroidApp): installation.
          name (PreferencesName): what the file name stands for.
          preferences (Preferences): content.
          is_current (bool): True if this file counts, False for the backup of another.
        """
        super().__init__()
        self._app = app
        self._is_current = is_current
        self._name = name
        self._preferences = preferences
        self.problems = []

    def Read(self):
        """Reads the file.

        Yields:
          TelegramEventData: event data.
        """
        slot = self._app.GetSlot(self._name.slot)
        if self._name.kind == "data_config":
            yield from self._ReadNetwork(slot)
        elif self._name.kind == "user_config":
            yield from self._ReadUserConfig(slot)
        else:
            yield from self._ReadSettings(slot)

    def _ReadNetwork(self, slot):
        """Reads the network state of versions before 3.2.2.

        Args:
          slot (AndroidSlot): account slot.

        Yields:
          TelegramSessionEventData: event data.
        """
        network = android_tgnet.read_data_config(self._preferences.values())
        # Positions in the decoded value: the file itself has Base64.
        offset = 0
        if "datacenters" in self._preferences.entries:
            offset = self._preferences.entries["datacenters"].offset
        self.problems += [
            (offset, f"byte 0x{place:x} of the decoded value: {reason:s}")
            for place, reason in network.problems
        ]
        self.problems += self._preferences.problems
        if network.datacenters or network.push_session:
            yield MakeNetworkSession(self._app, slot, network, self._is_current)

    def _ReadUserConfig(self, slot):
        """Reads account, login and settings of a slot.

        Args:
          slot (AndroidSlot): account slot.

        Yields:
          TelegramEventData: event data.
        """
        # What this file says counts, also where it is the backup of another one.
        config = android_user_config.read_user_config(self._preferences, slot.slot)
        slot.config = config
        self.problems += config.problems
        yield self._MakeSession(slot, config)
        if config.person is not None:
            yield self._MakeAccount(slot, config)
        for is_global in (False, True):
            settings = [
                setting
                for setting in config.settings
                if (setting.name in self._GLOBAL_SETTINGS) == is_global
            ]
            yield from MakeSettings(
                slot,
                settings,
                android_app.BASIS_USER_CONFIG,
                self._is_current,
                is_global=is_global,
            )
        if config.passcode is not None and config.passcode.recovery_line:
            line = Setting("passcode_recovery_line", config.passcode.recovery_line)
            yield from MakeSettings(
                slot,
                [line],
                android_app.BASIS_USER_CONFIG,
                self._is_current,
                is_global=True,
            )

    def _MakeSession(self, slot, config):
        """Creates the event data of the login of a slot.

        Args:
          slot (AndroidSlot): account slot.
          config (UserConfig): preferences of the slot.

        Returns:
          TelegramSessionEventData: event data.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        basis = android_app.BASIS_USER_CONFIG
        is_logged_in = config.state is LoginState.LOGGED_IN
        network = slot.network
        if is_logged_in and network is not None and network.session_identifier:
            basis = android_app.BASIS_TGNET
        slot.Apply(event_data, basis)
        event_data.created_time = MakePosixTime(config.login_time)
        event_data.ended_time = MakePosixTime(config.logout_time)
        if not self._is_current:
            event_data.record_state = STATE_OVERWRITTEN
        elif is_logged_in:
            event_data.record_state = STATE_CURRENT
        elif config.state is LoginState.LOGGED_OUT:
            event_data.record_state = STATE_REMOVED
        else:
            event_data.record_state = STATE_UNUSED
        if not is_logged_in:
            # The key of the slot is not that of the login that has ended.
            event_data.session_data_center = None
            event_data.session_identifier = None
        return event_data

    def _MakeAccount(self, slot, config):
        """Creates the event data of the account of a slot.

        Args:
          slot (AndroidSlot): account slot.
          config (UserConfig): preferences of the slot.

        Returns:
          TelegramAccountEventData: event data.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        slot.Apply(event_data, android_app.BASIS_USER_CONFIG)
        # The passcode is that of the application and stands in the file of slot 0.
        main = config if slot.slot == 0 else self._app.GetSlot(0).config
        if main is not None:
            passcode = main.passcode
            event_data.passcode_state = "none" if passcode is None else "screen_lock"
            if passcode is not None:
                event_data.passcode_kdf = passcode.derivation
                event_data.recovery_line = passcode.recovery_line
        return event_data

    def _ReadSettings(self, slot):
        """Reads settings, drafts and saved tokens.

        Args:
          slot (AndroidSlot): account slot.

        Yields:
          TelegramEventData: event data.
        """
        found = android_settings.read_settings(self._name.kind, self._preferences)
        self.problems += found.problems
        for draft in found.drafts:
            yield self._MakeDraft(slot, draft)
        for login in found.logins:
            event_data = telegram_event_data.TelegramAccountEventData()
            self._app.Apply(event_data, android_app.BASIS_LOGIN_TOKEN)
            slot.ApplyPerson(event_data, login.person)
            yield event_data
        yield from MakeSettings(
            slot,
            found.settings,
            android_app.BASIS_PREFERENCES,
            self._is_current,
            is_global=self._name.slot is None,
        )

    def _MakeDraft(self, slot, draft):
        """Creates the event data of a draft.

        Args:
          slot (AndroidSlot): account slot.
          draft (Draft): draft.

        Returns:
          TelegramDraftEventData: event data.
        """
        event_data = storage_event_data.TelegramDraftEventData()
        slot.Apply(event_data, android_app.BASIS_DRAFT)
        event_data.chat_identifier = str(draft.dialog.number)
        event_data.chat_type = draft.dialog.chat_type
        if draft.thread is not None:
            event_data.draft_section = "topic"
            event_data.topic_identifier = str(draft.thread)
        elif draft.dialog.kind != "secret":
            event_data.draft_section = "cloud"
        if draft.reply_to is not None:
            event_data.reply_to_identifier = str(draft.reply_to)
        event_data.reply_to_text = draft.reply_text
        event_data.saved_time = MakePosixTime(draft.date)
        event_data.text = draft.text
        if event_data.saved_time is not None:
            event_data.written_time = None
        return event_data
