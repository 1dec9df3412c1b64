"""Parser of Biome streams of Apple's systems.

Segments have numbers for names and share their signature with all other streams, so the
folders tell the stream; what a file says is decoded in `telegram_forensics.formats`.
"""

from dfdatetime import cocoa_time as dfdatetime_cocoa_time

from plaso.lib import errors
from plaso.lib import specification
from plaso.parsers import interface

from telegram_forensics.formats import apple_biome
from telegram_forensics.formats import apple_segb
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.parsers import biome_event_data

BASIS_BIOME = "ios_biome_stream"


def MakeTime(timestamp):
    """Creates a date and time.

    Args:
      timestamp (float): seconds since 2001-01-01, None if there is none.

    Returns:
      dfdatetime.CocoaTime: date and time or None if there is none.
    """
    if timestamp is None:
        return None
    return dfdatetime_cocoa_time.CocoaTime(timestamp=timestamp)


class IOSBiomeParser(interface.FileObjectParser):
    """Parser of Biome streams.

    UNCONFIRMED: no segment of a real device was at hand.
    """

    NAME = "telegram_ios_biome"
    DATA_FORMAT = "Apple Biome stream (SEGB) file"

    @classmethod
    def GetFormatSpecification(cls):
        """Retrieves the format specification.

        Returns:
          FormatSpecification: format specification.
        """
        format_specification = specification.FormatSpecification(cls.NAME)
        format_specification.AddNewSignature(apple_segb.MAGIC, offset=0)
        format_specification.AddNewSignature(
            apple_segb.MAGIC, offset=apple_segb.MAGIC_OFFSET_1
        )
        return format_specification

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
        place = apple_biome.locate(list(file_entry.GetFileSystem().SplitPath(path)))
        if place is None:
            raise errors.WrongParser("Not a stream that is read.")
        size = file_object.get_size()
        file_object.seek(0)
        data = file_object.read(min(size, apple_segb.MAXIMUM_SIZE))
        try:
            segment = apple_segb.read_segment(data)
        except FormatError as exception:
            raise errors.WrongParser(f"{exception!s}") from exception
        name = file_entry.name
        if size > apple_segb.MAXIMUM_SIZE:
            parser_mediator.ProduceWarning(
                f"{name:s}: {size:d} bytes, the rest behind offset "
                f"0x{apple_segb.MAXIMUM_SIZE:x} is not read"
            )
        self._ParseSegment(parser_mediator, place, segment)
        for offset, reason in segment.problems:
            parser_mediator.ProduceWarning(f"{name:s}: offset 0x{offset:x}: {reason:s}")
        others = segment.number_of_problems - len(segment.problems)
        if others:
            parser_mediator.ProduceWarning(
                f"{name:s}: {others:d} more places are damaged"
            )

    @staticmethod
    def _ReadRecords(segment, read):
        """Reads the records of a segment.

        Args:
          segment (Segment): segment.
          read (function): reads the content of a record.

        Returns:
          tuple[list[tuple[Record, object]], int]: records with what they say, and how
              many of those that count cannot be read.
        """
        found = []
        number_of_unread = 0
        for record in segment.records:
            is_counted = record.state == apple_segb.WRITTEN
            if not is_counted and not record.is_intact:
                # Of deleted records the content is mostly gone.
                continue
            try:
                found.append((record, read(record.content)))
            except FormatError as exception:
                if is_counted:
                    number_of_unread += 1
                    segment.complain(record.offset + exception.offset, exception.reason)
        return found, number_of_unread

    def _ParseSegment(self, parser_mediator, place, segment):
        """Parses the records of a segment.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          place (StreamFile): what the path says.
          segment (Segment): segment.
        """
        is_focus = place.stream == apple_biome.APP_IN_FOCUS
        read = apple_biome.read_notification
        if is_focus:
            read = apple_biome.read_app_in_focus
        found, number_of_unread = self._ReadRecords(segment, read)
        number_of_others = 0
        open_seconds = {}
        if is_focus:
            open_seconds = apple_biome.open_seconds([event for _, event in found])
        for index, (record, event) in enumerate(found):
            if is_focus:
                event_data = self._MakeFocus(event)
                if index in open_seconds:
                    event_data.open_seconds = int(open_seconds[index])
            elif self._IsWanted(event):
                event_data = self._MakeNotification(event)
            else:
                number_of_others += 1
                continue
            event_data.record_offset = record.offset
            event_data.recorded_time = MakeTime(event.time)
            event_data.segment_time = MakeTime(record.written)
            if record.state != apple_segb.WRITTEN:
                event_data.record_state = "deleted"
            self._SetPlace(event_data, place, segment)
            parser_mediator.ProduceEventData(
                event_data,
                corrupted=not record.is_intact,
                recovered=record.state != apple_segb.WRITTEN,
            )

        times = [event.time for _, event in found if event.time is not None]
        event_data = biome_event_data.IOSBiomeSegmentEventData()
        event_data.end_time = MakeTime(max(times, default=None))
        event_data.number_of_deleted = sum(
            record.state == apple_segb.DELETED for record in segment.records
        )
        event_data.number_of_others = number_of_others
        event_data.number_of_records = len(segment.records)
        event_data.number_of_unread = number_of_unread
        event_data.start_time = MakeTime(min(times, default=None))
        event_data.stream_name = place.stream
        self._SetPlace(event_data, place, segment)
        parser_mediator.ProduceEventData(event_data)

    def _IsWanted(self, event):
        """Determines if a notification is of Telegram or of an SMS.

        Args:
          event (Notification): notification.

        Returns:
          bool: True if it is.
        """
        bundles = (event.bundle, event.section, event.parent_bundle)
        return apple_biome.MESSAGES_BUNDLE in bundles or any(
            apple_biome.client_name(bundle) for bundle in bundles
        )

    def _SetPlace(self, event_data, place, segment):
        """Sets what all event data of a file share.

        Args:
          event_data (TelegramEventData): event data.
          place (StreamFile): what the path says.
          segment (Segment): segment.
        """
        event_data.attribution_basis = BASIS_BIOME
        event_data.source_device = place.device
        event_data.storage_format = f"segb_{segment.version:d}"

    def _SetProgram(self, event_data, *bundles):
        """Sets which program a record is of.

        Args:
          event_data (TelegramEventData): event data.
          bundles (list[str]): bundles that the record names.
        """
        for bundle in bundles:
            name = apple_biome.client_name(bundle)
            if name is not None and event_data.client_package is None:
                event_data.client_name = name
                event_data.client_package = bundle

    def _MakeFocus(self, event):
        """Creates event data.

        Args:
          event (AppInFocus): event.

        Returns:
          IOSBiomeAppInFocusEventData: event data.
        """
        event_data = biome_event_data.IOSBiomeAppInFocusEventData()
        event_data.bundle_identifier = event.bundle
        event_data.display_type = event.display_kind
        event_data.exact_version = event.exact_version
        event_data.extension_host = event.extension_host
        event_data.is_starting = event.starting
        event_data.launch_reason = event.launch_reason
        event_data.parent_bundle = event.parent_bundle
        event_data.platform_number = event.platform
        event_data.short_version = event.short_version
        event_data.transition_type = event.kind
        self._SetProgram(event_data, event.bundle, event.parent_bundle)
        return event_data

    def _MakeNotification(self, event):
        """Creates event data.

        Args:
          event (Notification): event.

        Returns:
          IOSBiomeNotificationEventData: event data.
        """
        event_data = biome_event_data.IOSBiomeNotificationEventData()
        event_data.body_length = event.body_length
        event_data.bundle_identifier = event.bundle or event.section
        event_data.category_name = event.category
        event_data.is_group_message = event.is_group_message
        event_data.notification_identifier = event.identifier or event.unique
        event_data.parent_bundle = event.parent_bundle
        event_data.subtitle = event.subtitle
        event_data.text = event.body
        event_data.thread_identifier = event.thread
        event_data.title = event.title
        event_data.usage_type = event.usage
        self._SetProgram(event_data, event.bundle, event.section, event.parent_bundle)
        return event_data


PARSERS = (IOSBiomeParser,)
