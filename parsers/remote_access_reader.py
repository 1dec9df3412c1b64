"""Reads files of remote control programs and produces their events and warnings."""

import re
import time

from dfdatetime import time_elements as dfdatetime_time_elements

from dfvfs.lib import errors as dfvfs_errors

from plaso.lib import errors
from plaso.parsers import interface

from telegram_forensics.formats import remote_anydesk as anydesk
from telegram_forensics.formats import remote_anydesk_lists as anydesk_lists
from telegram_forensics.formats import remote_records as records
from telegram_forensics.formats import remote_text
from telegram_forensics.parsers import name_filter
from telegram_forensics.parsers import remote_access_event_data as event_data_classes
from telegram_forensics.vfs import folder as vfs_folder

_CHUNK_SIZE = 256 * 1024
HEAD_SIZE = 64 * 1024

_TIME_ELEMENTS = {
    "millisecond": dfdatetime_time_elements.TimeElementsInMilliseconds,
    "microsecond": dfdatetime_time_elements.TimeElementsInMicroseconds,
}
# Attributes of a record that are called otherwise in event data, or are none.
_OTHER_NAMES = {
    "end_offset": "end_record_offset",
    "number_of_damaged": "number_of_damaged_lines",
    "offset": "record_offset",
}
# As formats/remote_access.md section 11 names them.
_PRECISIONS = {
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
    "microsecond": "us",
}
_TIMES = {
    "end": "end_time",
    "recorded": "recorded_time",
    "requested": "requested_time",
    "start": "start_time",
}


def NameFilter(pattern):
    """Creates a filter by a pattern of the name.

    Args:
      pattern (str): regular expression that the whole name must match, whatever the
          case.

    Returns:
      NameFilter: filter.
    """
    return name_filter.NameFilter(re.compile(pattern, re.IGNORECASE).fullmatch)


def GetLocation(file_entry):
    """Retrieves the path of a file.

    Args:
      file_entry (dfvfs.FileEntry): file entry.

    Returns:
      str: path in lower case with "/" between its parts.
    """
    location = getattr(file_entry.path_spec, "location", None) or file_entry.name or ""
    return location.replace("\\", "/").lower()


def MakeTime(moment):
    """Creates a date and time.

    Args:
      moment (Moment): time as a log tells it.

    Returns:
      dfdatetime.TimeElements: date and time; plaso converts one without an offset with
          the time zone of the image.
    """
    value = moment.value
    elements = (
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
    )
    fraction = {
        "millisecond": (value.microsecond // 1000,),
        "microsecond": (value.microsecond,),
    }.get(moment.precision, ())
    time_class = _TIME_ELEMENTS.get(
        moment.precision, dfdatetime_time_elements.TimeElements
    )
    date_time = time_class(
        time_elements_tuple=elements + fraction, time_zone_offset=moment.utc_offset
    )
    if moment.utc_offset is None:
        date_time.is_local_time = True
    return date_time


def MakeEventData(record):
    """Creates the event data of a record.

    Args:
      record (Record): record.

    Returns:
      RemoteAccessEventData: event data.
    """
    if record.is_session:
        event_data = event_data_classes.RemoteAccessSessionEventData()
    else:
        event_data = event_data_classes.RemoteAccessEventEventData()
    for name in record.__slots__:
        value = getattr(record, name)
        if value is None:
            continue
        if name in _TIMES:
            setattr(event_data, _TIMES[name], MakeTime(value))
            continue
        setattr(event_data, _OTHER_NAMES.get(name, name), value)
    moments = record.moments
    if moments:
        # The start's, since the end may be of another kind.
        event_data.time_precision = _PRECISIONS[moments[0].precision]
        event_data.time_zone_basis = moments[0].basis
        event_data.zone_source = moments[0].source
    return event_data


class LogReader:
    """Reads one log and produces its events and warnings."""

    # Records that wait for the end of the log, so that they can tell it.
    _MAXIMUM_WAITING = 10000
    # Of a trace that is searched for requests.
    _MAXIMUM_NEIGHBOUR = 256 * 1024 * 1024

    def __init__(self, parser_mediator, file_entry, decoder, is_log=True):
        """Initializes a reader.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of the log.
          decoder (LogDecoder): decoder.
          is_log (Optional[bool]): False for a file of settings: it covers no time, its
              own modification time is the only one.
        """
        super().__init__()
        self._decoder = decoder
        self._is_log = is_log
        self._file_entry = file_entry
        self._mediator = parser_mediator
        self._waiting = []

    def _ReadLines(self, file_object):
        """Reads the lines of the log.

        Args:
          file_object (dfvfs.FileIO): file-like object.

        Returns:
          generator[TextLine]: lines.
        """
        file_object.seek(0)
        return remote_text.read_lines(
            self._ReadChunks(file_object), self._mediator.GetCodePage()
        )

    def _ReadChunks(self, file_object):
        """Reads the log in pieces; what follows an unreadable place is left out.

        Args:
          file_object (dfvfs.FileIO): file-like object.

        Yields:
          bytes: piece of the log.
        """
        while not self._mediator.abort:
            try:
                data = file_object.read(_CHUNK_SIZE)
            except (OSError, dfvfs_errors.Error) as exception:
                self._mediator.ProduceWarning(
                    f"{self._file_entry.name:s}: offset "
                    f"0x{file_object.get_offset():x}: unable to read what follows "
                    f"with error: {exception!s}"
                )
                return
            if not data:
                return
            self._mediator.last_activity_timestamp = time.time()
            yield data

    def _ReadNeighbours(self):
        """Reads the logs beside this one that tell its time zone."""
        if not isinstance(self._decoder, anydesk_lists.ConnectionTraceDecoder):
            return
        requests = anydesk_lists.TraceRequests()
        try:
            folder = vfs_folder.open_parent_folder(
                self._file_entry.path_spec, self._mediator.resolver_context
            )
            entries = folder.file_entries() if folder else {}
            for name, file_entry in sorted(entries.items()):
                size = file_entry.size or 0
                if anydesk.is_trace_name(name) and 0 < size <= self._MAXIMUM_NEIGHBOUR:
                    file_object = file_entry.GetFileObject()
                    if file_object is not None:
                        requests.add(name, self._ReadLines(file_object))
        except (OSError, dfvfs_errors.Error) as exception:
            self._mediator.ProduceWarning(
                f"{self._file_entry.name:s}: unable to read the traces beside it with "
                f"error: {exception!s}"
            )
        if requests.source:
            self._decoder.requests = requests

    def Read(self, file_object):
        """Reads the log and produces its events and warnings.

        Args:
          file_object (dfvfs.FileIO): file-like object.
        """
        decoder = self._decoder
        self._ReadNeighbours()
        if decoder.needs_survey:
            decoder.survey(self._ReadLines(file_object))
        for record in decoder.read(self._ReadLines(file_object)):
            event_data = MakeEventData(record)
            if not self._is_log:
                event_data.written_time = self._file_entry.modification_time
            self._waiting.append(event_data)
            if len(self._waiting) > self._MAXIMUM_WAITING:
                self._ProduceWaiting(None)
        coverage = decoder.coverage
        if self._is_log:
            record = records.Record(decoder.tool, event_kind="log_coverage")
            record.number_of_damaged = coverage.number_of_damaged
            record.number_of_entries = coverage.number_of_entries
            record.number_of_other_entries = coverage.number_of_other_entries
            self._waiting.append(MakeEventData(record))
        last = coverage.last
        self._ProduceWaiting(None if last is None else last.iso())
        for issue in coverage.issues(self._file_entry.name):
            self._mediator.ProduceWarning(str(issue))

    def _ProduceWaiting(self, last):
        """Produces the events that wait.

        Args:
          last (str): time of the last entry of the log, None if not known yet.
        """
        first = self._decoder.coverage.first
        for event_data in self._waiting:
            event_data.log_first_entry = None if first is None else first.iso()
            event_data.log_last_entry = last
            self._mediator.ProduceEventData(event_data)
        self._waiting = []


class RemoteAccessLogParser(interface.FileObjectParser):
    """Base of the parsers of logs, found by their name and first lines."""

    _IS_LOG = True

    def _GetDecoder(self, name, location):
        """Determines the decoder of a file by its name.

        Args:
          name (str): name of the file.
          location (str): path of the file in lower case, with "/".

        Returns:
          tuple[function, LogDecoder]: check of the first lines, None if the name is
              like no other's; and the decoder. None if it is no name of such a file.
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
        if getattr(file_entry.path_spec, "data_stream", None):
            raise errors.WrongParser("Not the default data stream.")
        found = self._GetDecoder(file_entry.name or "", GetLocation(file_entry))
        if found is None:
            raise errors.WrongParser("Not the name of such a log.")
        check, decoder = found
        if check is not None:
            head = file_object.read(HEAD_SIZE)
            lines = remote_text.head_lines(head, parser_mediator.GetCodePage())
            if not check(lines):
                raise errors.WrongParser("Not the format of such a log.")
        reader = LogReader(parser_mediator, file_entry, decoder, is_log=self._IS_LOG)
        reader.Read(file_object)
