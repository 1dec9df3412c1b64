"""Credentials of encrypted AFF4 volumes."""

from dfvfs.credentials import credentials

from telegram_forensics.vfs import type_indicators


class AFF4Credentials(credentials.Credentials):
    """AFF4 credentials."""

    CREDENTIALS = frozenset(["password"])

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4
