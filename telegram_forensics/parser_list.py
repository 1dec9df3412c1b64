"""All parsers and plugins of ours, in the order in which plaso gets them.

Imported by `telegram_forensics.plugin` once plaso's own parsers are in.
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.parsers import (
    android_device_use,
    android_notification_log,
    android_sim,
    ios_biome,
    library_sessions,
    remote_access_android,
    remote_access_configuration,
    remote_access_files,
    remote_access_logs,
    remote_access_plist,
    remote_access_programs,
    remote_access_registry,
    remote_access_teamviewer,
    telegram_android,
    telegram_android_database,
    telegram_apple,
    telegram_apple_database,
    telegram_apple_files,
    telegram_desktop,
    telegram_desktop_export,
    telegram_desktop_log,
    telegram_ios_legacy,
    telegram_sqlite_damaged,
    telegram_tdlib,
    telegram_tdlib_database,
    telegram_tdlib_files,
    telegram_web,
    telegram_web_caches,
    telegram_web_files,
    telegram_web_firefox,
    telegram_web_safari,
    telegram_web_sqlite,
    telegram_web_sqlite_indexed,
    telegram_web_sqlite_usage,
    telegram_windows_phone,
)

PARSERS: Final[tuple[type[Any], ...]] = (
    *android_device_use.PARSERS,
    *ios_biome.PARSERS,
    *remote_access_android.PARSERS,
    *remote_access_configuration.PARSERS,
    *remote_access_files.PARSERS,
    *remote_access_logs.PARSERS,
    *remote_access_plist.PARSERS,
    *remote_access_programs.PARSERS,
    *remote_access_teamviewer.PARSERS,
    *telegram_android.PARSERS,
    *telegram_apple.PARSERS,
    *telegram_apple_files.PARSERS,
    *telegram_desktop.PARSERS,
    *telegram_desktop_export.PARSERS,
    *telegram_desktop_log.PARSERS,
    *telegram_ios_legacy.PARSERS,
    *telegram_sqlite_damaged.PARSERS,
    *telegram_tdlib.PARSERS,
    *telegram_tdlib_files.PARSERS,
    *telegram_web.PARSERS,
    *telegram_web_caches.PARSERS,
    *telegram_web_files.PARSERS,
    *telegram_windows_phone.PARSERS,
)
SQLITE_PLUGINS: Final[tuple[type[Any], ...]] = (
    telegram_android_database.TelegramAndroidPlugin,
    *android_notification_log.PLUGINS,
    *android_sim.PLUGINS,
    *library_sessions.PLUGINS,
    *telegram_apple_database.PLUGINS,
    *telegram_ios_legacy.PLUGINS,
    *telegram_tdlib_database.PLUGINS,
    *telegram_web_caches.PLUGINS,
    *telegram_web_firefox.PLUGINS,
    *telegram_web_safari.PLUGINS,
    *telegram_web_sqlite.PLUGINS,
    *telegram_web_sqlite_indexed.PLUGINS,
    *telegram_web_sqlite_usage.PLUGINS,
)
# Not in our preset: win_gen has the whole of winreg, and a plugin named beside it would
# leave that one only.
WINREG_PLUGINS: Final[tuple[type[Any], ...]] = remote_access_registry.WINREG_PLUGINS
