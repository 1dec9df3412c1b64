"""Credentials of a Telegram Desktop storage."""

from dfvfs.credentials import credentials

from telegram_forensics.vfs import type_indicators


class TDATACredentials(credentials.Credentials):
    """TDATA credentials: the local passcode."""

    CREDENTIALS = frozenset(["password"])

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_TDATA
