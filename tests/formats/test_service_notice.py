"""Notices of Telegram's own account."""

from __future__ import annotations

import pytest

from telegram_forensics.formats.service_notice import (
    NoticeBasis,
    NoticeType,
    classify,
)

SENT = 1_667_639_200
REPORTED = 1_667_639_190

NEW_LOGIN = (
    "New login. Dear Ana, we detected a login into your account from a new device on "
    "05/11/2022 at 09:06:30 UTC.\n\nDevice: Desktop\n"
    "Location: Rotterdam, Netherlands (IP = 203.0.113.77)\n\n"
    "If this wasn't you, you can terminate that session in Settings > Devices."
)


@pytest.mark.parametrize(
    "text",
    [
        "Login code: 40317. Do not give this code to anyone, even if they say they are "
        "from Telegram!",
        "Anmeldecode: 40317. Gib diesen Code niemandem.",
        "Код для входа в Telegram: 40317. Не давайте код никому.",
        "登录验证码：40317。",
    ],
)
def test_login_codes(text: str) -> None:
    """Known wordings."""
    notice = classify(text, SENT)
    assert (notice.type, notice.basis) == (NoticeType.LOGIN_CODE, NoticeBasis.WORDING)
    assert notice.ip_address is None
    assert notice.reported_time is None


@pytest.mark.parametrize("text", ["Koodi: 40317. Älä jaa.", "Kóði: 12-345", "x 123456"])
def test_login_code_in_an_unknown_language(text: str) -> None:
    """One group of digits in a short text."""
    notice = classify(text, SENT)
    assert (notice.type, notice.basis) == (NoticeType.LOGIN_CODE, NoticeBasis.STRUCTURE)


@pytest.mark.parametrize(
    "text",
    [
        NEW_LOGIN,
        "Neue Anmeldung. Hallo Ana, am 05/11/2022 um 09:06:30 UTC.\n\nGerät: Desktop\n"
        "Standort: Rotterdam, Netherlands (IP = 203.0.113.77)",
        "Вход с нового устройства. Ана, вход 05/11/2022 в 09:06:30 UTC.\n\n"
        "Устройство: Desktop\nМесто входа: Rotterdam, Netherlands (IP = 203.0.113.77)",
    ],
)
def test_new_login(text: str) -> None:
    """Device, place, address and time are taken out."""
    notice = classify(text, SENT)
    assert (notice.type, notice.basis) == (NoticeType.NEW_LOGIN, NoticeBasis.WORDING)
    assert notice.device == "Desktop"
    assert notice.location == "Rotterdam, Netherlands"
    assert notice.ip_address == "203.0.113.77"
    assert notice.reported_time == REPORTED
    assert notice.client is None


def test_new_login_in_an_unknown_language() -> None:
    """Date, time, UTC and two labelled lines; the newer form of the device."""
    notice = classify(
        "Uusi kirjautuminen 05.11.2022 klo 09:06:30 UTC.\n\n"
        "Laite: Telegram Android, 9.5.3, Pixel 6, Android, SDK 33\n"
        "Sijainti: Oulu, Suomi",
        SENT,
    )
    assert (notice.type, notice.basis) == (NoticeType.NEW_LOGIN, NoticeBasis.STRUCTURE)
    assert notice.client == "Telegram Android"
    assert notice.device == "Telegram Android, 9.5.3, Pixel 6, Android, SDK 33"
    assert (notice.location, notice.ip_address) == ("Oulu, Suomi", None)
    assert notice.reported_time == REPORTED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Incomplete login attempt. Dear Ana, Telegram blocked an attempt to log "
            "into your account from a new device on 05/11/2022 at 09:06:30 UTC.\n\n"
            "Device: PC\nLocation: Oslo",
            NoticeType.INCOMPLETE_LOGIN,
        ),
        (
            "Data export request. You asked on 05/11/2022 at 09:06:30 UTC.\n\n"
            "Device: PC\nLocation: Oslo",
            NoticeType.DATA_EXPORT_REQUESTED,
        ),
        (
            "Two-Step Verification settings changed on 05/11/2022",
            NoticeType.TWO_STEP_CHANGED,
        ),
        ("Session terminated. x", NoticeType.SESSION_TERMINATED),
        ("Phone number changed. x", NoticeType.PHONE_CHANGED),
        (
            "Web login code. Dear Ana, we received a request from your account to log "
            "in on my.telegram.org. This is your login code:\nAbCdEf12345",
            NoticeType.OTHER,
        ),
        ("Happy birthday!", NoticeType.OTHER),
        ("", NoticeType.OTHER),
        ("12345 or 23456?", NoticeType.OTHER),
        ("Version 4.6.5 is out, see 192.0.2.1.", NoticeType.OTHER),
        ("x" * 100_000 + " 12345", NoticeType.OTHER),
    ],
)
def test_other_notices(text: str, expected: NoticeType) -> None:
    """What is not known stays `other`."""
    notice = classify(text, SENT)
    assert notice.type is expected
    assert (notice.basis is None) == (expected is NoticeType.OTHER)
    if expected in (NoticeType.INCOMPLETE_LOGIN, NoticeType.DATA_EXPORT_REQUESTED):
        assert (notice.device, notice.location) == ("PC", "Oslo")


@pytest.mark.parametrize(
    ("date", "sent", "expected"),
    [
        ("05/11/2022", SENT, REPORTED),
        ("11/05/2022", SENT, REPORTED),
        ("2022-11-05", SENT, REPORTED),
        ("05.11.2022", None, REPORTED),
        ("05/11/2022", 1_652_260_000, 1_652_259_990),
        ("45/11/2022", SENT, None),
        ("05/11/0000", SENT, None),
    ],
)
def test_order_of_a_date(date: str, sent: int | None, expected: int | None) -> None:
    """The time of sending settles what is day and what is month."""
    text = f"New login. On {date} at 09:06:30 UTC.\n\nDevice: PC\nLocation: Oslo"
    assert classify(text, sent).reported_time == expected


def test_local_times_are_not_taken_for_utc() -> None:
    """A time without a zone is not read."""
    assert classify("New login on 05/11/2022 at 09:06:30.", SENT).reported_time is None


@pytest.mark.parametrize(
    "text",
    [
        "New login. 1" * 5000,
        "a: b\n" * 5000,
        "1" * 100_000,
        "(" * 50_000 + "IP = ",
        "New login (IP = 999.999.999.999) \ud83d",
        "\n" * 50_000,
    ],
)
def test_hostile_texts(text: str) -> None:
    """Any text is classified, quickly."""
    assert classify(text, SENT).type in NoticeType
