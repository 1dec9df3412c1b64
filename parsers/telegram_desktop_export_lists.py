"""Turns the lists of Telegram Desktop's exports into plaso event data."""

from dfdatetime import definitions as dfdatetime_definitions
from dfdatetime import posix_time as dfdatetime_posix_time

from telegram_forensics.formats import tdesktop_export_records as records
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data

CLIENT_NAME = "Telegram Desktop"

_CHAT_TYPES = {
    "bot_chat": "bot",
    "personal_chat": "user",
    "private_channel": "channel",
    "private_group": "group",
    "private_supergroup": "supergroup",
    "public_channel": "channel",
    "public_supergroup": "supergroup",
    "replies": "user",
    "saved_messages": "saved",
    "verification_codes": "user",
    # The words of HTML.
    "bot": "bot",
    "channel": "channel",
    "group": "group",
    "private": "user",
}
_CONTACT_TYPES = {**_CHAT_TYPES, "user": "user"}


def MakeTime(export_time):
    """Creates a date and time value.

    Args:
      export_time (ExportTime): date and time of an export or None.

    Returns:
      dfdatetime.PosixTime: date and time value or None.
    """
    if export_time is None:
        return None
    if export_time.unix is not None:
        return dfdatetime_posix_time.PosixTime(timestamp=export_time.unix)
    precision = None
    if export_time.is_date:
        precision = dfdatetime_definitions.PRECISION_1_DAY
    date_time = dfdatetime_posix_time.PosixTime(
        precision=precision, timestamp=export_time.local
    )
    date_time.is_local_time = True
    return date_time


def SetTimeBasis(event_data, date):
    """Sets what a time rests on, if not on stored UTC.

    Args:
      event_data (EventData): event data.
      date (ExportTime): date and time of an export or None.
    """
    if date is not None and date.basis is not records.TimeBasis.UTC:
        event_data.time_zone_basis = date.basis.value
        event_data.zone_label = date.label


def GetDigits(phone_number):
    """Retrieves the digits of a phone number.

    Args:
      phone_number (str): phone number as formatted by the client or None.

    Returns:
      str: digits or None.
    """
    digits = "".join(
        character for character in phone_number or "" if character in "0123456789"
    )
    return digits or None


def GetName(username):
    """Retrieves a username without "@".

    Args:
      username (str): username or None.

    Returns:
      str: username or None.
    """
    return (username or "").removeprefix("@") or None


class ListEventMaker:
    """Creates the event data of one export, messages left out.

    Attributes:
      account (Account): personal information of the exporting account or None.
      account_id (int): user identifier of the exporting account or None.
      account_identifier (str): the same as text.
      account_name (str): name of the exporting account or None.
      has_offsets (bool): positions of the records are byte offsets.
    """

    def __init__(self, account=None, account_id=None, has_offsets=True):
        """Initializes an event maker.

        Args:
          account (Optional[Account]): personal information of the account.
          account_id (Optional[int]): user identifier of the account.
          has_offsets (Optional[bool]): positions of the records are byte offsets.
        """
        super().__init__()
        self.account = None
        self.account_identifier = None
        self.account_id = None
        self.account_name = None
        self._account_phone = None
        self._account_username = None
        self.has_offsets = has_offsets
        self.SetAccount(account, account_id)

    def SetAccount(self, account, account_id):
        """Sets whose export it is.

        Args:
          account (Account): personal information of the account or None.
          account_id (int): user identifier of the account or None.
        """
        self.account_id = account_id
        self.account_identifier = str(account_id) if account_id is not None else None
        if account is not None and account is not self.account:
            self.account = account
            self.account_name = account.name
            self._account_phone = GetDigits(account.phone_number)
            self._account_username = GetName(account.username)

    def Apply(self, event_data, basis):
        """Sets the attributes that every Telegram event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        event_data.account_identifier = self.account_identifier
        event_data.account_name = self.account_name
        event_data.account_phone = self._account_phone
        if self._account_username is not None:
            event_data.account_username = self._account_username
        event_data.attribution_basis = basis
        event_data.client_name = CLIENT_NAME

    def GetChatType(self, chat):
        """Retrieves the type of a chat.

        Args:
          chat (Chat): chat.

        Returns:
          str: type or None if not known.
        """
        return "saved" if chat.is_own else _CHAT_TYPES.get(chat.kind)

    def MakeAccount(self, account):
        """Creates the event data of the personal information.

        Args:
          account (Account): personal information.

        Returns:
          TelegramAccountEventData: event data.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        self.Apply(event_data, "export_personal_information")
        event_data.account_about = account.bio
        return event_data

    def MakePicture(self, picture):
        """Creates the event data of a profile picture.

        Args:
          picture (ProfilePicture): profile picture.

        Returns:
          TelegramAccountEventData: event data.
        """
        event_data = telegram_event_data.TelegramAccountEventData()
        self.Apply(event_data, "export_profile_picture")
        event_data.changed_time = MakeTime(picture.date)
        return event_data

    def MakeStory(self, story):
        """Creates the event data of a story.

        Args:
          story (Story): story.

        Returns:
          TelegramMessageEventData: event data.
        """
        event_data = message_event_data.TelegramMessageEventData()
        self.Apply(event_data, "export_story")
        event_data.file_path = story.path
        event_data.is_outgoing = True
        event_data.media_state = story.missing
        event_data.media_type = "story"
        event_data.origin = "not_determinable"
        event_data.self_destruct_time = MakeTime(story.expires)
        event_data.sender_identifier = self.account_identifier
        event_data.sender_name = self.account_name
        event_data.sent_time = MakeTime(story.date)
        event_data.text = story.text
        SetTimeBasis(event_data, story.date)
        if story.pinned:
            event_data.service_details = "kept in the profile"
        return event_data

    def MakeContact(self, contact):
        """Creates the event data of a saved contact.

        Args:
          contact (Contact): contact.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self.Apply(event_data, "export_contact")
        if contact.user_id is not None:
            event_data.contact_identifier = str(contact.user_id)
        event_data.contact_name = contact.name
        event_data.contact_phone = GetDigits(contact.phone_number)
        event_data.contact_source = "saved_contacts"
        if self.has_offsets:
            event_data.record_offset = contact.position
        event_data.imported_time = MakeTime(contact.date)
        SetTimeBasis(event_data, contact.date)
        return event_data

    def MakeFrequentContact(self, contact):
        """Creates the event data of a frequent contact.

        Args:
          contact (FrequentContact): frequent contact.

        Returns:
          TelegramContactEventData: event data.
        """
        event_data = message_event_data.TelegramContactEventData()
        self.Apply(event_data, "export_frequent_contact")
        event_data.contact_category = contact.category
        if contact.peer is not None:
            event_data.contact_identifier = str(contact.peer.bare)
        event_data.contact_name = contact.name
        event_data.contact_rating = contact.rating
        event_data.contact_source = "frequent_contacts"
        if self.has_offsets:
            event_data.record_offset = contact.position
        event_data.contact_type = _CONTACT_TYPES.get(contact.type)
        return event_data

    def MakeSession(self, session):
        """Creates the event data of an entry of the list of sessions.

        Args:
          session (Session): entry.

        Returns:
          TelegramSessionEventData: event data.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        self.Apply(event_data, "export_sessions_list")
        event_data.country = session.country
        event_data.created_time = MakeTime(session.created)
        event_data.device_platform = session.platform
        event_data.ip_address = session.ip
        event_data.last_active_time = MakeTime(session.last_active)
        event_data.login_client_name = records.join_names(
            session.application_name, session.application_version
        )
        event_data.login_device_model = session.device_model
        event_data.login_ip_address = session.ip
        event_data.login_location = (
            ", ".join(part for part in (session.region, session.country) if part)
            or None
        )
        event_data.region = session.region
        event_data.system_version = session.system_version
        return event_data

    def MakeWebSession(self, session):
        """Creates the event data of a site logged in to with Telegram.

        Args:
          session (WebSession): entry.

        Returns:
          TelegramSessionEventData: event data.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        self.Apply(event_data, "export_web_sessions_list")
        event_data.created_time = MakeTime(session.created)
        event_data.device_platform = session.platform
        event_data.ip_address = session.ip
        event_data.last_active_time = MakeTime(session.last_active)
        client_name = session.domain_name or "unknown site"
        if session.bot_username:
            client_name = f"{client_name} via @{GetName(session.bot_username)}"
        event_data.login_client_name = client_name
        event_data.login_device_model = session.browser
        event_data.login_ip_address = session.ip
        event_data.login_location = session.region
        event_data.region = session.region
        return event_data

    def MakeChat(self, chat):
        """Creates the event data of a chat.

        Args:
          chat (Chat): chat.

        Returns:
          TelegramChatEventData: event data.
        """
        event_data = message_event_data.TelegramChatEventData()
        self.Apply(event_data, "export_chat")
        event_data.chat_folder = chat.folder
        if chat.peer is not None:
            event_data.chat_identifier = str(chat.peer.bare)
        event_data.chat_kind = chat.kind
        event_data.chat_title = chat.name
        event_data.chat_type = self.GetChatType(chat)
        event_data.first_message_time = MakeTime(chat.first_date)
        event_data.is_left = chat.is_left or None
        event_data.last_message_time = MakeTime(chat.last_date)
        event_data.number_of_messages = chat.message_count
        event_data.only_own_messages = chat.only_own or None
        if self.has_offsets:
            event_data.record_offset = chat.position
        SetTimeBasis(event_data, chat.last_date)
        return event_data
