"""The audit record: which versions are at work, what is registered, what failed.

An examiner puts it into the case file; a laboratory compares it before and after an
update of plaso.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from importlib import metadata
from typing import Any

import telegram_forensics
from telegram_forensics import autoload, definitions, plugin

_DEPENDENCIES = (
    "plaso",
    "dfvfs",
    "dfdatetime",
    "argon2-cffi",
    "construct",
    "pycryptodome",
    "PyYAML",
)


def make_audit_record() -> dict[str, Any]:
    """Imports what the hooks wait for, and collects what came of it."""
    disabled = os.environ.get(autoload.DISABLE_VARIABLE, "") not in ("", "0")
    autoloaded = bool(autoload.STATUS)
    import_failures = {}
    if not disabled:
        # Without the .pth file (a copied source tree) the hooks are armed here, and
        # the record says that the stock tools do not have them.
        autoload.arm()
        for module_name in autoload.HOOKS:
            try:
                importlib.import_module(module_name)
            except ImportError as exception:
                import_failures[module_name] = str(exception)
        _exercise_wrapped_methods()
    hooks = [
        {
            "name": name,
            "module": module_name,
            "status": _hook_status(name, module_name, disabled, import_failures),
        }
        for module_name, name in autoload.HOOKS.items()
    ]
    versions = {name: _version(name) for name in _DEPENDENCIES}
    return {
        "telegram_forensics": telegram_forensics.__version__,
        "python": f"{platform.python_version()} ({sys.platform})",
        "autoload": autoloaded,
        "disabled": disabled,
        "versions": versions,
        "tested_versions": {
            name: list(tested) for name, tested in plugin.TESTED_VERSIONS.items()
        },
        "hooks": hooks,
        "parsers": list(plugin.registered_parsers),
        "path_specifications": list(plugin.registered_path_specs),
        "presets": _presets(),
        "artifacts": _artifacts(),
        "filter_files": sorted(
            str(path) for path in definitions.FILTERS_FOLDER.glob("*.yaml")
        ),
        "data_types": _data_types(),
        "works": autoloaded
        and not disabled
        and all(hook["status"] == "done" for hook in hooks),
    }


def format_audit_record(record: dict[str, Any]) -> str:
    """The audit record for people."""
    lines = [
        f"telegram_forensics {record['telegram_forensics']}, Python {record['python']}",
        "",
        "Versions found (tested with):",
    ]
    for name, version in record["versions"].items():
        tested = record["tested_versions"].get(name)
        note = ""
        if tested:
            note = f" ({', '.join(tested)})"
            if version not in tested:
                note += "  <- not tested with this version"
        lines.append(f"  {name:14} {version or 'NOT INSTALLED'}{note}")
    lines += ["", "Hooks:"]
    lines += [
        f"  {hook['name']:26} {hook['module']:40} {hook['status']}"
        for hook in record["hooks"]
    ]
    for title, key in (
        ("Parsers", "parsers"),
        ("Path specification types", "path_specifications"),
        ("Presets", "presets"),
        ("Artifacts (--artifact_filters)", "artifacts"),
        ("Filter files (--file_filter)", "filter_files"),
        ("Data types", "data_types"),
    ):
        lines += ["", f"{title}: {', '.join(record[key]) or 'none'}"]
    lines.append("")
    if record["disabled"]:
        lines.append(f"Switched off by {autoload.DISABLE_VARIABLE}.")
    elif not record["autoload"]:
        lines.append(
            "The stock tools do NOT know the plugin: telegram_forensics.pth is missing "
            "from site-packages. Install with 'pip install .'."
        )
    elif record["works"]:
        lines.append("All hooks work: the stock tools know the plugin.")
    else:
        lines.append(
            "At least one hook failed: Telegram evidence may be missing from a run. "
            "Compare the versions above."
        )
    return "\n".join(lines)


def _exercise_wrapped_methods() -> None:
    """Calls what the hooks wrapped, so that a failure shows here and not in a case."""
    try:
        from plaso.engine import engine, timeliner
        from plaso.output import mediator
        from plaso.parsers import presets
    except ImportError:
        return  # Reported with the hook.
    import plaso

    data_location = os.path.join(os.path.dirname(plaso.__file__), "data")
    timeliner.EventDataTimeliner(data_location=data_location)
    presets.ParserPresetsManager().ReadFromFile(
        os.path.join(data_location, "presets.yaml")
    )
    engine.BaseEngine().BuildArtifactsRegistry(str(definitions.ARTIFACTS_FILE), None)
    output_mediator = mediator.OutputMediator(None, data_location=data_location)
    output_mediator.ReadMessageFormattersFromDirectory(
        os.path.join(data_location, "formatters")
    )


def _hook_status(
    name: str, module_name: str, disabled: bool, import_failures: dict[str, str]
) -> str:
    if disabled:
        return "disabled"
    if module_name in import_failures:
        return f"failed: {import_failures[module_name]}"
    return str(autoload.STATUS.get(name, "not armed"))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _presets() -> list[str]:
    try:
        return [
            f"{name} (in {', '.join(targets)})"
            for name, targets in definitions.read_presets().items()
        ]
    except definitions.DefinitionError as exception:
        return [f"failed: {exception}"]


def _artifacts() -> list[str]:
    try:
        from artifacts import errors, reader

        found = reader.YamlArtifactsReader().ReadFile(str(definitions.ARTIFACTS_FILE))
        return [definition.name for definition in found]
    except ImportError:
        return []  # Comes with plaso; reported with the versions.
    except errors.FormatError as exception:
        return [f"failed: {exception}"]


def _data_types() -> list[str]:
    try:
        return [item.data_type for item in definitions.read_timeliner_definitions()]
    except definitions.DefinitionError as exception:
        return [f"failed: {exception}"]
