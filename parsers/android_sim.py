"""SQLite plugin for the SIMs that an Android telephone knows."""

import re

from telegram_forensics.parsers import sim_event_data
from telegram_forensics.parsers import sqlite_plugin

BASIS_SIM = "android_siminfo"

_USER = re.compile(r"/user(?:_de)?/([0-9]{1,9})/")


class AndroidSIMPlugin(sqlite_plugin.TelegramSQLitePlugin):
    """SQLite plugin for telephony.db of Android's telephony provider.

    The table keeps a row for each SIM that was ever in the telephone, unless it was
    reset. Columns are those of Android's own public source, which has added to them
    with almost every version; whatever exists is read. No column is a time.
    UNCONFIRMED: no database of a real telephone was at hand.
    """

    NAME = "telegram_android_sim"
    DATA_FORMAT = "Android telephony SQLite database (telephony.db) file"

    REQUIRED_STRUCTURE = {
        "siminfo": frozenset(["icc_id"]),
    }

    # Attribute by column; of two columns for one attribute the first that is set.
    _TEXTS = (
        ("icc_id", "icc_identifier"),
        ("imsi", "imsi_identifier"),
        ("card_id", "card_identifier"),
        ("carrier_id", "carrier_identifier"),
        ("carrier_name", "carrier_name"),
        ("display_name", "subscription_name"),
        ("iso_country_code", "country_code"),
        ("mcc_string", "mobile_country_code"),
        ("mcc", "mobile_country_code"),
        ("mnc_string", "mobile_network_code"),
        ("mnc", "mobile_network_code"),
        ("number", "phone_number"),
        ("phone_number_source_carrier", "phone_number_of_carrier"),
        ("phone_number_source_ims", "phone_number_of_network"),
    )
    _NUMBERS = (
        # "slot" is that of a maker's telephones of 2012.
        ("sim_id", "sim_slot"),
        ("slot", "sim_slot"),
        ("subscription_type", "subscription_type"),
    )
    _COLUMNS = (
        *(name for name, _ in _TEXTS),
        *(name for name, _ in _NUMBERS),
        "is_embedded",
    )
    _MAXIMUM_TEXT = 1024
    # What the provider stores where it knows nothing.
    _UNKNOWN = {
        "carrier_identifier": frozenset(["-1"]),
        "card_identifier": frozenset(["-1", "-2"]),
        "mobile_country_code": frozenset(["0"]),
        "mobile_network_code": frozenset(),
    }

    def ProcessView(self, parser_mediator, view):
        """Extracts event data from a database.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          view (DatabaseView): database.
        """
        location = getattr(view.file_entry.path_spec, "location", None) or ""
        match = _USER.search(location.replace("\\", "/"))
        for row, state in view.Read("siminfo", list(self._COLUMNS)):
            values = dict(zip(self._COLUMNS, row.values, strict=True))
            event_data = sim_event_data.AndroidSIMSubscriptionEventData()
            event_data.attribution_basis = BASIS_SIM
            if match:
                event_data.android_user = int(match[1])
            for column, attribute in self._TEXTS:
                if getattr(event_data, attribute) is None:
                    text = self._GetText(values[column])
                    if text not in self._UNKNOWN.get(attribute, ()):
                        setattr(event_data, attribute, text)
            for column, attribute in self._NUMBERS:
                number = values[column]
                if getattr(event_data, attribute) is None and isinstance(number, int):
                    setattr(event_data, attribute, number)
            if values["is_embedded"] in (0, 1):
                event_data.is_embedded = bool(values["is_embedded"])
            event_data.record_state = state
            event_data.record_table = "siminfo"
            if row.rowid is not None:
                event_data.row_identifier = f"{row.rowid:d}"
            parser_mediator.ProduceEventData(event_data, recovered=state is not None)

    def _GetText(self, value):
        """Retrieves a text.

        Args:
          value (object): value of a column.

        Returns:
          str: text or None if there is none.
        """
        if isinstance(value, int):
            return f"{value:d}"
        if not isinstance(value, str):
            return None
        return str(value[: self._MAXIMUM_TEXT]) or None


PLUGINS = (AndroidSIMPlugin,)
