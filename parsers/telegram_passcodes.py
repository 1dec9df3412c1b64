"""The passcode candidates of a run, for all parsers that try them."""

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.vfs import passcodes


def GetPasscodes(parser_mediator):
    """Retrieves the passcode candidates of this run.

    Args:
      parser_mediator (ParserMediator): parser mediator.

    Returns:
      Passcodes: candidates or None if the file that was given cannot be read.
    """
    try:
        return passcodes.given_passcodes()
    except (OSError, FormatError) as exception:
        parser_mediator.ProduceWarning(
            f"unable to read Telegram passcodes with error: {exception!s}"
        )
        return None
