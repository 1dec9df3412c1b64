"""SQLite plugin for the log of notifications of older Androids."""

from telegram_forensics.formats import android_device_paths as device_paths
from telegram_forensics.parsers import android_device_use as device_use
from telegram_forensics.parsers import device_event_data
from telegram_forensics.parsers import sqlite_plugin

BASIS_LOG = "android_notification_log"


class AndroidNotificationLogPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for notification_log.db of older Androids.

    It has no texts, but what became of a notification: posted, clicked, dismissed.
    Columns and meanings are those of versions 4 and 5 in Android's own public source.
    UNCONFIRMED: no database of a real device was at hand.
    """

    NAME = "telegram_android_notification_log"
    DATA_FORMAT = "Android notification log SQLite database (notification_log.db) file"

    REQUIRED_STRUCTURE = {
        "log": frozenset(
            ["event_user_id", "event_type", "event_time_ms", "key", "pkg", "when_ms"]
        ),
    }

    _COLUMNS = (
        "event_user_id",
        "event_type",
        "event_time_ms",
        "key",
        "pkg",
        "when_ms",
        "airtime_ms",
    )
    _KINDS = {1: "posted", 2: "clicked", 3: "removed", 4: "dismissed"}
    _MAXIMUM_TEXT = 1024
    _POSTED = 1

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        for row, state in view.Read("log", list(self._COLUMNS)):
            values = dict(zip(self._COLUMNS, row.values, strict=True))
            package = self._GetText(values["pkg"])
            if not device_paths.is_of_interest(package):
                continue
            event_data = device_event_data.TelegramNotificationEventData()
            event_data.attribution_basis = BASIS_LOG
            number = values["event_type"]
            if isinstance(number, int):
                event_data.notification_kind = self._KINDS.get(number, f"type_{number}")
            user = values["event_user_id"]
            if isinstance(user, int) and user >= 0:
                event_data.android_user = user
            visible = values["airtime_ms"]
            if isinstance(visible, int) and visible >= 0:
                event_data.visible_seconds = visible // 1000
            event_data.notification_key = self._GetText(values["key"])
            if number == self._POSTED and values["when_ms"] != values["event_time_ms"]:
                # Elsewhere a click would stand in the timeline at the time of posting.
                event_data.posted_time = device_use.MakeTime(values["when_ms"])
            event_data.recorded_time = device_use.MakeTime(values["event_time_ms"])
            if event_data.recorded_time is None:
                view.Warn(f"table log, row id {row.rowid!s}: no time")
            event_data.record_state = state
            event_data.record_table = "log"
            if row.rowid is not None:
                event_data.row_identifier = f"{row.rowid:d}"
            device_use.SetProgram(event_data, package)
            parser_mediator.ProduceEventData(event_data, recovered=state is not None)
        if view.is_last_pass:
            self._ProduceCoveredPeriod(parser_mediator, view)

    def _GetText(self, value):
        """Retrieves a text.

        Args:
          value (object): value of a column.

        Returns:
          str: text or None if there is none.
        """
        if not isinstance(value, str):
            return None
        return str(value[: self._MAXIMUM_TEXT]) or None

    def _ProduceCoveredPeriod(self, parser_mediator, view):
        """Produces the event data of what the log covers.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        first = last = None
        number_of_events = number_of_others = 0
        for row in view.ReadCurrent("log", ["event_time_ms", "pkg"]):
            time, package = row.values
            number_of_events += 1
            if not device_paths.is_of_interest(self._GetText(package)):
                number_of_others += 1
            if device_use.MakeTime(time) is not None:
                first = time if first is None else min(first, time)
                last = time if last is None else max(last, time)
        event_data = device_use.MakeCoveredPeriod(BASIS_LOG, "sqlite", first, last)
        event_data.number_of_events = number_of_events
        event_data.number_of_other_events = number_of_others
        parser_mediator.ProduceEventData(event_data)


PLUGINS = (AndroidNotificationLogPlugin,)
