"""Turns what the Telegram Desktop readers found into plaso event data."""

import hashlib

from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import tdesktop_key_file as key_file
from telegram_forensics.formats import tdesktop_setting_facts as setting_facts
from telegram_forensics.parsers import event_data as telegram_event_data

CLIENT_NAME = "Telegram Desktop"

# What the storage was opened with: the key of an earlier version or a copy of it.
OTHER_KEY_SUFFIX = "+other_key_file"

STATE_CURRENT = "current"
STATE_OVERWRITTEN = "overwritten"
STATE_REMOVED = "removed"
STATE_UNUSED = "unused_slot"


class Attribution:
    """What all events of one tdata folder and account have in common.

    Attributes:
      account (Account): account slot or None for facts of the whole installation.
      device_model (str): device name that the client announces, if one was chosen.
      installation_identifier (str): user tag of the tdata folder.
      number_of_passcodes (int): candidates for the local passcode, with the empty one.
      written_time (dfdatetime.DateTimeValues): modification time of the file at hand.
    """

    def __init__(
        self, written_time=None, installation_identifier=None, number_of_passcodes=None
    ):
        """Initializes an attribution.

        Args:
          written_time (Optional[dfdatetime.DateTimeValues]): modification time of the
              file at hand.
          installation_identifier (Optional[str]): user tag of the tdata folder.
          number_of_passcodes (Optional[int]): candidates for the local passcode, with
              the empty one.
        """
        super().__init__()
        self.account = None
        self.device_model = None
        self.installation_identifier = installation_identifier
        self.number_of_passcodes = number_of_passcodes
        self.written_time = written_time

    def Apply(self, event_data, basis, version):
        """Sets the attributes that every Telegram event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
          version (str): version of the client that wrote the file.
        """
        if self.account is not None and self.account.key_source is not None:
            basis = f"{basis}{OTHER_KEY_SUFFIX}"
        event_data.attribution_basis = basis
        event_data.client_name = CLIENT_NAME
        event_data.client_version = version
        event_data.device_model = self.device_model
        event_data.installation_identifier = self.installation_identifier
        # Messages and calls have none: their own time says it all.
        if hasattr(event_data, "written_time"):
            event_data.written_time = self.written_time
        if self.account is None:
            return

        if hasattr(event_data, "account_slot"):
            event_data.account_slot = self.account.label
        authorization = self.account.authorization
        if authorization is not None:
            SetAuthorization(event_data, authorization)
        owner = self.account.owner
        if owner is not None:
            user_identifier = str(owner.user.peer.bare)
            if event_data.account_identifier is None:
                event_data.account_identifier = user_identifier
            # Names of another account than the one that is logged in would mislead.
            if event_data.account_identifier == user_identifier:
                event_data.account_name = owner.user.name or None
                event_data.account_phone = owner.user.phone or None
                event_data.account_username = owner.user.username or None


def SetAuthorization(event_data, authorization):
    """Sets account and session of an event.

    Args:
      event_data (TelegramEventData): event data.
      authorization (Authorization): content of an authorization file.
    """
    if authorization.user_id is not None:
        event_data.account_identifier = str(authorization.user_id)
    event_data.session_data_center = authorization.main_data_center
    event_data.session_identifier = authorization.session_identifier


def MakeSession(attribution, slot, is_current):
    """Creates the event data of an authorization file.

    Args:
      attribution (Attribution): what the events have in common.
      slot (AuthorizationSlot): file, with an authorization.
      is_current (bool): True if this file counts, False for an older slot.

    Returns:
      TelegramSessionEventData: event data.
    """
    authorization = slot.authorization
    event_data = telegram_event_data.TelegramSessionEventData()
    attribution.Apply(event_data, "tdata_authorization", slot.version)
    # An older slot speaks for itself, not for the login of the current one.
    event_data.account_identifier = None
    SetAuthorization(event_data, authorization)
    if event_data.account_identifier is None or (
        event_data.account_identifier != _CurrentAccount(attribution)
    ):
        event_data.account_name = None
        event_data.account_phone = None
        event_data.account_username = None
    event_data.key_identifiers = authorization.key_identifiers or None
    event_data.record_state = _GetSessionState(authorization, is_current)
    return event_data


def IsOwner(account):
    """Determines if the owner's record of the map is about the account logged in.

    Args:
      account (Account): account slot.

    Returns:
      bool: True if there is such a record and no login contradicts it.
    """
    if account.owner is None:
        return False
    authorization = account.authorization
    if authorization is None or authorization.user_id is None:
        return True
    return authorization.user_id == account.owner.user.peer.bare


def _CurrentAccount(attribution):
    """Retrieves the account that is logged in in the slot.

    Args:
      attribution (Attribution): what the events have in common.

    Returns:
      str: account identifier or None if nobody is.
    """
    authorization = attribution.account.authorization if attribution.account else None
    if authorization is None or authorization.user_id is None:
        return None
    return str(authorization.user_id)


def _GetSessionState(authorization, is_current):
    """Determines the state of a session record.

    Args:
      authorization (Authorization): content of an authorization file.
      is_current (bool): True if this file counts.

    Returns:
      str: record state.
    """
    if not is_current:
        return STATE_OVERWRITTEN
    if authorization.user_id is not None:
        return STATE_CURRENT
    # Nobody is logged in. Keys that wait to be destroyed are those of a login that has
    # ended; keys alone also exist before the first login.
    return STATE_REMOVED if authorization.keys_to_destroy else STATE_UNUSED


def MakeAccount(attribution, basis, version):
    """Creates the event data of an account.

    Args:
      attribution (Attribution): what the events have in common.
      basis (str): code of the stored fact behind the attribution.
      version (str): version of the client that wrote the file.

    Returns:
      TelegramAccountEventData: event data.
    """
    event_data = telegram_event_data.TelegramAccountEventData()
    attribution.Apply(event_data, basis, version)
    account = attribution.account
    if account is not None:
        SetPasscode(event_data, account.key_slots, attribution.number_of_passcodes)
    return event_data


def MakeOwner(attribution, slot):
    """Creates the event data of an account whose owner's record the map holds.

    Args:
      attribution (Attribution): what the events have in common.
      slot (MapSlot): map with an owner.

    Returns:
      TelegramAccountEventData: event data.
    """
    event_data = MakeAccount(attribution, "tdata_self_record", slot.version)
    user = slot.owner.user
    event_data.account_identifier = str(user.peer.bare)
    if not IsOwner(attribution.account):
        # The session in this slot is that of another account.
        event_data.session_data_center = None
        event_data.session_identifier = None
    event_data.account_name = user.name or None
    event_data.account_phone = user.phone or None
    event_data.account_username = user.username or None
    event_data.account_about = slot.owner.about or None
    if user.last_seen is not None and user.last_seen.online_until is not None:
        event_data.last_seen_time = dfdatetime_posix_time.PosixTime(
            timestamp=user.last_seen.online_until
        )
    return event_data


def SetPasscode(event_data, key_slots, number_of_passcodes):
    """Sets what is known of the local passcode.

    Args:
      event_data (TelegramAccountEventData): event data.
      key_slots (list[KeySlot]): key files of the account, the one that counts first.
      number_of_passcodes (int): candidates of this run or None if not known.
    """
    if not key_slots:
        return

    state = key_slots[0].state
    event_data.passcode_state = state.value
    local_key = key_slots[0].local_key
    if local_key is not None and local_key.source is None:
        event_data.passcodes_tried = local_key.passcode_number + 1
    elif key_slots[0].key_file is not None:
        event_data.passcodes_tried = number_of_passcodes
    if state is key_file.PasscodeState.NONE:
        return

    for slot in key_slots:
        if slot.key_file is not None:
            event_data.passcode_kdf = slot.key_file.kdf_name
            if slot.local_key is None or slot.local_key.source is not None:
                event_data.recovery_line = slot.key_file.recovery_line
            break


def MakeKeyFileSettings(attribution, slot, account_list, is_current):
    """Creates the event data of a key file.

    Args:
      attribution (Attribution): what the events have in common.
      slot (KeySlot): key file.
      account_list (AccountList): accounts or None if not readable.
      is_current (bool): True if this file counts.

    Yields:
      TelegramSettingEventData: event data.
    """
    version = slot.key_file.container.version_text if slot.key_file else None
    facts = [setting_facts.SettingFact("local_passcode", slot.state.value)]
    trailer = slot.key_file.trailer if slot.key_file else None
    for wrap in trailer.stale_wraps if trailer else ():
        facts.append(
            setting_facts.SettingFact(
                "interrupted_passcode_change",
                f"generation {wrap.generation}, committed {trailer.generation}, "
                f"{wrap.kdf_name}",
            )
        )
    yield from MakeSettings(attribution, "tdata_key_file", version, facts, is_current)

    facts = []
    if account_list is not None:
        indexes = ", ".join(str(index) for index in account_list.indexes)
        facts.append(setting_facts.SettingFact("account_indexes", indexes or "none"))
        if account_list.active is not None:
            facts.append(
                setting_facts.SettingFact("active_account", str(account_list.active))
            )
    basis = "tdata_key_file"
    if slot.local_key is not None:
        # The key itself never leaves the evidence; its fingerprint tells copies and
        # backups of one storage, whatever passcode protects them.
        fingerprint = hashlib.sha256(slot.local_key.value).hexdigest()[:16]
        facts.append(setting_facts.SettingFact("storage_fingerprint", fingerprint))
        if slot.local_key.source is not None:
            basis = f"{basis}{OTHER_KEY_SUFFIX}"
            facts.append(
                setting_facts.SettingFact("storage_key_source", slot.local_key.source)
            )
    yield from MakeSettings(attribution, basis, version, facts, is_current)


def MakeSettings(attribution, basis, version, facts, is_current):
    """Creates event data of settings.

    Args:
      attribution (Attribution): what the events have in common.
      basis (str): code of the stored fact behind the attribution.
      version (str): version of the client that wrote the file.
      facts (iterable[SettingFact]): settings.
      is_current (bool): True if the file at hand counts.

    Yields:
      TelegramSettingEventData: event data.
    """
    for fact in facts:
        event_data = telegram_event_data.TelegramSettingEventData()
        attribution.Apply(event_data, basis, version)
        event_data.record_state = STATE_CURRENT if is_current else STATE_OVERWRITTEN
        event_data.setting_name = fact.name
        event_data.setting_value = fact.value
        if fact.time is not None:
            event_data.value_time = dfdatetime_posix_time.PosixTime(timestamp=fact.time)
        yield event_data
