"""Browser and profile that a file of browser storage belongs to, by its path.

Specification: formats/telegram_web.md section 4. Install paths are general knowledge,
UNCONFIRMED but for Chromium on Linux; a path that fits none has no browser's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Of Telegram's clients: folders whose names are hashes are told by them.
ORIGINS: Final = (
    "https://web.telegram.org",
    "https://webk.telegram.org",
    "https://weba.telegram.org",
    "https://webz.telegram.org",
)
# Folders of a profile, from which it is found.
_INSIDE: Final = re.compile(
    r"(?P<profile>.*?)[\\/](?:Local Storage|IndexedDB|Service Worker|WebStorage"
    r"|Local Extension Settings|Sync Extension Settings|Session Storage"
    r"|LocalStorage(?:[\\/]|$)|storage[\\/]default"
    r"|storage[\\/]permanent|storage[\\/]private|storage\.sqlite$|webappsstore\.sqlite$"
    r"|serviceworker\.txt$)",
    re.IGNORECASE | re.DOTALL,
)
# Of Safari since 16, whose folders below are named by hashes.
_WEBKIT: Final = re.compile(
    r"(?P<profile>.*?[\\/]WebsiteData(?:Store)?[\\/][^\\/]+)[\\/]", re.DOTALL
)
# Part of the path: name of the browser. The first one that fits counts.
_BROWSERS: Final = (
    (
        re.compile(r"[\\/]com\.android\.chrome[\\/]", re.IGNORECASE),
        "Chrome for Android",
    ),
    (
        re.compile(r"[\\/]BraveSoftware[\\/]|com\.brave\.browser", re.IGNORECASE),
        "Brave",
    ),
    (
        re.compile(r"Opera[ -]?GX|com\.operasoftware\.OperaGX", re.IGNORECASE),
        "Opera GX",
    ),
    (
        re.compile(
            r"Opera Software|com\.operasoftware\.Opera|[\\/]\.config[\\/]opera|"
            r"com\.opera\.browser",
            re.IGNORECASE,
        ),
        "Opera",
    ),
    (
        re.compile(
            r"Microsoft[\\/]Edge|Microsoft Edge|[\\/]microsoft-edge"
            r"|com\.microsoft\.emmx",
            re.IGNORECASE,
        ),
        "Edge",
    ),
    (
        re.compile(r"[\\/]\.?(?:config[\\/])?Vivaldi[\\/]|com\.vivaldi", re.IGNORECASE),
        "Vivaldi",
    ),
    (
        re.compile(r"Yandex(?:Browser|-browser)|com\.yandex\.browser", re.IGNORECASE),
        "Yandex",
    ),
    (re.compile(r"Google[\\/]Chrome|[\\/]google-chrome", re.IGNORECASE), "Chrome"),
    (re.compile(r"[\\/]Chromium[\\/]", re.IGNORECASE), "Chromium"),
    (re.compile(r"EBWebView", re.IGNORECASE), "WebView2"),
    (re.compile(r"[\\/]app_webview[\\/]", re.IGNORECASE), "Android WebView"),
    (re.compile(r"Tor Browser", re.IGNORECASE), "Tor Browser"),
    (re.compile(r"LibreWolf", re.IGNORECASE), "LibreWolf"),
    (re.compile(r"Firefox|org\.mozilla|[\\/]\.mozilla[\\/]", re.IGNORECASE), "Firefox"),
    (
        re.compile(r"com\.apple\.Safari|[\\/]Safari[\\/]|WebKit", re.IGNORECASE),
        "Safari",
    ),
)
# https+++web.telegram.org^userContextId=2, https_web.telegram.org_0.indexeddb.leveldb
_FIREFOX_FOLDER: Final = re.compile(
    r"(?P<scheme>https?)\+\+\+(?P<host>[A-Za-z0-9.-]+)(?:\+(?P<port>[0-9]+))?"
    r"(?P<suffix>\^.*)?"
)
_CHROMIUM_FOLDER: Final = re.compile(
    r"(?P<scheme>https?)_(?P<host>[A-Za-z0-9.-]+)_(?P<port>[0-9]+)(?:@.*)?"
    r"(?:\.indexeddb\.leveldb)?"
)
_HOST: Final = re.compile(
    r"https?://(?:[A-Za-z0-9-]+\.)*telegram\.org(?::[0-9]+)?/?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class BrowserProfile:
    """A profile of a browser.

    Attributes:
        browser: name of the browser, None if the path does not tell.
        path: of the profile's folder, None if the path does not tell.
    """

    browser: str | None
    path: str | None


def find_profile(path: str) -> BrowserProfile:
    """Finds the profile of a file of browser storage."""
    match = _WEBKIT.match(path) or _INSIDE.match(path)
    browser = next((name for pattern, name in _BROWSERS if pattern.search(path)), None)
    return BrowserProfile(browser, match["profile"] if match else None)


def is_telegram(origin: str) -> bool:
    """Tells if an origin, or a storage key, is Telegram's: `*.telegram.org`.

    Args:
        origin: such as `https://web.telegram.org`, with a partition or without.
    """
    return _HOST.fullmatch(origin.partition("^")[0]) is not None


def origin_of_folder(name: str) -> str | None:
    """Origin that a folder of storage is named for, with its suffix; None if none."""
    match = _FIREFOX_FOLDER.fullmatch(name) or _CHROMIUM_FOLDER.fullmatch(name)
    if match is None:
        return None
    port = match["port"]
    origin = f"{match['scheme']}://{match['host']}"
    if port not in (None, "0"):
        origin = f"{origin}:{port}"
    suffix = match.groupdict().get("suffix")
    return f"{origin}{suffix}" if suffix else origin


def origin_of_url(url: str) -> str | None:
    """Origin of an address, None if it is none of the web."""
    match = re.match(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?", url)
    return match[0] if match else None
