"""Helpers of the Telegram formatters."""

from plaso.formatters import interface
from plaso.formatters import manager


class TelegramKeyIdentifiersFormatterHelper(interface.CustomEventFormatterHelper):
    """Writes the list of key identifiers as people would."""

    IDENTIFIER = "telegram_key_identifiers"

    def FormatEventValues(self, output_mediator, event_values):
        """Formats event values using the helper.

        Args:
          output_mediator (OutputMediator): output mediator.
          event_values (dict[str, object]): event values.
        """
        identifiers = event_values.get("key_identifiers")
        if isinstance(identifiers, list):
            event_values["key_identifiers"] = " ".join(identifiers)


manager.FormattersManager.RegisterEventFormatterHelper(
    TelegramKeyIdentifiersFormatterHelper
)
