"""Windows Registry plugins of the settings of remote control programs."""

from dfdatetime import posix_time as dfdatetime_posix_time

from dfwinreg import errors as dfwinreg_errors

from plaso.parsers.winreg_plugins import interface

from telegram_forensics.formats import remote_configuration as configuration
from telegram_forensics.formats import remote_registry
from telegram_forensics.parsers import remote_access_event_data as event_data_classes


class BaseRemoteAccessRegistryPlugin(interface.WindowsRegistryPlugin):
    """Shared functionality: a key with all keys below it."""

    _MAXIMUM_DEPTH = 8
    _MAXIMUM_KEYS = 512

    def _GetPlace(self, registry_key):
        """Determines what program a key is of.

        Args:
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.

        Returns:
          RegistryPlace: place or None if it is not known.
        """
        raise NotImplementedError

    def _SetMeaning(self, event_data, value, text):
        """Sets what a value means beyond what the table of places tells.

        Args:
          event_data (RemoteAccessEventEventData): event data.
          value (dfwinreg.WinRegistryValue): value.
          text (str): value as text, None if it is none.
        """

    def ExtractEvents(self, parser_mediator, registry_key, **kwargs):
        """Extracts events from a Windows Registry key.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.
        """
        place = self._GetPlace(registry_key)
        if place is None:
            return
        waiting = [(registry_key, "", 0)]
        number_of_keys = 0
        while waiting:
            key, prefix, depth = waiting.pop(0)
            number_of_keys += 1
            if number_of_keys > self._MAXIMUM_KEYS or depth > self._MAXIMUM_DEPTH:
                parser_mediator.ProduceWarning(
                    f"{key.path:s}: more or deeper keys than {place.tool:s} has, "
                    "not read"
                )
                return
            try:
                self._ExtractKey(parser_mediator, place, key, prefix)
                # A shared key has others' keys below, which are not looked at.
                if place.is_shared and depth >= place.depth:
                    continue
                for subkey in key.GetSubkeys():
                    name = subkey.name or ""
                    if prefix or place.wants(name):
                        waiting.append((subkey, f"{prefix:s}{name:s}\\", depth + 1))
            except (OSError, dfwinreg_errors.WinRegistryValueError) as exception:
                parser_mediator.ProduceWarning(
                    f"{key.path:s}: unable to read with error: {exception!s}"
                )

    def _ExtractKey(self, parser_mediator, place, registry_key, prefix):
        """Extracts the values of a key.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          place (RegistryPlace): place of the program.
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.
          prefix (str): path of the key below the place, with a backslash behind it.
        """
        for value in registry_key.GetValues():
            name = value.name or "(default)"
            if not prefix and not place.wants(name):
                continue
            full_name = f"{prefix:s}{name:s}"
            text = None
            try:
                setting, text = self._GetSetting(place, full_name, value)
            except (
                OSError,
                ValueError,
                dfwinreg_errors.WinRegistryValueError,
            ) as exception:
                parser_mediator.ProduceWarning(
                    f"{registry_key.path:s}: value {name:s}: {exception!s}"
                )
                setting = remote_registry.Setting(None)
            event_data = event_data_classes.RemoteAccessEventEventData()
            event_data.tool = place.tool
            event_data.event_kind = "configuration"
            event_data.setting_name = full_name
            event_data.setting_meaning = setting.meaning
            event_data.setting_value = setting.value
            event_data.remote_identifier = setting.remote_identifier
            event_data.remote_name = setting.remote_name
            if setting.meaning == "partner":
                event_data.direction = "outgoing"
            if setting.recorded is not None:
                event_data.recorded_time = (
                    dfdatetime_posix_time.PosixTimeInMilliseconds(
                        timestamp=setting.recorded
                    )
                )
            event_data.details = registry_key.path
            event_data.written_time = registry_key.last_written_time
            self._SetMeaning(event_data, value, text)
            parser_mediator.ProduceEventData(event_data)

    def _GetSetting(self, place, name, value):
        """Retrieves what a value says.

        Args:
          place (RegistryPlace): place of the program.
          name (str): name of the value with the keys below the place in front.
          value (dfwinreg.WinRegistryValue): value.

        Returns:
          tuple[Setting, str]: what it says, and the value as text if it is one.
        """
        if value.data is None:
            return remote_registry.Setting(None), None
        if value.DataIsInteger():
            number = value.GetDataAsObject()
            if number is None:
                return remote_registry.Setting(None), None
            return remote_registry.read_number(place, name, number), str(number)
        if value.DataIsString():
            text = (value.GetDataAsObject() or "").rstrip("\0")
            return remote_registry.read_text(place, name, text), text
        if value.DataIsMultiString():
            # plaso's own list ends at an empty string; TeamViewer's begins with one.
            strings = value.data.decode("utf-16-le").split("\0")
            text = ", ".join(string for string in strings if string)
            return remote_registry.read_text(place, name, text), text
        return remote_registry.read_binary(place, name, value.data), None


class TeamViewerRegistryPlugin(BaseRemoteAccessRegistryPlugin):
    """Windows Registry plugin of TeamViewer's settings, with all keys below."""

    NAME = "remote_access_teamviewer"
    DATA_FORMAT = "TeamViewer settings in the Registry"

    FILTERS = frozenset(
        [
            interface.WindowsRegistryKeyPathFilter(
                "HKEY_LOCAL_MACHINE\\Software\\TeamViewer"
            ),
            interface.WindowsRegistryKeyPathFilter(
                "HKEY_CURRENT_USER\\Software\\TeamViewer"
            ),
        ]
    )

    def _GetPlace(self, registry_key):
        """See BaseRemoteAccessRegistryPlugin."""
        return remote_registry.RegistryPlace(
            registry_key.path, configuration.TEAMVIEWER
        )

    def _SetMeaning(self, event_data, value, text):
        """See BaseRemoteAccessRegistryPlugin."""
        name = value.name or ""
        event_data.setting_meaning = configuration.setting_meaning(
            configuration.TEAMVIEWER, name
        )
        if event_data.setting_meaning == "own_identifier" and text and text != "0":
            event_data.local_identifier = text
        if name.lower() == "version" and value.DataIsString():
            event_data.tool_version = text or None


class RemoteAccessRegistryPlugin(BaseRemoteAccessRegistryPlugin):
    """Windows Registry plugin of the settings of all other programs."""

    NAME = "remote_access_registry"
    DATA_FORMAT = "Settings of VNC, RDP, Chrome Remote Desktop and others"

    FILTERS = frozenset(
        interface.WindowsRegistryKeyPathFilter(place.path)
        for place in remote_registry.PLACES
    )

    def _GetPlace(self, registry_key):
        """See BaseRemoteAccessRegistryPlugin."""
        return remote_registry.place_of(registry_key.path)

    def ExtractEvents(self, parser_mediator, registry_key, **kwargs):
        """Extracts events from a Windows Registry key.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          registry_key (dfwinreg.WinRegistryKey): Windows Registry key.
        """
        super().ExtractEvents(parser_mediator, registry_key, **kwargs)
        place = self._GetPlace(registry_key)
        if place is not None and place.is_shared:
            # plaso gives a key to one plugin only. What stands in these keys beside
            # the switches must not be lost because of this one.
            self._ProduceDefaultWindowsRegistryEvent(parser_mediator, registry_key)


WINREG_PLUGINS = (TeamViewerRegistryPlugin, RemoteAccessRegistryPlugin)
