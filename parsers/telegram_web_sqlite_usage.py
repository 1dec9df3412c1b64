"""SQLite plugins for what browsers note of the use of an origin's storage."""

from telegram_forensics.formats import telegram_web_paths
from telegram_forensics.formats.telegram_web_history import WebTrace
from telegram_forensics.formats.telegram_web_values import Source
from telegram_forensics.parsers import telegram_web_cache_events
from telegram_forensics.parsers import telegram_web_sqlite

STATE_CURRENT = telegram_web_sqlite.STATE_CURRENT


class QuotaManagerPlugin(telegram_web_sqlite.WebStoragePlugin):
    """SQLite plugin for Chromium's QuotaManager: last use of an origin's storage."""

    NAME = "telegram_web_quota"
    DATA_FORMAT = "Telegram Web: Chromium QuotaManager (SQLite)"

    REQUIRED_STRUCTURE = {
        "buckets": frozenset(["storage_key", "host", "last_accessed", "last_modified"]),
    }

    _MAIN_TABLE = "buckets"

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        columns = [
            "id",
            "storage_key",
            "name",
            "use_count",
            "last_accessed",
            "last_modified",
        ]
        before, after, recovered = self._ReadStates(view, "buckets", columns, ["id"])
        rows = [(row, STATE_CURRENT) for row in after]
        rows += [(row, "overwritten") for row in before if row not in after]
        rows += [(row, state) for row, state, _ in recovered]
        for row, state in rows:
            storage_key = str(row["storage_key"] or "")
            if not telegram_web_paths.is_telegram(storage_key):
                continue
            maker = telegram_web_cache_events.NewMaker(
                parser_mediator, view.file_entry, storage_key.rstrip("/")
            )
            details = f"used {row['use_count']!s} times"
            for kind, name in (
                ("storage_accessed", "last_accessed"),
                ("storage_modified", "last_modified"),
            ):
                time = telegram_web_sqlite.GetWebKitTime(row[name])
                if time is not None:
                    trace = WebTrace(kind, time, Source(state=state), details)
                    maker.ProduceTrace(None, trace, "web_quota")


class FirefoxStoragePlugin(telegram_web_sqlite.WebStoragePlugin):
    """SQLite plugin for storage.sqlite of Firefox: last use of an origin's storage."""

    NAME = "telegram_web_firefox_storage"
    DATA_FORMAT = "Telegram Web: Firefox storage.sqlite file"

    REQUIRED_STRUCTURE = {
        "origin": frozenset(["group_", "origin", "usage", "last_access_time"]),
        "repository": frozenset(["id", "name"]),
    }

    _MAIN_TABLE = "origin"

    def _ProcessStates(self, parser_mediator, view):
        """Extracts event data from all states of a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        columns = ["repository_id", "suffix", "origin", "usage", "last_access_time"]
        keys = ["repository_id", "origin"]
        before, after, recovered = self._ReadStates(view, "origin", columns, keys)
        rows = [(row, STATE_CURRENT) for row in after]
        rows += [(row, "overwritten") for row in before if row not in after]
        rows += [(row, state) for row, state, _ in recovered]
        for row, state in rows:
            origin = str(row["origin"] or "")
            time = row["last_access_time"]
            if not telegram_web_paths.is_telegram(origin):
                continue
            if not isinstance(time, int) or time <= 0:
                continue
            maker = telegram_web_cache_events.NewMaker(
                parser_mediator, view.file_entry, origin
            )
            details = f"{row['usage']!s} bytes"
            trace = WebTrace("storage_accessed", time, Source(state=state), details)
            maker.ProduceTrace(None, trace, "web_quota")


PLUGINS = (FirefoxStoragePlugin, QuotaManagerPlugin)
