"""Traces of sending in a Postbox database, what was read, and what is to be removed."""

from telegram_forensics.formats import postbox_keys
from telegram_forensics.formats import postbox_secret
from telegram_forensics.formats import postbox_tables
from telegram_forensics.formats import postbox_traces
from telegram_forensics.formats.errors import FormatError


def LoadTraces(reader):
    """Loads the traces of sending.

    Args:
      reader (PostboxReader): database.

    Returns:
      SendTraces: traces.
    """
    traces = postbox_traces.SendTraces(schema=reader.schema)
    problems = []

    def AddUpload(key, value):
        traces.add_upload(key, value, problems)

    def AddSecretChat(key, value):
        state = reader.Decode("t13", key, value)
        found = postbox_secret.read_secret_state(state) if state is not None else None
        if found is not None and found.has_key:
            traces.secret_chats.add(key)

    for table, method in (
        ("t10", traces.add_counter),
        ("t11", lambda key, _: traces.add_unsent(key)),
        ("t13", AddSecretChat),
        ("t25", AddUpload),
        ("t29", traces.add_log_counter),
        ("t32", traces.add_random_id),
        ("t49", lambda key, _: traces.add_failed(key)),
        ("t52", lambda key, _: traces.add_local_tag(key)),
    ):
        for key, value in reader.Rows(table):
            try:
                method(key, value)
            except FormatError as exception:
                reader.Warn(table, key, [(exception.offset, exception.reason)])
            except (AttributeError, TypeError):
                reader.Warn(table, key, [(0, "key or value of another kind")])
            if problems:
                reader.Warn(table, key, problems)
                problems.clear()
    return traces


def LoadReadStates(reader):
    """Loads what was read.

    Args:
      reader (PostboxReader): database.

    Returns:
      dict[tuple[int, int], ReadState]: states by chat and namespace.
    """
    found = {}
    for key, value in reader.Rows("t14"):
        problems = []
        try:
            states = postbox_tables.read_read_states(value, problems)
        except (FormatError, TypeError) as exception:
            problems.append((0, str(exception)))
            states = []
        reader.Warn("t14", key, problems)
        for state in states:
            found[key, state.namespace] = state
    return found


def LoadDue(reader):
    """Loads when messages are to be removed or their media to be cleared.

    Args:
      reader (PostboxReader): database.

    Returns:
      dict[MessageId, int]: seconds since 1970 UTC by message.
    """
    found = {}
    for key, _ in reader.Rows("t34"):
        try:
            due = postbox_keys.read_due_key(key)
        except (FormatError, TypeError) as exception:
            reader.Warn("t34", key, [(0, str(exception))])
            continue
        found[due.message] = due.timestamp
    return found
