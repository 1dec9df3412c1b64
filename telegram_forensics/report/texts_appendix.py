"""Words of the report's filter and of its appendix, in both languages."""

from __future__ import annotations

from typing import Final

ENGLISH: Final[dict[str, str]] = {
    "dossier.in_picture": "In the picture",
    "choose.title": "Show only",
    "choose.account": "account",
    "choose.chat": "chat (its number)",
    "choose.from": "from (UTC)",
    "choose.to": "to (UTC)",
    "choose.all": "Show all",
    "choose.hidden": "Filter: {n} findings, messages or sessions are hidden.",
    "extraction.title": "How the files were made",
    "extraction.explain": (
        "As the storage files say it. Values of credentials on a command line "
        "are left out."
    ),
    "extraction.none": "The files do not say it.",
    "run.product": "Program",
    "run.time": "Time of the run",
    "run.aborted": "stopped before its end",
    "run.command": "Command line",
    "run.parsers": "Parsers ({n})",
    "passcodes.title": "Local passcodes",
    "passcodes.state": "Passcode",
    "passcodes.tried": "Candidates tried",
    "passcodes.kdf": "Key derivation",
    "passcodes.none": "No source tells of a local passcode.",
    "passcode.none": "none is set",
    "passcode.set": "set, opened with one of the candidates",
    "passcode.locked": "set, none of the candidates fits: locked",
    "passcode.screen_lock": "set, locks only the screen",
    "passcode.unknown": "not known: the key file is damaged",
    "warnings.title": "Warnings of the extraction",
    "warnings.explain": (
        "What parsers could not read. Records beside it may be missing."
    ),
    "warnings.none": "There are none.",
    "searched.Telegram Desktop profile": "Telegram Desktop profile",
    "searched.Telegram Desktop logs": "Telegram Desktop logs",
    "searched.Telegram Desktop exports": "Telegram Desktop exports",
    "searched.Telegram for Android messages": "Telegram for Android messages",
    "searched.Telegram for Android sessions": "Telegram for Android sessions",
    "searched.Telegram for iOS and macOS messages": (
        "Telegram for iOS and macOS: messages"
    ),
    "searched.Telegram for iOS and macOS sessions": (
        "Telegram for iOS and macOS: sessions"
    ),
    "searched.Telegram for iOS and macOS logs": "Telegram for iOS and macOS: logs",
    "searched.Clients with TDLib (Telegram X, Unigram)": (
        "Clients with TDLib (Telegram X, Unigram)"
    ),
    "searched.Telegram Web sessions": "Telegram Web sessions",
    "searched.Telegram Web caches": "Telegram Web caches",
    "searched.Telegram for Windows Phone": "Telegram for Windows Phone",
    "searched.Android usage statistics": "Android usage statistics",
    "searched.Android notifications": "Android notifications",
    "searched.iOS streams of use and notifications": (
        "iOS streams of use and notifications"
    ),
    "searched.SIMs of the telephone": "SIMs of the telephone",
    "searched.Client library sessions": "Client library sessions",
    "searched.TeamViewer connections": "TeamViewer connections",
    "searched.TeamViewer log": "TeamViewer log",
    "searched.AnyDesk": "AnyDesk",
    "searched.RustDesk": "RustDesk",
    "searched.Ammyy Admin": "Ammyy Admin",
    "searched.VNC": "VNC",
    "searched.RDP (Windows event logs)": "RDP (Windows event logs)",
    "searched.SSH, telnet and terminals (syslog, wtmp)": (
        "SSH, telnet and terminals (syslog, wtmp)"
    ),
    "searched.NTFS change journal": "NTFS change journal",
}

UKRAINIAN: Final[dict[str, str]] = {
    "dossier.in_picture": "На рисунку",
    "choose.title": "Показати лише",
    "choose.account": "обліковий запис",
    "choose.chat": "чат (його номер)",
    "choose.from": "від (UTC)",
    "choose.to": "до (UTC)",
    "choose.all": "Показати все",
    "choose.hidden": "Фільтр: приховано висновків, повідомлень або сеансів: {n}.",
    "extraction.title": "Як створено файли",
    "extraction.explain": (
        "За даними самих файлів. Значення паролів у командному рядку вилучено."
    ),
    "extraction.none": "Файли про це не повідомляють.",
    "run.product": "Програма",
    "run.time": "Час роботи",
    "run.aborted": "зупинено до завершення",
    "run.command": "Командний рядок",
    "run.parsers": "Обробники ({n})",
    "passcodes.title": "Локальні коди доступу",
    "passcodes.state": "Код доступу",
    "passcodes.tried": "Випробувано варіантів",
    "passcodes.kdf": "Виведення ключа",
    "passcodes.none": "Жодне джерело не згадує локального коду доступу.",
    "passcode.none": "не встановлено",
    "passcode.set": "встановлено, відкрито одним із варіантів",
    "passcode.locked": "встановлено, жоден варіант не підходить: заблоковано",
    "passcode.screen_lock": "встановлено, блокує лише екран",
    "passcode.unknown": "невідомо: файл ключа пошкоджено",
    "warnings.title": "Попередження під час обробки",
    "warnings.explain": (
        "Що обробники не змогли прочитати. Записів поруч може бракувати."
    ),
    "warnings.none": "Їх немає.",
    "searched.Telegram Desktop profile": "Профіль Telegram Desktop",
    "searched.Telegram Desktop logs": "Журнали Telegram Desktop",
    "searched.Telegram Desktop exports": "Експорти Telegram Desktop",
    "searched.Telegram for Android messages": "Повідомлення Telegram для Android",
    "searched.Telegram for Android sessions": "Сеанси Telegram для Android",
    "searched.Telegram for iOS and macOS messages": (
        "Telegram для iOS та macOS: повідомлення"
    ),
    "searched.Telegram for iOS and macOS sessions": "Telegram для iOS та macOS: сеанси",
    "searched.Telegram for iOS and macOS logs": "Telegram для iOS та macOS: журнали",
    "searched.Clients with TDLib (Telegram X, Unigram)": (
        "Клієнти з TDLib (Telegram X, Unigram)"
    ),
    "searched.Telegram Web sessions": "Сеанси Telegram Web",
    "searched.Telegram Web caches": "Кеші Telegram Web",
    "searched.Telegram for Windows Phone": "Telegram для Windows Phone",
    "searched.Android usage statistics": "Статистика використання Android",
    "searched.Android notifications": "Сповіщення Android",
    "searched.iOS streams of use and notifications": (
        "Потоки використання та сповіщень iOS"
    ),
    "searched.SIMs of the telephone": "SIM-картки телефону",
    "searched.Client library sessions": "Сеанси клієнтських бібліотек",
    "searched.TeamViewer connections": "З’єднання TeamViewer",
    "searched.TeamViewer log": "Журнал TeamViewer",
    "searched.AnyDesk": "AnyDesk",
    "searched.RustDesk": "RustDesk",
    "searched.Ammyy Admin": "Ammyy Admin",
    "searched.VNC": "VNC",
    "searched.RDP (Windows event logs)": "RDP (журнали подій Windows)",
    "searched.SSH, telnet and terminals (syslog, wtmp)": (
        "SSH, telnet і термінали (syslog, wtmp)"
    ),
    "searched.NTFS change journal": "Журнал змін NTFS",
}
