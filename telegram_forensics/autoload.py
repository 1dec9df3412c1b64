"""Arms the hooks by which the stock plaso tools learn about this package.

A `.pth` file in site-packages imports this module and calls `arm()` at the start of
every Python process of the environment, worker processes included. So it must cost
next to nothing: it puts one finder in front of `sys.meta_path`, which watches for a
handful of plaso and dfVFS modules. When one of them has been imported, the matching
function of `telegram_forensics.plugin` runs; nothing of ours is loaded before.

`TELEGRAM_FORENSICS_DISABLE=1` in the environment switches everything off.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing would cost every Python process a millisecond.
    from types import ModuleType
    from typing import Any

DISABLE_VARIABLE = "TELEGRAM_FORENSICS_DISABLE"

# Module that has just been imported -> function of telegram_forensics.plugin.
HOOKS = {
    "dfvfs.lib.definitions": "extend_dfvfs_definitions",
    "dfvfs.path.factory": "register_path_specs",
    "dfvfs.credentials.manager": "register_credentials",
    "dfvfs.resolver_helpers.manager": "register_resolver_helpers",
    "dfvfs.analyzer.analyzer": "register_analyzer_helpers",
    "dfvfs.volume.factory": "register_volume_system",
    "dfvfs.helpers.volume_scanner": "extend_volume_scanner",
    "plaso.cli.storage_media_tool": "extend_plaso_volume_scanner",
    "plaso.parsers": "register_parsers",
    "plaso.parsers.presets": "extend_presets",
    "plaso.preprocessors": "register_preprocessor",
    "plaso.engine.engine": "extend_artifacts",
    "plaso.engine.timeliner": "extend_timeliner",
    "plaso.output.mediator": "extend_formatters",
    "plaso.analysis": "register_analysis",
    "plaso.cli.helpers.artifact_definitions": "extend_options",
}

# Function name -> "armed", "done" or "failed: reason".
STATUS: dict[str, str] = {}


def report_failure(name: str, exception: Exception) -> None:
    """Notes that a hook failed and logs it, once; the stock tools go on.

    Args:
        name: name of the hook.
        exception: what went wrong.
    """
    reason = f"failed: {type(exception).__name__}: {exception}"
    if STATUS.get(name) == reason:
        return
    STATUS[name] = reason
    import logging

    logging.getLogger("telegram_forensics").warning(
        "telegram_forensics: hook %s %s. Telegram evidence may be missing from this "
        "run; run 'telegram-forensics info' for the whole picture.",
        name,
        reason,
    )


def _run(module: ModuleType) -> None:
    name = HOOKS[module.__name__]
    # A plaso or dfVFS whose inside has changed must not break the stock tools: any
    # exception ends this hook and nothing else.
    try:
        from telegram_forensics import plugin

        getattr(plugin, name)(module)
    except Exception as exception:
        report_failure(name, exception)
    else:
        if STATUS.get(name) == "armed":
            STATUS[name] = "done"


class _Loader:
    """Loads a watched module with its own loader, then runs the hook."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        """See importlib.abc.Loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        """See importlib.abc.Loader."""
        # Whoever looks at the module later shall find its real loader.
        module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _run(module)


class _Finder:
    """Finder that recognizes the watched modules and leaves finding to the others."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """See importlib.abc.MetaPathFinder."""
        if fullname not in HOOKS:
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            if finder is self or find_spec is None:
                continue
            spec = find_spec(fullname, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


def arm() -> None:
    """Arms all hooks; calling it again changes nothing."""
    if STATUS or os.environ.get(DISABLE_VARIABLE, "") not in ("", "0"):
        return
    for module_name, name in HOOKS.items():
        STATUS[name] = "armed"
        if module_name in sys.modules:
            _run(sys.modules[module_name])
    sys.meta_path.insert(0, _Finder())
