"""Classifies messages of Telegram's service account (user 777000) by their text.

Login codes, new logins and the like are ordinary messages in the language of the
account, written by the server. The wordings below are known from public sources and
samples, **not confirmed by the server's own text tables**, and only partly complete;
the texts of a data export request and of ended sessions are not known at all. What a
wording does not settle is told by structure, whatever the language:

- date, time and "UTC", two lines "label: value" (or an IP address): a login from a new
  device was noticed, complete or not;
- a short text with one group of five or six digits and nothing of that: a login code.

`basis` says which of the two it was. The text always stays the evidence.

References:
    formats/android.md, section 11; formats/telegram_desktop.md, section 5.5
"""

from __future__ import annotations

import calendar
import enum
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

_MAXIMUM_TEXT: Final = 16_384
_MAXIMUM_TITLE: Final = 160
_SHORT_TEXT: Final = 1200
_DAY: Final = 86_400


class NoticeType(enum.Enum):
    """What a notice is about."""

    LOGIN_CODE = "login_code"
    NEW_LOGIN = "new_login"
    INCOMPLETE_LOGIN = "incomplete_login"
    DATA_EXPORT_REQUESTED = "data_export_requested"
    SESSION_TERMINATED = "session_terminated"
    TWO_STEP_CHANGED = "two_step_changed"
    PHONE_CHANGED = "phone_changed"
    OTHER = "other"


class NoticeBasis(enum.Enum):
    """What the classification rests on."""

    WORDING = "wording"
    STRUCTURE = "structure"


@dataclass(slots=True)
class ServiceNotice:
    """A classified notice.

    Attributes:
        type: what it is about.
        basis: what that rests on, None for `OTHER`.
        device: device that the text names.
        client: application, where the text lists it in front of the device.
        location: place that the text names, without the IP address.
        ip_address: IP address that the text names.
        reported_time: time that the text names, seconds since 1970-01-01 UTC.
    """

    type: NoticeType
    basis: NoticeBasis | None = None
    device: str | None = None
    client: str | None = None
    location: str | None = None
    ip_address: str | None = None
    reported_time: int | None = None


# Beginnings of first sentences, lower case. The first match counts.
_WORDINGS: Final = (
    # A code for my.telegram.org opens no session.
    (NoticeType.OTHER, ("web login code",)),
    (
        NoticeType.INCOMPLETE_LOGIN,
        (
            "incomplete login",
            "unsuccessful login",
            "failed login",
            "unvollständige anmeldung",
            "unvollständiger anmeldeversuch",
            "незавершённая попытка входа",
            "незавершенная попытка входа",
        ),
    ),
    (
        NoticeType.NEW_LOGIN,
        (
            "new login",
            "neue anmeldung",
            "вход с нового устройства",
            "новый вход",
            "вхід з нового пристрою",
            "nuevo inicio de sesión",
            "nouvelle connexion",
            "nuovo accesso",
            "novo login",
            "novo acesso",
            "nieuwe login",
            "nieuwe aanmelding",
            "nowe logowanie",
            "yeni giriş",
        ),
    ),
    (
        NoticeType.LOGIN_CODE,
        (
            "login code",
            "your login code",
            "telegram code",
            "anmeldecode",
            "login-code",
            "код для входа",
            "код для входу",
            "código de inicio de sesión",
            "código de login",
            "code de connexion",
            "codice di accesso",
            "codice di login",
            "kod logowania",
            "giriş kodu",
            "登录验证码",
            "登錄驗證碼",
            "登录码",
        ),
    ),
    (
        NoticeType.DATA_EXPORT_REQUESTED,
        (
            "data export",
            "export request",
            "telegram data export",
            "request to export",
            "datenexport",
            "экспорт данных",
            "запрос на экспорт",
        ),
    ),
    (
        NoticeType.TWO_STEP_CHANGED,
        (
            "two-step verification",
            "your two-step verification",
            "2-step verification",
            "zweistufige bestätigung",
            "двухэтапная аутентификация",
            "verificación en dos pasos",
        ),
    ),
    (
        NoticeType.SESSION_TERMINATED,
        (
            "session terminated",
            "sessions terminated",
            "your session was terminated",
            "all other sessions",
            "sitzung beendet",
            "сеанс завершён",
            "сеанс завершен",
        ),
    ),
    (
        NoticeType.PHONE_CHANGED,
        (
            "phone number changed",
            "your phone number",
            "new phone number",
            "telefonnummer geändert",
            "номер телефона изменён",
            "номер телефона изменен",
        ),
    ),
)

_WITH_DEVICE: Final = (
    NoticeType.NEW_LOGIN,
    NoticeType.INCOMPLETE_LOGIN,
    NoticeType.DATA_EXPORT_REQUESTED,
)
_LABEL: Final = re.compile(r"([^\n:：]{1,40})[:：]\s*(\S[^\n]*)")
_IP_NOTE: Final = re.compile(r"\s*\(\s*IP\s*[=:]\s*([0-9A-Fa-f:.]{2,45})\s*\)")
_IPV4: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", re.ASCII)
_CODE: Final = re.compile(
    r"(?<![\d./:-])(?:\d{5,6}|\d{2,3}-\d{2,3})(?![\d/:-]|\.\d)", re.ASCII
)
_TIME: Final = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d))?(?!\d)", re.ASCII)
_DATES: Final = (
    # Day first is what the server writes; month first is only tried behind it.
    (re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)", re.A), (3, 2, 1)),
    (re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)", re.A), (3, 1, 2)),
    (re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)", re.A), (1, 2, 3)),
)


def classify(text: str, sent_time: int | None = None) -> ServiceNotice:
    """Classifies a notice.

    Args:
        text: text of the message.
        sent_time: when it was sent, seconds since 1970-01-01 UTC; settles whether a
            date has day or month in front.

    Returns:
        What the text says.
    """
    text = text[:_MAXIMUM_TEXT]
    notice = ServiceNotice(NoticeType.OTHER)
    notice.reported_time = _read_time(text, sent_time)
    _read_lines(text, notice)
    is_login = notice.reported_time is not None and (
        notice.device is not None or notice.ip_address is not None
    )
    kind = _wording(text)
    if kind is not None:
        notice.type = kind
        if kind is not NoticeType.OTHER:
            notice.basis = NoticeBasis.WORDING
    elif is_login:
        notice.type, notice.basis = NoticeType.NEW_LOGIN, NoticeBasis.STRUCTURE
    elif _has_one_code(text) and notice.ip_address is None:
        notice.type, notice.basis = NoticeType.LOGIN_CODE, NoticeBasis.STRUCTURE
    if not is_login and notice.type not in _WITH_DEVICE:
        # Lines with a colon mean something only beside a date or an address.
        notice.device = notice.client = notice.location = None
    return notice


def _wording(text: str) -> NoticeType | None:
    title = text.lstrip("\u200e\u200f \n*❗️⚠")[:_MAXIMUM_TITLE].casefold()
    for kind, beginnings in _WORDINGS:
        if title.startswith(beginnings):
            return kind
    return None


def _has_one_code(text: str) -> bool:
    if len(text) > _SHORT_TEXT:
        return False
    return len(set(_CODE.findall(text))) == 1


def _read_lines(text: str, notice: ServiceNotice) -> None:
    """Device, place and address: the first two lines "label: value" behind the date."""
    match = _IP_NOTE.search(text)
    addresses = [match.group(1)] if match else _IPV4.findall(text)
    for address in addresses:
        try:
            notice.ip_address = str(ipaddress.ip_address(address))
            break
        except ValueError:
            continue
    _, _, below = text.partition("\n")
    values = []
    for line in below.splitlines():
        match = _LABEL.fullmatch(line.strip())
        if match:
            values.append(_IP_NOTE.sub("", match.group(2)).strip())
        elif values:
            break
    if values:
        notice.device = values[0] or None
        parts = [part.strip() for part in values[0].split(",")]
        if len(parts) >= 3:
            notice.client = parts[0] or None
    if len(values) > 1:
        notice.location = values[1] or None


def _read_time(text: str, sent_time: int | None) -> int | None:
    """Time that the text names in UTC, None if there is none or it is no date."""
    if "UTC" not in text and "GMT" not in text:
        return None
    found = []
    for pattern, order in _DATES:
        match = pattern.search(text)
        clock = _TIME.search(text, match.end()) if match else None
        clock = clock or (_TIME.search(text) if match else None)
        if match is None or clock is None:
            continue
        year, month, day = (int(match.group(place)) for place in order)
        hour, minute, second = (int(part or 0) for part in clock.groups())
        try:
            moment = datetime(
                year, month, day, hour, minute, second, tzinfo=timezone.utc
            )
        except ValueError:
            continue
        found.append(calendar.timegm(moment.timetuple()))
    if not found:
        return None
    if sent_time is None:
        return found[0]
    nearest = min(found, key=lambda moment: abs(moment - sent_time))
    # Another order of day and month must fit much better than the usual one.
    return nearest if abs(nearest - sent_time) < 3 * _DAY else found[0]


_CODE_LINK: Final = re.compile(r"t\.me/login/\d{5,6}", re.ASCII)
_CODE_WORDINGS: Final = dict(_WORDINGS)[NoticeType.LOGIN_CODE]


def has_login_code(text: str) -> bool:
    """Whether an SMS or a notification gives a login code of Telegram.

    It has the link that carries the code; or it names Telegram, has one of the wordings
    and one number of five or six digits. A number and the name alone are no code: chats
    are full of both. A code in a wording that is not known here is not recognised.
    """
    text = text[:_MAXIMUM_TEXT]
    if _CODE_LINK.search(text):
        return True
    lowered = text.lower()
    return (
        "telegram" in lowered
        and "web login code" not in lowered
        and any(wording in lowered for wording in _CODE_WORDINGS)
        and len(set(_CODE.findall(text))) == 1
    )
