"""Ukrainian for what the rules say in English.

Constant texts are looked up. Texts with values in them are recognized by patterns with
few free parts, so that a long name from evidence costs no time; a part in brackets of
the translation is left out if the English text has no such value. Whatever is not
recognized stays English and is marked so.
"""

from __future__ import annotations

import re
from typing import Final

from telegram_forensics.report import rule_texts_files

# Longer texts carry long values from evidence and are not worth a pattern.
_MAXIMUM: Final = 2000

_CONSTANT: Final = {
    "A login from a new device was reported.": (
        "Повідомлено про вхід із нового пристрою."
    ),
    "A login attempt without success was reported.": (
        "Повідомлено про неуспішну спробу входу."
    ),
    "A login code arrived and was readable here.": (
        "Надійшов код входу, який можна було прочитати тут."
    ),
    "A login code came by SMS and was readable here.": (
        "Код входу надійшов через SMS, і його можна було прочитати тут."
    ),
    "A notification with a login code was shown here.": (
        "Тут показано сповіщення з кодом входу."
    ),
    "The end of a session was reported.": "Повідомлено про кінець сеансу.",
    "A change of two-step verification was reported.": (
        "Повідомлено про зміну двоетапної перевірки."
    ),
    "A change of the phone number was reported.": (
        "Повідомлено про зміну номера телефону."
    ),
    "A data export was requested.": "Запитано експорт даних.",
    "A disputed message has no trace of composition in any data set.": (
        "Оспорюване повідомлення не має сліду створення в жодному наборі даних."
    ),
    (
        "A disputed message is known from sources only that keep no traces of "
        "composition."
    ): (
        "Оспорюване повідомлення відоме лише з джерел, які не зберігають слідів "
        "створення."
    ),
    "A data export made by Telegram Desktop was found.": (
        "Знайдено експорт даних, зроблений Telegram Desktop."
    ),
    "the folder was copied here from another computer": (
        "папку скопійовано сюди з іншого комп’ютера"
    ),
    "The computer's clock was set back while the client ran.": (
        "Годинник комп’ютера перевели назад, поки працював клієнт."
    ),
    "A clock was set back, or times are out of order.": (
        "Годинник переведено назад, або порядок часу порушено."
    ),
    "the time zone or the clock was set right": "часовий пояс або годинник виправили",
    "A secret chat whose key lies in this data set: it is an endpoint.": (
        "Секретний чат, ключ якого міститься в цьому наборі даних: це його кінцева "
        "точка."
    ),
    "A secret chat without its key: it has ended or lies elsewhere.": (
        "Секретний чат без ключа: він закінчився або міститься деінде."
    ),
    "stored messages outnumber the traces of sending in the same chat": (
        "збережених повідомлень більше, ніж слідів надсилання в тому самому чаті"
    ),
    (
        "sent by the owner from another session: another telephone, a computer, "
        "a browser"
    ): ("надіслав власник з іншого сеансу: з іншого телефону, комп’ютера чи браузера"),
    (
        "sent through this telephone's share sheet or quick reply in a version "
        "that keeps no trace of it"
    ): (
        "надіслано через меню «Поділитися» або швидку відповідь цього телефону у "
        "версії, яка не зберігає такого сліду"
    ),
    "part of the traces was lost when the database was made anew": (
        "частину слідів втрачено, коли базу даних створили наново"
    ),
    "a bot or automatic reply that the client does not mark as such": (
        "бот або автоматична відповідь, яку клієнт так не позначає"
    ),
    "the provider's records of sessions and their activity": (
        "записи провайдера про сеанси та їхню активність"
    ),
    "the other devices of the account": "інші пристрої облікового запису",
    "messages: composed by a client on the controlled computer": (
        "повідомлення: створено клієнтом на керованому комп’ютері"
    ),
    "composed by a client on the controlled computer": (
        "створено клієнтом на керованому комп’ютері"
    ),
    "messages: a candidate of TF-101: without a trace of its own": (
        "повідомлення: можливе за TF-101: без власного сліду"
    ),
    "a candidate of TF-101: without a trace of its own": (
        "можливе за TF-101: без власного сліду"
    ),
    "some of the candidates were composed by the data set that holds them and left a "
    "trace of the chat only": (
        "деякі з можливих повідомлень створив набір даних, який їх містить, і вони "
        "залишили лише слід на рівні чату"
    ),
    "the remote session was incoming, successful and had input rights": (
        "віддалений сеанс був вхідним, успішним і мав право введення"
    ),
    "a client of the account is present on that computer": (
        "клієнт облікового запису є на тому комп’ютері"
    ),
    "the owner typed the messages while the partner was connected": (
        "повідомлення набрав власник, поки партнера було під’єднано"
    ),
    "a session of which the evidence holds no trace": (
        "сеанс, слідів якого в матеріалі немає"
    ),
    "the message was edited later by somebody else": (
        "повідомлення пізніше змінив хтось інший"
    ),
    "the partner's device": "пристрій партнера",
    "a key is made anew at each login: equal keys are copies of one login": (
        "під час кожного входу створюється новий ключ: однакові ключі — це копії "
        "одного входу"
    ),
    (
        "whoever has the copy is logged in, without code or password, and the "
        "list of devices shows one entry"
    ): (
        "хто має копію, той увійшов без коду й пароля, а список пристроїв показує "
        "один запис"
    ),
    "the owner moved or copied the data to another computer or profile": (
        "власник перемістив або скопіював дані на інший комп’ютер чи в інший профіль"
    ),
    "a backup or a restored image of the same installation": (
        "резервна копія або відновлений образ тієї самої інсталяції"
    ),
    ("the later states of both data sets: separate use shows in caches and settings"): (
        "пізніші стани обох наборів даних: окреме користування видно в кеші та "
        "налаштуваннях"
    ),
    "the provider's records of addresses of this session": (
        "записи провайдера про адреси цього сеансу"
    ),
    "it is recorded as active, and no key of it lies in any image": (
        "його записано як активний, а його ключа немає в жодному образі"
    ),
    (
        "another device of the owner that was not seized, or a sold or lost one "
        "that was never logged out"
    ): (
        "інший невилучений пристрій власника або проданий чи втрачений, на якому "
        "не виконано вихід"
    ),
    "device and application are what the client said of itself": (
        "пристрій і програму назвав сам клієнт"
    ),
    "the provider's records of this session": "записи провайдера про цей сеанс",
    "the device itself": "сам пристрій",
    "Telegram's server reported the login": "про вхід повідомив сервер Telegram",
    ("the owner logged in on another device, by code or by scanning a QR code"): (
        "власник увійшов на іншому пристрої за кодом або сканував QR-код"
    ),
    "the provider's records of this login and its address": (
        "записи провайдера про цей вхід та його адресу"
    ),
    "the operator's records of SMS and calls with a code": (
        "записи оператора про SMS і дзвінки з кодом"
    ),
    (
        "how the login was opened is not recorded here: code by SMS or call, "
        "e-mail, saved token, or a QR code that a logged-in device scanned"
    ): (
        "як відкрито вхід, тут не записано: код через SMS чи дзвінок, електронна "
        "пошта, збережений токен або QR-код, який сканував пристрій з активним "
        "сеансом"
    ),
    **rule_texts_files.CONSTANT,
    "account record": "запис облікового запису",
    "session record": "запис сеансу",
    "holds the key": "містить ключ",
    "notice of a new login": "сповіщення про новий вхід",
    "a login code was readable here": "тут можна було прочитати код входу",
    "a session": "сеанс",
    "export": "експорт",
    "clock": "годинник",
    "login_code": "код входу",
    "new_login": "новий вхід",
    "incomplete_login": "незавершений вхід",
    "session_terminated": "завершення сеансу",
    "two_step_changed": "зміна двоетапної перевірки",
    "phone_changed": "зміна номера телефону",
    "data_export_requested": "запит експорту даних",
    "for which account the code was, the text does not say": (
        "для якого облікового запису був код, у тексті не сказано"
    ),
}

_PATTERNS: Final = [
    (re.compile(pattern, re.DOTALL), translation)
    for pattern, translation in (
        (
            r"(?=device: |application: |location: |address: )"
            r"(?:device: (?P<device>[^;]+)(?:; |$))?"
            r"(?:application: (?P<application>[^;]+)(?:; |$))?"
            r"(?:location: (?P<location>[^;]+)(?:; |$))?"
            r"(?:address: (?P<address>[^;]+))?",
            "[пристрій: {device}; ][програма: {application}; ][місце: {location}; ]"
            "[адреса: {address}]",
        ),
        (
            r"Account (?P<id>\S+)(?: \((?P<name>.+)\))? is known to (?P<client>[^;]+?)"
            r"(?:; local passcode: (?P<passcode>\w+))?"
            r"(?:; two-step verification: (?P<step>\w+))?\.",
            "Обліковий запис {id}[ ({name})] відомий програмі {client}"
            "[; локальний пароль: {passcode}][; двоетапна перевірка: {step}].",
        ),
        (
            r"Session (?P<id>(?:hash )?-?\w+)(?: \((?P<named>.+)\))?"
            r"(?P<none> belongs to no key in the images)?\.",
            "Сеанс {id}[ ({named})][ не належить до жодного ключа в образах{none}].",
        ),
        (
            r"Session (?P<id>(?:hash )?-?\w+)(?: \((?P<named>.+)\))? fits several "
            r"keys: (?P<keys>[0-9a-f, ]+)\.",
            "Сеанс {id}[ ({named})] підходить до кількох ключів: {keys}.",
        ),
        (
            r"A disputed message has a trace of composition in (?P<stores>.+)\.",
            "Оспорюване повідомлення має слід створення в: {stores}.",
        ),
        (
            r"In chat (?P<chat>\S+) \((?P<kind>\w+)\) this data set holds (?P<n>\d+) "
            r"outgoing "
            r"messages since its login and (?P<traces>\d+) traces of sending\. "
            r"(?P<surplus>\d+) of them were not composed by this data set(?:, "
            r"(?P<others>\d+) more were composed by another data set in evidence)?(?:, "
            r"(?P<older>\d+) more were sent before its first trace and prove "
            r"nothing)?\. (?P<candidates>\d+) messages have no trace and are "
            r"candidates; which of them these are, the count does not tell\.",
            "У чаті {chat} ({kind}) цей набір даних містить вихідних повідомлень від "
            "його входу: {n}, слідів надсилання: {traces}. Не створено цим набором "
            "даних: {surplus}[; створено іншим набором даних із матеріалу: ще {others}]"
            "[; надіслано до його першого сліду, що нічого не доводить: ще {older}]"
            ". Кандидатів без сліду: {candidates}; котрі з них, підрахунок не показує.",
        ),
        (
            r"(?P<n>\d+) outgoing messages, (?P<traces>\d+) traces",
            "вихідних повідомлень: {n}, слідів: {traces}",
        ),
        (
            r"(?P<n>\d+) outgoing messages were sent while (?P<image>.+) was under "
            r"remote control \((?P<tool>[^,]+), partner (?P<partner>.+)\)\.",
            "Вихідних повідомлень, надісланих, поки {image} був під віддаленим "
            "керуванням ({tool}, партнер {partner}): {n}.",
        ),
        (
            r"(?P<tool>[^,]+) session, partner (?P<partner>.+)",
            "сеанс {tool}, партнер {partner}",
        ),
        (
            r"the reports of (?P<tool>.+)'s own management console",
            "звіти консолі керування {tool}",
        ),
        (
            r"The authorization key of one session lies in (?P<n>\d+) data sets on "
            r"(?:(?P<one>one) device|(?P<devices>\d+) devices): (?P<stores>.+)\.",
            "Ключ авторизації одного сеансу міститься в кількох наборах даних ({n})"
            "[ на одному пристрої{one}][ на кількох пристроях ({devices})]: {stores}.",
        ),
        (
            r"earlier versions of the data sets, counted once: (?P<places>.+)",
            "попередні версії наборів даних, враховані один раз: {places}",
        ),
        (
            r"A session of the account on a device that is in no image "
            r"\((?P<device>.+)\) was active at the time\.",
            "На той час був активний сеанс облікового запису на пристрої, якого немає "
            "в жодному образі ({device}).",
        ),
        (
            r"A login to the account from a device that is in no image "
            r"\((?P<device>.+)\)\.",
            "Вхід в обліковий запис із пристрою, якого немає в жодному образі "
            "({device}).",
        ),
        (
            r"place of the login: (?P<place>.+), address (?P<address>.+)",
            "місце входу: {place}, адреса {address}",
        ),
        (
            r"a login code was readable in (?P<n>\d+) places shortly before",
            "незадовго до того код входу можна було прочитати в місцях: {n}",
        ),
        (
            r"the connection was allowed at the console of (?P<where>.+)",
            "з’єднання дозволено за самим пристроєм: {where}",
        ),
        (
            r"(?P<where>.+) was unlocked at the console near the time",
            "приблизно в той час розблоковано: {where}",
        ),
        (
            r"(?P<where>.+) was in use near the time: (?P<words>.+)",
            "приблизно в той час користувалися: {where}: {words}",
        ),
        (
            r"origin (?P<origin>\w[\w ]*)(?:, (?P<confidence>\w+))?"
            r"(?: \((?P<basis>.+)\))?",
            "походження: {origin}[, {confidence}][ ({basis})]",
        ),
        (
            r"(?P<name>.+): (?P<n>\d+) records cannot be decoded, the first is row "
            r"(?P<row>\d+) of event_data",
            "{name}: записів, які не вдалося декодувати: {n}; перший — рядок {row} "
            "таблиці event_data",
        ),
        (
            r"the case file names the device (?P<name>.+), but no image has that name; "
            r"the images are: (?P<images>.+)",
            "файл справи називає пристрій {name}, але жоден образ не має такої назви; "
            "є образи: {images}",
        ),
        (r"secret chat (?P<chat>\S+)", "секретний чат {chat}"),
        *rule_texts_files.PATTERNS,
    )
]
# Groups that only tell that a part of the text is there.
_FLAGS: Final = frozenset(
    {
        "is_connected",
        "is_deleted",
        "is_first",
        "is_mount",
        "is_out",
        "is_removed",
        "is_used",
        "none",
        "one",
    }
)
_VALUES: Final = {
    "created": "створено",
    "deleted": "видалено",
    "deleted file entry ($MFT)": "запис видаленого файлу ($MFT)",
    "file": "файл",
    "file entry ($MFT)": "запис файлу ($MFT)",
    "jump list": "список переходів",
    "not named": "не названо",
    "not recorded": "не записано",
    "opened folders": "відкриті папки",
    "recent items": "останні елементи",
    "renamed from this name": "цю назву змінено",
    "renamed to this name": "перейменовано на цю назву",
    "shell item": "елемент оболонки",
    "shortcut": "ярлик",
}
_OPTION: Final = re.compile(r"\[([^\[\]]*)\]")
_FIELD: Final = re.compile(r"\{(\w+)\}")


def translate(text: str) -> str | None:
    """Ukrainian for a text of a rule, None if it is not known."""
    constant = _CONSTANT.get(text)
    if constant is not None:
        return constant
    if len(text) > _MAXIMUM:
        return None
    for pattern, translation in _PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            return _fill(translation, match.groupdict())
    return None


def _fill(translation: str, values: dict[str, str | None]) -> str:
    def option(match: re.Match[str]) -> str:
        names = _FIELD.findall(match[1])
        return match[1] if all(values[name] is not None for name in names) else ""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = values[name] or ""
        return "" if name in _FLAGS else _VALUES.get(found, found)

    # Options first: values from evidence may hold brackets and braces of their own.
    return _FIELD.sub(value, _OPTION.sub(option, translation))
