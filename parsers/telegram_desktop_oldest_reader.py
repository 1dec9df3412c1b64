"""Reads the files of Telegram Desktop 0.5.0 to 0.7.18."""

from telegram_forensics.formats import tdesktop_oldest
from telegram_forensics.formats import tdesktop_setting_facts as setting_facts
from telegram_forensics.formats import tdesktop_slots
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import telegram_desktop_events as events
from telegram_forensics.vfs import folder as vfs_folder


class OldestReader:
    """Reads the files of versions 0.5.0 to 0.7.18."""

    _MAXIMUM_FILE_SIZE = 16 * 1024 * 1024

    def __init__(self, parser_mediator, file_entry):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
        """
        super().__init__()
        self._attribution = events.Attribution(
            written_time=file_entry.modification_time
        )
        self._file_entry = file_entry
        self._mediator = parser_mediator

    def Read(self):
        """Reads the file and produces its events and warnings.

        Returns:
          bool: True if the file is one of a Telegram Desktop of that time.
        """
        name = self._file_entry.name
        try:
            folder = vfs_folder.open_parent_folder(
                self._file_entry.path_spec, self._mediator.resolver_context
            )
            if folder is None:
                return False
            if name == "config":
                version, stream = tdesktop_oldest.read_plain_config(
                    folder.read(name, self._MAXIMUM_FILE_SIZE)
                )
                self._ProduceSettings(version, stream)
            elif name.endswith("_config"):
                config = tdesktop_oldest.read_user_config(
                    folder.read(name, self._MAXIMUM_FILE_SIZE)
                )
                self._ProduceSettings(config.version, config.blocks)
            elif f"{name}_config" in folder.file_entries():
                self._ReadKeys(folder, name)
            else:
                return False
        except FormatError as exception:
            self._mediator.ProduceWarning(f"{name:s}: {exception!s}")
        except OSError as exception:
            self._mediator.ProduceWarning(
                f"{name:s}: unable to read it with error: {exception!s}"
            )
        return True

    def _ReadKeys(self, folder, name):
        """Reads the keys.

        Args:
          folder (DfvfsFolder): folder of the file.
          name (str): name of the file.

        Raises:
          FormatError: if it is damaged.
          OSError: if it cannot be read.
        """
        config = tdesktop_oldest.read_user_config(
            folder.read(f"{name}_config", self._MAXIMUM_FILE_SIZE)
        )
        version, authorization = tdesktop_oldest.read_keys(
            folder.read(name, self._MAXIMUM_FILE_SIZE), config.salt
        )
        slot = tdesktop_slots.AuthorizationSlot(name, None, version, authorization)
        event_data = events.MakeSession(self._attribution, slot, True)
        self._mediator.ProduceEventData(event_data)
        event_data = events.MakeAccount(
            self._attribution, "tdata_authorization", version
        )
        events.SetAuthorization(event_data, authorization)
        self._mediator.ProduceEventData(event_data)
        for offset, reason in authorization.problems:
            self._mediator.ProduceWarning(
                f"{name:s}: offset 0x{offset:x}: in decrypted data: {reason:s}"
            )

    def _ProduceSettings(self, version, stream):
        """Produces the events of a settings stream.

        Args:
          version (str): version of the client that wrote the file.
          stream (BlockStream): settings.
        """
        for block in stream.blocks:
            for event_data in events.MakeSettings(
                self._attribution,
                "tdata_settings",
                version,
                setting_facts.block_facts(block),
                True,
            ):
                self._mediator.ProduceEventData(event_data)
        if stream.issue:
            offset, reason = stream.issue
            self._mediator.ProduceWarning(
                f"{self._file_entry.name:s}: offset 0x{offset:x}: {reason:s}; what "
                f"follows is not read"
            )
