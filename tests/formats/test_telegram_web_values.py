"""Values, identities and paths: known answers of the specification."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from telegram_forensics.formats import telegram_web_paths as paths
from telegram_forensics.formats import telegram_web_values as values

# Section 2: the key is the bytes 00 to ff.
KEY = bytes(range(256))
SHA1 = "4916d6bdb7f78e6803698cab32d1586ea457dfc8"


def test_known_answer_of_the_key() -> None:
    """The eight bytes as a little-endian number, as other clients write it."""
    found = values.read_key(KEY.hex())
    assert hashlib.sha1(KEY).hexdigest() == SHA1
    assert found == f"{14474384091129631026:016x}"
    assert found is not None
    assert int.from_bytes(bytes.fromhex("32d1586ea457dfc8"), "little") == int(found, 16)
    assert int(found, 16) - 2**64 == -3972359982579920590
    assert values.read_key(KEY) == found
    assert values.read_key(KEY.hex().upper()) == found
    assert KEY.hex()[:8] == "00010203"


def test_known_answer_of_the_hash() -> None:
    """dcN_hash is the whole SHA-1: it names the same session."""
    assert values.read_key_hash(SHA1) == values.read_key(KEY)
    assert values.read_key_hash(bytes.fromhex(SHA1)) == values.read_key(KEY)


@pytest.mark.parametrize(
    "value", ["", "00" * 255, "zz" * 256, b"", bytes(255), None, 5, [0] * 256, True]
)
def test_no_key(value: Any) -> None:
    """Everything else is none."""
    assert values.read_key(value) is None
    assert values.read_key_hash(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5211046831, 5211046831),
        (5211046831.0, 5211046831),
        ("5211046831", 5211046831),
        ("-100", -100),
        (1.5, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        ("5e3", None),
        ("9" * 19, None),
        ("9" * 5000, None),
        (2**63, None),
        (-(2**63), -(2**63)),
        (None, None),
        ({}, None),
    ],
)
def test_numbers(value: Any, expected: int | None) -> None:
    """JavaScript has floating point numbers; identifiers may be texts."""
    assert values.read_number(value) == expected


def test_times() -> None:
    """Seconds and milliseconds are told apart by where they stand; others are none."""
    assert values.read_seconds(1707639267) == 1707639267 * 10**6
    assert values.read_milliseconds(1717105629123) == 1717105629123000
    for value in (0, -1, 1e300, float("nan"), float("inf"), True, "1707639267", None):
        assert values.read_seconds(value) is None
        assert values.read_milliseconds(value) is None
    # Milliseconds in the place of seconds are not a time.
    assert values.read_seconds(1707639267000) is None


def test_json_or_text() -> None:
    """Web A writes some items as they are."""
    assert values.parse_json('"d4c7"') == "d4c7"
    assert values.parse_json("2") == 2
    assert values.parse_json("GramJs-session-1") == "GramJs-session-1"
    assert values.parse_json("[" * 100_000) == "[" * 100_000
    assert values.parse_json("1" * 10_000) == "1" * 10_000
    assert values.parse_json(None) is None


def test_halves_of_pairs() -> None:
    """They cannot be stored, whole pairs can."""
    assert values.clean_text("a\ud83d b") == "a\ufffd b"
    assert values.clean_text("\ud83d\ude00 ж") == "\U0001f600 ж"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://web.telegram.org", True),
        ("https://web.telegram.org/", True),
        ("https://webk.telegram.org", True),
        ("https://old.web.telegram.org", True),
        ("https://web.telegram.org/^0https://embedder.example", True),
        ("https://web.telegram.org^userContextId=2", True),
        ("https://telegram.org.example.com", False),
        ("https://nottelegram.org", False),
        ("https://example.com/^0https://web.telegram.org", False),
        ("chrome-extension://clhhggbfdinjmjhajaheehoeibfljjno", False),
    ],
)
def test_origins(origin: str, expected: bool) -> None:
    """The end of the host counts; the embedding page does not."""
    assert paths.is_telegram(origin) is expected


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("https_web.telegram.org_0.indexeddb.leveldb", "https://web.telegram.org"),
        ("https_web.telegram.org_0", "https://web.telegram.org"),
        ("http_localhost_8080.indexeddb.leveldb", "http://localhost:8080"),
        ("https+++web.telegram.org", "https://web.telegram.org"),
        ("https+++web.telegram.org+8443", "https://web.telegram.org:8443"),
        (
            "https+++web.telegram.org^userContextId=2",
            "https://web.telegram.org^userContextId=2",
        ),
        (
            "https+++web.telegram.org^partitionKey=%28https%2Cexample.com%29",
            "https://web.telegram.org^partitionKey=%28https%2Cexample.com%29",
        ),
        ("leveldb", None),
    ],
)
def test_folders(name: str, origin: str | None) -> None:
    """Containers and partitions stay in the origin."""
    assert paths.origin_of_folder(name) == origin


WINDOWS = "\\Users\\olga\\AppData\\"
MAC = "/Users/olga/Library/Application Support/"
STORE = "Local Storage\\leveldb\\000003.log"


@pytest.mark.parametrize(
    ("path", "browser", "profile"),
    [
        (
            f"{WINDOWS}Local\\Google\\Chrome\\User Data\\Profile 2\\{STORE}",
            "Chrome",
            f"{WINDOWS}Local\\Google\\Chrome\\User Data\\Profile 2",
        ),
        (
            f"{WINDOWS}Local\\Microsoft\\Edge\\User Data\\Default\\LocalStorage",
            "Edge",
            f"{WINDOWS}Local\\Microsoft\\Edge\\User Data\\Default",
        ),
        (
            f"{WINDOWS}Local\\BraveSoftware\\Brave-Browser\\User Data\\Default"
            f"\\{STORE}",
            "Brave",
            f"{WINDOWS}Local\\BraveSoftware\\Brave-Browser\\User Data\\Default",
        ),
        (
            f"{WINDOWS}Roaming\\Opera Software\\Opera Stable\\{STORE}",
            "Opera",
            f"{WINDOWS}Roaming\\Opera Software\\Opera Stable",
        ),
        (
            f"{WINDOWS}Roaming\\Opera Software\\Opera GX Stable\\{STORE}",
            "Opera GX",
            f"{WINDOWS}Roaming\\Opera Software\\Opera GX Stable",
        ),
        (
            f"{WINDOWS}Local\\Vivaldi\\User Data\\Default\\{STORE}",
            "Vivaldi",
            f"{WINDOWS}Local\\Vivaldi\\User Data\\Default",
        ),
        (
            f"{WINDOWS}Local\\Yandex\\YandexBrowser\\User Data\\Default\\{STORE}",
            "Yandex",
            f"{WINDOWS}Local\\Yandex\\YandexBrowser\\User Data\\Default",
        ),
        (
            f"{WINDOWS}Roaming\\Mozilla\\Firefox\\Profiles\\x.default\\storage\\default"
            "\\https+++web.telegram.org\\ls\\data.sqlite",
            "Firefox",
            f"{WINDOWS}Roaming\\Mozilla\\Firefox\\Profiles\\x.default",
        ),
        (
            "/home/olga/snap/chromium/common/chromium/Default/IndexedDB/x",
            "Chromium",
            "/home/olga/snap/chromium/common/chromium/Default",
        ),
        (
            "/home/olga/.config/vivaldi/Default/LocalStorage",
            "Vivaldi",
            "/home/olga/.config/vivaldi/Default",
        ),
        (
            "/home/olga/.config/microsoft-edge/Default/WebStorage/QuotaManager",
            "Edge",
            "/home/olga/.config/microsoft-edge/Default",
        ),
        (
            "/home/olga/.config/opera/IndexedDB/x",
            "Opera",
            "/home/olga/.config/opera",
        ),
        (
            "/home/olga/.config/yandex-browser/Default/IndexedDB/x",
            "Yandex",
            "/home/olga/.config/yandex-browser/Default",
        ),
        (
            f"{MAC}Google/Chrome/Default/Service Worker/CacheStorage/x",
            "Chrome",
            f"{MAC}Google/Chrome/Default",
        ),
        (
            f"{MAC}Microsoft Edge/Default/IndexedDB/x",
            "Edge",
            f"{MAC}Microsoft Edge/Default",
        ),
        (
            f"{MAC}com.operasoftware.OperaGX/IndexedDB/x",
            "Opera GX",
            f"{MAC}com.operasoftware.OperaGX",
        ),
        (
            "/data/data/com.android.chrome/app_chrome/Default/IndexedDB/x",
            "Chrome for Android",
            "/data/data/com.android.chrome/app_chrome/Default",
        ),
        (
            "/Users/olga/Library/Safari/LocalStorage/x.localstorage",
            "Safari",
            "/Users/olga/Library/Safari",
        ),
        (
            "/Users/olga/Library/Containers/com.apple.Safari/Data/Library/WebKit/"
            "WebsiteData/Default/ab/ab/LocalStorage/localstorage.sqlite3",
            "Safari",
            "/Users/olga/Library/Containers/com.apple.Safari/Data/Library/WebKit/"
            "WebsiteData/Default",
        ),
        ("/somewhere/Default/IndexedDB/x", None, "/somewhere/Default"),
        ("/000003.log", None, None),
    ],
)
def test_profiles(path: str, browser: str | None, profile: str | None) -> None:
    """Browser and profile by the path; none is guessed."""
    assert paths.find_profile(path) == paths.BrowserProfile(browser, profile)
