"""Turns the data files of a Telegram Desktop account into plaso event data."""

from dfdatetime import posix_time as dfdatetime_posix_time
from dfdatetime import time_elements as dfdatetime_time_elements

from telegram_forensics.formats import tdesktop_account_files as account_files
from telegram_forensics.formats import tdesktop_config
from telegram_forensics.formats import tdesktop_drafts
from telegram_forensics.formats import tdesktop_locations
from telegram_forensics.formats import tdesktop_peer
from telegram_forensics.formats import tdesktop_session_settings as session_settings
from telegram_forensics.formats import tdesktop_setting_facts as setting_facts
from telegram_forensics.formats import tdesktop_stickers as stickers
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import event_data as telegram_event_data
from telegram_forensics.parsers import message_event_data
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_desktop_events as events

_SESSION_SETTINGS_BLOCK = 0x4D


def MakeDateTime(moment):
    """Creates a date and time of a stored Qt date and time.

    Args:
      moment (QtDateTime): date and time or None if not set.

    Returns:
      dfdatetime.TimeElementsInMilliseconds: date and time, local time of the machine
          that wrote it unless it is UTC, or None if not set.
    """
    if moment is None:
        return None

    value = moment.value
    date_time = dfdatetime_time_elements.TimeElementsInMilliseconds(
        time_elements_tuple=(
            value.year,
            value.month,
            value.day,
            value.hour,
            value.minute,
            value.second,
            value.microsecond // 1000,
        )
    )
    date_time.is_local_time = not moment.is_utc
    return date_time


def MakePosixTime(timestamp):
    """Creates a date and time of a Unix time.

    Args:
      timestamp (int): seconds since 1970-01-01 UTC or None if not set.

    Returns:
      dfdatetime.PosixTime: date and time or None if not set.
    """
    if not timestamp:
        return None

    return dfdatetime_posix_time.PosixTime(timestamp=timestamp)


class AccountFileProducer:
    """Produces the events of one decrypted data file of an account."""

    def __init__(self, attribution, decrypted, produce, warn):
        """Initializes a producer.

        Args:
          attribution (Attribution): what the events have in common.
          decrypted (DecryptedFile): content of the file.
          produce (function): produces event data.
          warn (function): produces a warning of an offset and a reason.
        """
        super().__init__()
        self._attribution = attribution
        self._decrypted = decrypted
        self._produce = produce
        self._warn = warn

    def _Apply(self, event_data, basis):
        """Sets the attributes that every Telegram event carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        self._attribution.Apply(event_data, basis, self._decrypted.version_text)

    def _WarnOfProblem(self, problem):
        """Produces a warning of a problem in the decrypted data.

        Args:
          problem (tuple[int, str]): offset and reason or None if there is none.
        """
        if problem:
            offset, reason = problem
            self._warn(offset, f"in decrypted data: {reason:s}")

    def Produce(self, role, is_current, peer=None):
        """Produces the events of the file.

        Args:
          role (str): what the map says that the file holds.
          is_current (bool): True if the file counts, False for an older slot.
          peer (Optional[int]): stored identifier of the peer that the map gives.
        """
        data, version = self._decrypted.data, self._decrypted.version
        try:
            if role == "draft":
                self._ProduceDrafts(tdesktop_drafts.read_drafts(data, version))
            elif role == "locations":
                self._ProduceLocations(tdesktop_locations.read_locations(data, version))
            elif role == "recent_hashtags_and_bots":
                self._ProduceHashtags(
                    account_files.read_hashtags_and_bots(data, version), is_current
                )
            elif role == "search_suggestions":
                self._ProducePeers(account_files.read_search_suggestions(data))
            elif role == "saved_peers":
                self._ProducePeers(account_files.read_saved_peers(data, version))
            elif role == "export_settings":
                self._ProduceExportSettings(
                    account_files.read_export_settings(data), is_current
                )
            elif role == "inline_bots_downloads":
                self._ProduceBotDownloads(account_files.read_bot_downloads(data))
            elif role == "bot_storage":
                self._ProduceBotStorage(
                    account_files.read_bot_storage(data), peer, is_current
                )
            elif role == "media_positions":
                entries = account_files.read_media_positions(data)
                self._ProducePositions(
                    entries.items, "tdata_media_positions", is_current
                )
                self._WarnOfProblem(entries.problem)
            elif role == "config":
                self._ProduceConfig(tdesktop_config.read_config_file(data), is_current)
            elif role in stickers.ROLES:
                content = stickers.read_sticker_file(role, data, version)
                self._ProduceFacts(
                    stickers.sticker_facts(role, content), "tdata_stickers", is_current
                )
                self._WarnOfProblem(content.problem)
        except FormatError as exception:
            self._WarnOfProblem((exception.offset, exception.reason))

    def _ProduceDrafts(self, draft_file):
        """Produces the events of a draft file.

        Args:
          draft_file (DraftFile): drafts.
        """
        for draft in draft_file.drafts:
            event_data = storage_event_data.TelegramDraftEventData()
            self._Apply(event_data, "tdata_draft")
            event_data.chat_identifier = str(draft_file.peer.bare)
            event_data.chat_type = draft_file.peer.kind
            event_data.draft_section = draft.section
            event_data.is_editing = draft.is_editing
            if draft.message_id is not None:
                if draft.is_editing:
                    event_data.message_identifier = str(draft.message_id)
                else:
                    event_data.reply_to_identifier = str(draft.message_id)
            # No time is stored; the file is written anew at each change.
            event_data.saved_time = event_data.written_time
            event_data.written_time = None
            event_data.text = draft.text
            if draft.section_id is not None:
                event_data.topic_identifier = str(draft.section_id)
            self._produce(event_data)
        for problem in draft_file.problems:
            self._WarnOfProblem(problem)

    def _ProduceLocations(self, locations):
        """Produces the events of a locations file.

        Args:
          locations (Locations): locations.
        """
        for location in locations.files:
            event_data = storage_event_data.TelegramFileEventData()
            self._Apply(event_data, "tdata_locations")
            event_data.document_identifier = str(location.document_id)
            event_data.file_path = location.path
            event_data.file_role = "location"
            event_data.file_size = location.size
            event_data.file_type = location.kind
            event_data.file_written_time = MakeDateTime(location.modified)
            self._produce(event_data)
        for download in locations.downloads:
            event_data = storage_event_data.TelegramFileEventData()
            self._Apply(event_data, "tdata_downloads")
            if download.peer is not None:
                event_data.chat_identifier = str(download.peer.bare)
                event_data.chat_type = download.peer.kind
            event_data.document_identifier = str(download.object_id)
            event_data.download_time = dfdatetime_posix_time.PosixTimeInMilliseconds(
                timestamp=download.started
            )
            event_data.file_path = download.path
            event_data.file_role = "download"
            event_data.file_size = download.size
            event_data.file_type = download.kind
            event_data.message_identifier = str(download.message_id)
            self._produce(event_data)
        for url, size in locations.web_files:
            event_data = storage_event_data.TelegramFileEventData()
            self._Apply(event_data, "tdata_locations")
            event_data.file_role = "web_file"
            event_data.file_size = size
            event_data.url = url
            self._produce(event_data)
        for problem in locations.problems:
            self._WarnOfProblem(problem)

    def _ProduceHashtags(self, result, is_current):
        """Produces the events of recent hashtags.

        Args:
          result (HashtagsAndBots): hashtags and bots.
          is_current (bool): True if the file counts.
        """
        facts = []
        for hashtag in result.hashtags:
            name = "written_hashtag" if hashtag.was_written else "searched_hashtag"
            value = f"#{hashtag.text:s}, rating {hashtag.rating:d}"
            facts.append(setting_facts.SettingFact(name, value))
        for bot in result.bots:
            value = f"{bot.name:s} (@{bot.username:s}), user {bot.peer.bare:d}"
            facts.append(setting_facts.SettingFact("recent_inline_bot", value))
        self._ProduceFacts(facts, "tdata_recent_hashtags", is_current)
        self._WarnOfProblem(result.problem)

    def _ProducePeers(self, entries):
        """Produces the events of people, groups and channels in a list.

        Args:
          entries (Entries[KnownPeer]): list.
        """
        for known in entries.items:
            peer = known.peer
            event_data = message_event_data.TelegramContactEventData()
            self._Apply(event_data, f"tdata_{known.source:s}_peers")
            event_data.contact_category = known.source
            event_data.contact_identifier = str(peer.peer.bare)
            event_data.contact_name = peer.name or None
            event_data.contact_phone = peer.phone or None
            if known.rating is not None:
                event_data.contact_rating = f"{known.rating:g}"
            event_data.contact_source = "peers"
            event_data.contact_type = "bot" if peer.is_bot else peer.peer.kind
            event_data.contact_username = peer.username or None
            if peer.last_seen is not None:
                event_data.last_seen_time = MakePosixTime(peer.last_seen.online_until)
            self._produce(event_data)
        self._WarnOfProblem(entries.problem)

    def _ProduceExportSettings(self, settings, is_current):
        """Produces the events of the export dialog's settings.

        Args:
          settings (ExportSettings): settings.
          is_current (bool): True if the file counts.
        """
        facts = [
            setting_facts.SettingFact("export_types", ", ".join(settings.types)),
            setting_facts.SettingFact("export_media", ", ".join(settings.media)),
            setting_facts.SettingFact("export_format", settings.output_format),
            setting_facts.SettingFact("export_path", settings.path or "default"),
        ]
        if settings.available_at:
            facts.append(
                setting_facts.SettingFact(
                    "export_available_at",
                    setting_facts.format_time(settings.available_at),
                    settings.available_at,
                )
            )
        if settings.single_peer is not None:
            peer = settings.single_peer
            facts.append(
                setting_facts.SettingFact("export_chat", f"{peer.kind} {peer.bare}")
            )
        for name in ("from_time", "till_time"):
            value = getattr(settings, name)
            if value:
                facts.append(
                    setting_facts.SettingFact(
                        f"export_{name:s}", setting_facts.format_time(value)
                    )
                )
        self._ProduceFacts(facts, "tdata_export_settings", is_current)

    def _ProduceFacts(self, facts, basis, is_current):
        """Produces setting events.

        Args:
          facts (list[SettingFact]): settings.
          basis (str): code of the stored fact behind the attribution.
          is_current (bool): True if the file counts.
        """
        for event_data in events.MakeSettings(
            self._attribution, basis, self._decrypted.version_text, facts, is_current
        ):
            self._produce(event_data)

    def _ProduceBotDownloads(self, entries):
        """Produces the events of files that Mini Apps saved.

        Args:
          entries (Entries[BotDownload]): downloads.
        """
        for download in entries.items:
            event_data = storage_event_data.TelegramFileEventData()
            self._Apply(event_data, "tdata_bot_downloads")
            event_data.chat_identifier = str(download.bot.bare)
            event_data.chat_type = download.bot.kind
            event_data.file_path = download.path
            event_data.file_role = "bot_download"
            event_data.file_size = download.size
            event_data.url = download.url
            self._produce(event_data)
        self._WarnOfProblem(entries.problem)

    def _ProduceBotStorage(self, entries, peer, is_current):
        """Produces the events of what a Mini App stored.

        Args:
          entries (Entries[tuple[str, str]]): keys and values.
          peer (int): stored identifier of the bot or None if not known.
          is_current (bool): True if the file counts.
        """
        bot = "bot unknown"
        if peer is not None:
            bot = f"bot {tdesktop_peer.decode_peer_id(peer).bare:d}"
        facts = [
            setting_facts.SettingFact("bot_storage", f"{bot:s}, {key:s}: {value:s}")
            for key, value in entries.items
        ]
        self._ProduceFacts(facts, "tdata_bot_storage", is_current)
        self._WarnOfProblem(entries.problem)

    def _ProducePositions(self, positions, basis, is_current):
        """Produces the events of where the playing of media stopped.

        Args:
          positions (iterable[tuple[int, int]]): document identifiers and milliseconds.
          basis (str): code of the stored fact behind the attribution.
          is_current (bool): True if the file counts.
        """
        facts = [
            setting_facts.SettingFact(
                "media_position", f"document {document:d}, {position:d} ms"
            )
            for document, position in positions
        ]
        self._ProduceFacts(facts, basis, is_current)

    def _ProduceConfig(self, config, is_current):
        """Produces the events of what the server told of itself.

        The time of the file is when the client last received it.

        Args:
          config (MtpConfig): configuration.
          is_current (bool): True if the file counts.
        """
        self._ProduceFacts(
            tdesktop_config.config_facts(config), "tdata_config", is_current
        )
        self._WarnOfProblem(config.issue)
        if config.dc_options is not None:
            self._WarnOfProblem(config.dc_options.issue)

    def ProduceSessionSettings(self, stream, is_current):
        """Produces the events of the session settings: other logins, limits.

        Args:
          stream (BlockStream): settings of the account.
          is_current (bool): True if the file counts.
        """
        for block in stream.blocks:
            if block.block_id != _SESSION_SETTINGS_BLOCK:
                continue
            settings = session_settings.read_session_settings(block.value)
            for unreviewed in settings.unreviewed_authorizations or ():
                self._ProduceUnreviewed(unreviewed, is_current)
            facts = []
            for name in ("download_limit_hit", "upload_limit_hit"):
                value = getattr(settings, name)
                if value:
                    facts.append(
                        setting_facts.SettingFact(
                            name, setting_facts.format_time(value), value
                        )
                    )
            self._ProduceFacts(facts, "tdata_session_settings", is_current)
            self._ProducePositions(
                settings.media_positions or (), "tdata_session_settings", is_current
            )
            if settings.issue:
                offset, reason = settings.issue
                self._warn(
                    block.offset + 8 + offset, f"in session settings: {reason:s}"
                )

    def _ProduceUnreviewed(self, unreviewed, is_current):
        """Produces the event of another login that the client was told of.

        Args:
          unreviewed (UnreviewedAuthorization): login.
          is_current (bool): True if the file counts.
        """
        event_data = telegram_event_data.TelegramSessionEventData()
        self._Apply(event_data, "tdata_unreviewed_authorization")
        # The record is of another session than that of this storage.
        event_data.session_data_center = None
        event_data.session_identifier = None
        event_data.authorization_hash = unreviewed.hash
        event_data.created_time = MakePosixTime(unreviewed.date)
        event_data.device_model = None
        event_data.login_device_model = unreviewed.device or None
        event_data.login_location = unreviewed.location or None
        # "current" is for the login of this storage, and this one is another.
        if not is_current:
            event_data.record_state = events.STATE_OVERWRITTEN
        event_data.written_time = None
        self._produce(event_data)
