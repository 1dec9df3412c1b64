"""Parsers of Android's usage statistics and notification history.

Their files have numbers for names, so the folders tell them; what a file says is
decoded in `telegram_forensics.formats`. Of other programs nothing comes out but their
number. UNCONFIRMED against files of a real device, see there.
"""

from dfdatetime import posix_time as dfdatetime_posix_time

from plaso.lib import errors

from telegram_forensics.formats import android_device
from telegram_forensics.formats import android_device_paths as device_paths
from telegram_forensics.formats import android_notifications
from telegram_forensics.formats import android_usage
from telegram_forensics.formats import android_usage_xml
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import device_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import telegram_android_app as android_app

BASIS_HISTORY = "android_notification_history"
BASIS_USAGE = "android_usage_statistics"

_LATEST = 4102444800000  # 2100


def MakeTime(timestamp):
    """Creates a date and time.

    Args:
      timestamp (int): milliseconds since 1970, None if there is none.

    Returns:
      dfdatetime.PosixTimeInMilliseconds: date and time or None if there is none.
    """
    if not isinstance(timestamp, int) or not 0 < timestamp < _LATEST:
        return None
    return dfdatetime_posix_time.PosixTimeInMilliseconds(timestamp=timestamp)


def SetProgram(event_data, package):
    """Sets which program a record is of.

    Args:
      event_data (TelegramEventData): event data.
      package (str): package or None if not known.
    """
    event_data.package_name = package
    if device_paths.is_telegram(package):
        event_data.client_name = device_paths.client_name(package)
        event_data.client_package = package


def MakeCoveredPeriod(basis, storage_format, first, last):
    """Creates the event data of what a file covers.

    Args:
      basis (str): code of the stored fact.
      storage_format (str): format of the file.
      first (int): milliseconds since 1970, None if not known.
      last (int): milliseconds since 1970, None if not known.

    Returns:
      TelegramDeviceUseEventData: event data.
    """
    event_data = device_event_data.TelegramDeviceUseEventData()
    event_data.attribution_basis = basis
    event_data.event_kind = "covered_period"
    event_data.storage_format = storage_format
    event_data.start_time = MakeTime(first)
    event_data.end_time = MakeTime(last)
    return event_data


class BaseAndroidDeviceParser(name_filter.NamedFileParser):
    """Shared functionality: files are known by their names and folders."""

    FILTERS = frozenset([name_filter.NameFilter(device_paths.is_name)])

    _MAXIMUM_SIZE = 0

    def _Locate(self, segments):
        """Determines if a file is of interest by its path.

        Args:
          segments (list[str]): path segments.

        Returns:
          DeviceFile: what the path says or None if it is not of interest.
        """
        raise NotImplementedError

    def ParseFileObject(self, parser_mediator, file_object):
        """Parses a file-like object.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_object (dfvfs.FileIO): file-like object.

        Raises:
          WrongParser: when the file cannot be parsed.
        """
        file_entry = parser_mediator.GetFileEntry()
        path = getattr(file_entry.path_spec, "location", None) or ""
        place = self._Locate(list(file_entry.GetFileSystem().SplitPath(path)))
        if place is None:
            raise errors.WrongParser("Not the place of such a file.")
        app = android_app.AndroidApp(parser_mediator, file_entry)
        size = file_object.get_size()
        if not size:
            app.Warn(0, "empty file")
            return
        file_object.seek(0)
        data = file_object.read(min(size, self._MAXIMUM_SIZE))
        try:
            self._ParseData(parser_mediator, app, place, data)
        except FormatError as exception:
            app.Warn(exception.offset, exception.reason)
        if size > self._MAXIMUM_SIZE:
            app.Warn(self._MAXIMUM_SIZE, f"{size:d} bytes, the rest is not read")

    def _ParseData(self, parser_mediator, app, place, data):
        """Parses the content of a file.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          app (AndroidApp): reads neighbours of the file.
          place (DeviceFile): what the path says.
          data (bytes): content.

        Raises:
          FormatError: when the file is no such file.
        """
        raise NotImplementedError

    def _ReadDevice(self, app, place):
        """Reads what the system in the same file system says of the device.

        Args:
          app (AndroidApp): reads neighbours of the file.
          place (DeviceFile): what the path says.

        Returns:
          dict[str, object]: attributes of events.
        """
        files = []
        if place.device_root is not None:
            for below in android_device.BUILD_PROPERTY_FILES:
                data = app.ReadFile((*place.device_root, *below))
                if data is not None:
                    files.append(android_device.read_build_properties(data))
        device = android_device.make_device(files)
        return {
            "android_user": place.android_user,
            "device_model": device.device_model,
            "device_platform": device.platform,
            "record_state": "copy" if place.is_copy else None,
        }

    def _WarnAll(self, app, found):
        """Produces the warnings about a file.

        Args:
          app (AndroidApp): reads neighbours of the file.
          found (UsageFile|NotificationHistory): content.
        """
        for offset, reason in found.problems:
            app.Warn(offset, reason)
        others = found.number_of_problems - len(found.problems)
        if others:
            app.Warn(None, f"{others:d} more places are damaged")


class AndroidUsageParser(BaseAndroidDeviceParser):
    """Parser of usage statistics."""

    NAME = "telegram_android_usage"
    DATA_FORMAT = "Android usage statistics file"

    _MAXIMUM_SIZE = android_usage.MAXIMUM_SIZE

    def __init__(self):
        """Initializes a parser."""
        super().__init__()
        # Of the folder read last: its many files share one file of names, and its
        # damage is told once.
        self._mappings = None
        self._mappings_key = None

    def _Locate(self, segments):
        """See BaseAndroidDeviceParser."""
        return device_paths.locate_usage(segments)

    def _ParseData(self, parser_mediator, app, place, data):
        """See BaseAndroidDeviceParser."""
        if data.startswith(android_usage_xml.BINARY_MAGIC):
            raise FormatError(0, "binary XML, which is not read here")
        if android_usage_xml.is_xml(data):
            found = android_usage_xml.read_usage_xml(data, place.base_time)
        else:
            file_entry = parser_mediator.GetFileEntry()
            mappings = self._GetMappings(app, file_entry, place)
            found = android_usage.read_usage(data, place.base_time, mappings)
        values = self._ReadDevice(app, place)
        values["storage_format"] = found.storage_format
        values["usage_interval"] = place.interval
        corrupted = not found.is_complete
        number_of_others = number_of_unknown = 0
        open_seconds = android_usage.open_seconds(found.events)
        for index, event in enumerate(found.events):
            if event.package_token is not None:
                number_of_unknown += 1
            if not self._IsWanted(event):
                number_of_others += 1
                continue
            event_data = self._MakeEvent(event)
            event_data.open_seconds = open_seconds.get(index)
            android_app.SetAttributes(event_data, values)
            parser_mediator.ProduceEventData(event_data, corrupted=corrupted)
        for package in found.packages:
            if not device_paths.is_of_interest(package.package):
                number_of_others += 1
                continue
            event_data = self._MakePackage(package)
            android_app.SetAttributes(event_data, values)
            parser_mediator.ProduceEventData(event_data, corrupted=corrupted)

        event_data = MakeCoveredPeriod(
            BASIS_USAGE, found.storage_format, found.begin, found.end
        )
        event_data.number_of_events = len(found.events) + len(found.packages)
        event_data.number_of_other_events = number_of_others
        android_app.SetAttributes(event_data, values)
        parser_mediator.ProduceEventData(event_data, corrupted=corrupted)
        if number_of_unknown:
            app.Warn(
                None,
                f"{number_of_unknown:d} events are of programs whose names are not "
                f"known: they are missing in the file mappings",
            )
        self._WarnAll(app, found)

    def _GetMappings(self, app, file_entry, place):
        """Retrieves the names of programs.

        Args:
          app (AndroidApp): reads neighbours of the file.
          file_entry (dfvfs.FileEntry): file entry of the file.
          place (DeviceFile): what the path says.

        Returns:
          dict[int, list[str]]: names by token, None if there are none.
        """
        path_spec = file_entry.path_spec
        parent = path_spec.parent.comparable if path_spec.HasParent() else ""
        key = (parent, path_spec.type_indicator, place.folder)
        if key != self._mappings_key:
            self._mappings = self._ReadMappings(app, place)
            self._mappings_key = key
        return self._mappings

    def _ReadMappings(self, app, place):
        """Reads the names of programs.

        Args:
          app (AndroidApp): reads neighbours of the file.
          place (DeviceFile): what the path says.

        Returns:
          dict[int, list[str]]: names by token, None if there are none.
        """
        name = device_paths.MAPPINGS_NAME
        data = app.ReadFile((*place.folder, name))
        if not data:
            return None
        mappings, problems = android_usage.read_mappings(data)
        for offset, reason in problems:
            app.Warn(offset, reason, name=name)
        return mappings

    def _IsWanted(self, event):
        """Determines if an event is of the device, of Telegram or of an SMS program.

        Args:
          event (UsageEvent): event.

        Returns:
          bool: True if it is, or if it is use by a person of a program whose name is
              not known.
        """
        if event.number in android_usage.DEVICE_KINDS:
            return True
        if event.package is None:
            return event.number in android_usage.USE_KINDS
        return device_paths.is_of_interest(event.package)

    def _MakeEvent(self, event):
        """Creates event data.

        Args:
          event (UsageEvent): event.

        Returns:
          TelegramDeviceUseEventData: event data.
        """
        event_data = device_event_data.TelegramDeviceUseEventData()
        event_data.attribution_basis = BASIS_USAGE
        event_data.event_kind = event.kind
        event_data.event_number = event.number
        event_data.class_name = event.class_name
        event_data.package_token = event.package_token
        event_data.record_offset = event.offset
        event_data.recorded_time = MakeTime(event.time)
        SetProgram(event_data, event.package)
        return event_data

    def _MakePackage(self, package):
        """Creates event data.

        Args:
          package (PackageUsage): what a program was used.

        Returns:
          TelegramDeviceUseEventData: event data.
        """
        event_data = device_event_data.TelegramDeviceUseEventData()
        event_data.attribution_basis = BASIS_USAGE
        event_data.event_kind = "package_usage"
        if package.foreground is not None:
            event_data.foreground_seconds = package.foreground // 1000
        event_data.last_used_time = MakeTime(package.last_used)
        event_data.last_visible_time = MakeTime(package.last_visible)
        event_data.number_of_launches = package.launches
        event_data.record_offset = package.offset
        SetProgram(event_data, package.package)
        return event_data


class AndroidNotificationHistoryParser(BaseAndroidDeviceParser):
    """Parser of notification history."""

    NAME = "telegram_android_notifications"
    DATA_FORMAT = "Android notification history file"

    _MAXIMUM_SIZE = android_notifications.MAXIMUM_SIZE

    def _Locate(self, segments):
        """See BaseAndroidDeviceParser."""
        return device_paths.locate_notifications(segments)

    def _ParseData(self, parser_mediator, app, place, data):
        """See BaseAndroidDeviceParser."""
        found = android_notifications.read_history(data)
        values = self._ReadDevice(app, place)
        number_of_others = 0
        for item in found.notifications:
            if not device_paths.is_of_interest(item.package):
                number_of_others += 1
                continue
            event_data = device_event_data.TelegramNotificationEventData()
            event_data.attribution_basis = BASIS_HISTORY
            event_data.notification_kind = "posted"
            event_data.channel_identifier = item.channel
            event_data.channel_name = item.channel_name
            event_data.conversation_identifier = item.conversation
            event_data.posted_time = MakeTime(item.posted)
            event_data.record_offset = item.offset
            event_data.text = item.text
            event_data.title = item.title
            if item.uid is not None:
                event_data.user_identifier = f"{item.uid:d}"
            SetProgram(event_data, item.package)
            android_app.SetAttributes(event_data, values)
            if item.user is not None and item.user >= 0:
                # The record's own: profiles share a folder.
                event_data.android_user = item.user
            parser_mediator.ProduceEventData(
                event_data, corrupted=not found.is_complete
            )

        times = [item.posted for item in found.notifications if item.posted]
        event_data = MakeCoveredPeriod(
            BASIS_HISTORY,
            "protobuf",
            min(times, default=None),
            max(times, default=None),
        )
        event_data.number_of_events = len(found.notifications)
        event_data.number_of_other_events = number_of_others
        android_app.SetAttributes(event_data, values)
        parser_mediator.ProduceEventData(event_data, corrupted=not found.is_complete)
        self._WarnAll(app, found)


PARSERS = (AndroidNotificationHistoryParser, AndroidUsageParser)
