"""Parser of Android's lists of packages and of its accessibility services.

Programs for remote control become `remote_access:event`, Telegram and the clients made
of it `telegram:device_use`; of other programs nothing comes out.
"""

from plaso.lib import errors

from telegram_forensics.formats import android_device_paths as device_paths
from telegram_forensics.formats import android_packages
from telegram_forensics.formats import android_xml
from telegram_forensics.formats import remote_programs
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import android_device_use as device_use
from telegram_forensics.parsers import device_event_data
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import remote_access_event_data as event_data_classes

BASIS = "android_package_list"

_SERVICE_MEANING = "input_service_enabled"


class RemoteAccessAndroidParser(name_filter.NamedFileParser):
    """Parser of packages.xml, package-restrictions.xml and settings_secure.xml."""

    NAME = "remote_access_android"
    DATA_FORMAT = "Android list of packages or secure settings"
    FILTERS = frozenset([name_filter.NameFilter(android_packages.is_name)])

    _MAXIMUM_SIZE = 64 * 1024 * 1024

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
        segments = list(file_entry.GetFileSystem().SplitPath(path))
        place = android_packages.locate(segments)
        size = file_object.get_size()
        if place is None or not size:
            raise errors.WrongParser("Not the name of such a file, or empty.")
        file_object.seek(0)
        data = file_object.read(min(size, self._MAXIMUM_SIZE))
        try:
            content = android_packages.read(data, place.kind)
        except FormatError as exception:
            # Other systems have files with these names.
            if (
                place.android_user is None
                and segments[-2:-1] != ["system"]
                and not data.startswith(android_xml.BINARY_MAGIC)
            ):
                raise errors.WrongParser(f"{exception!s}")
            parser_mediator.ProduceWarning(f"{file_entry.name:s}: {exception!s}")
            return

        for record in content.packages:
            if device_paths.is_telegram(record.package):
                self._ProduceTelegram(parser_mediator, place, content, record)
            else:
                self._ProducePackage(parser_mediator, file_entry, place, record)
        for service in content.services:
            self._ProduceService(parser_mediator, file_entry, place, service)
        for issue in content.issues:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x{issue.offset:x}: {issue.reason:s}"
            )
        if size > self._MAXIMUM_SIZE:
            parser_mediator.ProduceWarning(
                f"{file_entry.name:s}: offset 0x{self._MAXIMUM_SIZE:x}: larger than "
                "any such file, the rest is not read"
            )

    def _MakeEventData(self, file_entry, place, tool, offset):
        """Creates the event data of a record of a program.

        Args:
          file_entry (dfvfs.FileEntry): file entry.
          place (SystemFile): what the path of the file says.
          tool (str): name of the program.
          offset (int): byte offset of the record.

        Returns:
          RemoteAccessEventEventData: event data.
        """
        event_data = event_data_classes.RemoteAccessEventEventData()
        event_data.tool = tool
        event_data.record_offset = offset
        if place.android_user is not None:
            event_data.local_account = str(place.android_user)
        event_data.written_time = file_entry.modification_time
        return event_data

    def _ProducePackage(self, parser_mediator, file_entry, place, record):
        """Produces the events of a package, if it is one for remote control.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          place (SystemFile): what the path of the file says.
          record (PackageRecord): package.
        """
        tool = remote_programs.tool_of_package(record.package)
        if tool is None:
            return
        kind = "program_installed"
        if not record.is_installed:
            kind = "program_not_installed"
        moments = [(kind, record.installed)]
        if record.updated not in (None, record.installed):
            moments.append(("program_updated", record.updated))
        details = [f"package {record.package:s}"]
        if record.installer:
            details.append(f"installed by {record.installer:s}")
        if record.flags:
            details.append(record.flags)
        if place.is_copy:
            details.append("in a copy of the list")
        for event_kind, moment in moments:
            event_data = self._MakeEventData(file_entry, place, tool, record.offset)
            event_data.details = ", ".join(details)
            event_data.event_kind = event_kind
            event_data.program_path = record.code_path
            event_data.recorded_time = device_use.MakeTime(moment)
            event_data.tool_version = record.version
            if event_data.recorded_time is not None:
                event_data.time_precision = "ms"
                event_data.time_zone_basis = "utc"
            parser_mediator.ProduceEventData(event_data)

    def _ProduceService(self, parser_mediator, file_entry, place, service):
        """Produces the event of an accessibility service, if it is of such a program.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry.
          place (SystemFile): what the path of the file says.
          service (AccessibilityService): service.
        """
        tool = remote_programs.tool_of_package(service.package)
        if tool is None:
            return
        event_data = self._MakeEventData(file_entry, place, tool, service.offset)
        event_data.event_kind = "configuration"
        event_data.setting_name = "enabled_accessibility_services"
        event_data.setting_value = service.component
        event_data.setting_meaning = _SERVICE_MEANING
        if place.is_copy:
            event_data.details = "in a copy of the settings"
        parser_mediator.ProduceEventData(event_data)

    def _ProduceTelegram(self, parser_mediator, place, content, record):
        """Produces the events of a Telegram client.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          place (SystemFile): what the path of the file says.
          content (SystemFileContent): content of the file.
          record (PackageRecord): package.
        """
        kind = "package_installed" if record.is_installed else "package_not_installed"
        moments = [(kind, record.installed)]
        if record.updated not in (None, record.installed):
            moments.append(("package_updated", record.updated))
        for event_kind, moment in moments:
            event_data = device_event_data.TelegramDeviceUseEventData()
            event_data.attribution_basis = BASIS
            event_data.event_kind = event_kind
            event_data.android_user = place.android_user
            event_data.record_offset = record.offset
            event_data.record_state = "copy" if place.is_copy else None
            event_data.recorded_time = device_use.MakeTime(moment)
            event_data.storage_format = content.storage_format
            device_use.SetProgram(event_data, record.package)
            parser_mediator.ProduceEventData(event_data)


PARSERS = (RemoteAccessAndroidParser,)
