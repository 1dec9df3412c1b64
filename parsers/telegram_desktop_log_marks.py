"""Times of Telegram Desktop's logs, and event data of crash reports, locks and update
logs."""

from dfdatetime import time_elements as dfdatetime_time_elements

from telegram_forensics.formats import tdf
from telegram_forensics.parsers import storage_event_data
from telegram_forensics.parsers import telegram_desktop_events as events


def MakeLocalTime(moment, has_milliseconds=False):
    """Creates a date and time of the computer's clock.

    Args:
      moment (datetime.datetime): local time of the computer, without zone.
      has_milliseconds (Optional[bool]): True if milliseconds are stored.

    Returns:
      dfdatetime.TimeElements: date and time; plaso converts it with the time zone of
          the image.
    """
    elements = (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    )
    if has_milliseconds:
        date_time = dfdatetime_time_elements.TimeElementsInMilliseconds(
            time_elements_tuple=(*elements, moment.microsecond // 1000)
        )
    else:
        date_time = dfdatetime_time_elements.TimeElements(time_elements_tuple=elements)
    date_time.is_local_time = True
    return date_time


def MakeMark(file_entry, log_event, mark):
    """Creates the event data of a crash report, lock or update log.

    Args:
      file_entry (dfvfs.FileEntry): file entry.
      log_event (str): what it is.
      mark (Mark): its content.

    Returns:
      TelegramLogEventData: event data.
    """
    event_data = storage_event_data.TelegramLogEventData()
    version = mark.version
    if version and version.isascii() and version.isdigit() and len(version) < 10:
        version = tdf.version_text(int(version)) or version
    attribution = events.Attribution(
        written_time=file_entry.modification_time,
        installation_identifier=mark.user_tag,
    )
    attribution.Apply(event_data, log_event, version)
    event_data.account_username = mark.username
    event_data.log_event = log_event
    event_data.text = mark.text
    if mark.moment is not None:
        event_data.recorded_time = MakeLocalTime(mark.moment)
    return event_data
