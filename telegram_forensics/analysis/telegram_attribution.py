"""Analysis plugin: attribution as tags and as a report in the storage file."""

import collections
from typing import Any

from dfdatetime import interface as dfdatetime_interface
from plaso.analysis import interface

from telegram_forensics.attribution import engine, findings
from telegram_forensics.report import file_traces, ingest, selection, storage, summary

LABEL_COPIED = "telegram_copied_session"
LABEL_EXPORT = "telegram_data_export"
LABEL_LOGIN = "telegram_login"
LABEL_NO_TRACE = "telegram_no_local_trace"
LABEL_REMOTE = "telegram_remote_control_window"
LABEL_UNMATCHED = "telegram_unmatched_session"

# Neutral words: a label says what was found, not what it means.
_LABELS = {
    "TF-101": LABEL_NO_TRACE,
    "TF-102": LABEL_REMOTE,
    "TF-201": LABEL_COPIED,
    "TF-202": LABEL_UNMATCHED,
    "TF-203": LABEL_LOGIN,
    "TF-301": LABEL_EXPORT,
    "TF-302": LABEL_EXPORT,
}
_LOGIN_NOTICES = frozenset(
    [
        "incomplete_login",
        "login_code",
        "login_code_notification",
        "login_code_sms",
        "new_login",
    ]
)


class TelegramAttributionPlugin(interface.AnalysisPlugin):
    """Merges Telegram sessions of all sources and states findings on who sent what.

    Work on a copy of the storage file: psort writes tags and the report into it. An
    event filter such as "data_type contains 'telegram'" saves time; with one, sources
    that it leaves out cannot contribute.
    """

    NAME = "telegram_attribution"

    def __init__(self) -> None:
        """Initializes an analysis plugin."""
        super().__init__()
        self._case: Any = None
        self._events: dict[Any, list[Any]] = collections.defaultdict(list)
        self._ingest = ingest.Ingest()
        self._local_times: dict[tuple[int, str], float] = {}
        self._locations: dict[Any, Any] = {}
        self._numbers: dict[Any, int] = {}
        self._places: dict[Any, set[int]] = collections.defaultdict(set)

    def SetCase(self, case: Any) -> None:
        """Sets what the examiner knows.

        Args:
          case (Case): case.
        """
        self._case = case

    def ExamineEvent(
        self,
        analysis_mediator: Any,
        event: Any,
        event_data: Any,
        event_data_stream: Any,
    ) -> None:
        """Analyzes an event.

        Args:
          analysis_mediator (AnalysisMediator): mediates interactions between
              analysis plugins and other components, such as storage and dfVFS.
          event (EventObject): event.
          event_data (EventData): event data.
          event_data_stream (EventDataStream): event data stream.
        """
        if not selection.is_wanted(event_data.data_type):
            return
        is_file = event_data.data_type in file_traces.DATA_TYPES
        if is_file and not file_traces.is_of_interest(
            event_data.data_type, vars(event_data)
        ):
            # Of files and change journals there are millions.
            return
        key = event.GetEventDataIdentifier()
        key = key.CopyToString() if key is not None else id(event_data)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers) + 1
            row = self._MakeRow(number, event_data, event_data_stream)
            self._places[self._ingest.place(row)].add(number)
            self._ingest.add_row(row)
        self._events[number].append(event)
        if event.timestamp:
            self._local_times[number, event.timestamp_desc] = event.timestamp / 1000000

    def _MakeRow(self, number: int, event_data: Any, event_data_stream: Any) -> Any:
        """Creates a row of the report from event data.

        Args:
          number (int): number of the event data in this run.
          event_data (EventData): event data.
          event_data_stream (EventDataStream): event data stream or None.

        Returns:
          Row: row.
        """
        values = {}
        for name, value in event_data.GetAttributes():
            values[name] = value
            if isinstance(value, dfdatetime_interface.DateTimeValues):
                timestamp = None if value.is_local_time else value.GetPlasoTimestamp()
                values[name] = None if timestamp is None else timestamp / 1000000
        path_spec = getattr(event_data_stream, "path_spec", None)
        if event_data_stream is not None:
            identifier = event_data_stream.GetIdentifier()
            values["_event_data_stream_identifier"] = identifier.CopyToString()
        return storage.Row(number, values, self._GetLocation(path_spec))

    def _GetLocation(self, path_spec: Any) -> Any:
        """Determines where event data comes from.

        Args:
          path_spec (dfvfs.PathSpec): path specification or None.

        Returns:
          Location: location.
        """
        if path_spec is None:
            return storage.Location("", "", None)
        key = path_spec.comparable
        if key not in self._locations:
            self._locations[key] = storage.locate_path_spec(path_spec)
        return self._locations[key]

    def CompileReport(self, analysis_mediator: Any) -> Any:
        """Compiles a report of the analysis.

        Args:
          analysis_mediator (AnalysisMediator): mediates interactions between
              analysis plugins and other components, such as storage and dfVFS.

        Returns:
          AnalysisReport: report.
        """
        self._ingest.set_local_times(self._local_times)
        # Which parsers ran stands in the storage file, which psort does not show us.
        result = engine.attribute(self._ingest.finish(), self._case)
        labels = self._GetLabels(result)
        for number in sorted(labels):
            for event in self._events[number]:
                event_tag = self._CreateEventTag(event, sorted(labels[number]))
                analysis_mediator.ProduceEventTag(event_tag)
        report = super().CompileReport(analysis_mediator)
        report.text = summary.summarize(result)
        # With a counter pinfo does not print the text.
        report.analysis_counter = None
        return report

    def _GetLabels(self, result: Any) -> Any:
        """Determines the labels of event data.

        Args:
          result (Attribution): outcome of the case.

        Returns:
          dict[int, set[str]]: labels by number of the event data.
        """
        labels: dict[int, set[str]] = collections.defaultdict(set)
        references = collections.defaultdict(set)
        for message in result.evidence.messages:
            references[findings.refer(message)].add(message.place)
        for finding in result.findings:
            label = _LABELS.get(finding.rule)
            if label is None:
                continue
            places = {place for place, _ in finding.evidence}
            for reference in finding.messages:
                places |= references[reference]
            if finding.rule == "TF-101":
                # The candidates, not the count.
                places -= {place for place, _ in finding.evidence}
            self._AddLabel(labels, places, label)
        notices = {
            notice.place
            for notice in result.evidence.notices
            if notice.kind in _LOGIN_NOTICES
        }
        self._AddLabel(labels, notices, LABEL_LOGIN)
        return labels

    def _AddLabel(self, labels: Any, places: Any, label: str) -> None:
        """Adds a label to the event data at some places.

        Args:
          labels (dict[int, set[str]]): labels by number of the event data.
          places (set[Place]): places.
          label (str): label.
        """
        for place in places:
            for number in self._places.get(place, ()):
                labels[number].add(label)
