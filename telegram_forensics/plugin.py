"""The one place that knows how to hook into plaso and dfVFS.

Each public function is called by `telegram_forensics.autoload` right after the module
that it is named for has been imported, with that module as its argument. What is known
of plaso's and dfVFS's inside is written down in docs/architecture.md; the versions this
was tested with are `TESTED_VERSIONS`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from telegram_forensics import autoload, definitions, scanner

TESTED_VERSIONS: Final = {"plaso": ("20260720",), "dfvfs": ("20260924",)}

# What has been registered, for presets and for `telegram-forensics info`.
registered_parsers: list[str] = []
registered_path_specs: list[str] = []


def extend_dfvfs_definitions(module: ModuleType) -> None:
    """Makes our back-ends known; dfVFS looks the sets up when it asks."""
    from telegram_forensics.vfs import type_indicators

    for name, indicators in type_indicators.DEFINITIONS.items():
        setattr(module, name, getattr(module, name) | indicators)


def register_path_specs(module: ModuleType) -> None:
    """Registers our path specification types, so that .plaso files can be read."""
    from telegram_forensics.vfs import (
        aff4_path_spec,
        sqlcipher_path_spec,
        tdata_path_spec,
    )

    for path_spec in (
        aff4_path_spec.AFF4PathSpec,
        aff4_path_spec.AFF4LPathSpec,
        sqlcipher_path_spec.SQLCIPHERPathSpec,
        tdata_path_spec.TDATAPathSpec,
    ):
        module.Factory.RegisterPathSpec(path_spec)
        registered_path_specs.append(path_spec.TYPE_INDICATOR)


def register_credentials(module: ModuleType) -> None:
    """Registers which credentials unlock our back-ends."""
    from telegram_forensics.vfs import (
        aff4_credentials,
        sqlcipher_credentials,
        tdata_credentials,
    )

    for credentials in (
        aff4_credentials.AFF4Credentials(),
        sqlcipher_credentials.SQLCIPHERCredentials(),
        tdata_credentials.TDATACredentials(),
    ):
        module.CredentialsManager.RegisterCredentials(credentials)


def register_resolver_helpers(module: ModuleType) -> None:
    """Registers how our path specifications are opened."""
    from telegram_forensics.vfs import (
        aff4_resolver_helpers,
        sqlcipher_resolver_helper,
        tdata_resolver_helper,
    )

    for helper in (
        aff4_resolver_helpers.AFF4ResolverHelper(),
        aff4_resolver_helpers.AFF4LResolverHelper(),
        sqlcipher_resolver_helper.SQLCIPHERResolverHelper(),
        tdata_resolver_helper.TDATAResolverHelper(),
    ):
        module.ResolverHelperManager.RegisterHelper(helper)


def register_analyzer_helpers(module: ModuleType) -> None:
    """Registers how AFF4 images are recognized."""
    from telegram_forensics.vfs import aff4_analyzer_helpers

    for helper in (
        aff4_analyzer_helpers.AFF4AnalyzerHelper(),
        aff4_analyzer_helpers.AFF4LAnalyzerHelper(),
    ):
        module.Analyzer.RegisterHelper(helper)


def register_volume_system(module: ModuleType) -> None:
    """Registers the images of an AFF4 volume as a volume system."""
    from telegram_forensics.vfs import aff4_volume_system

    module.Factory.RegisterVolumeSystem(aff4_volume_system.AFF4VolumeSystem)


def extend_volume_scanner(module: ModuleType) -> None:
    """Lets dfVFS's volume scanner descend into a volume with several images."""
    scanner.scan_aff4_images(module.VolumeScanner)
    scanner.explain_unreadable_aff4(module.source_scanner.SourceScanner)
    scanner.skip_unreadable_aff4_images(module.source_scanner.SourceScanner)


def extend_plaso_volume_scanner(module: ModuleType) -> None:
    """The same for the volume scanner of log2timeline and image_export."""
    scanner.scan_aff4_images(module.StorageMediaToolVolumeScanner)


def register_parsers(module: ModuleType) -> None:
    """Registers our parsers once plaso's own are in."""
    from plaso.parsers import manager, sqlite, winreg_parser

    from telegram_forensics import parser_list

    for parser_class in parser_list.PARSERS:
        manager.ParsersManager.RegisterParser(parser_class)
        registered_parsers.append(parser_class.NAME)
    for plugin_class in parser_list.SQLITE_PLUGINS:
        sqlite.SQLiteParser.RegisterPlugin(plugin_class)
        registered_parsers.append(f"{sqlite.SQLiteParser.NAME}/{plugin_class.NAME}")
    for plugin_class in parser_list.WINREG_PLUGINS:
        winreg_parser.WinRegistryParser.RegisterPlugin(plugin_class)


def extend_presets(module: ModuleType) -> None:
    """Adds our preset, and its name to the stock presets."""

    def add(presets_manager: Any) -> None:
        # Only what really registered: one unknown name in a preset aborts the tool.
        if not registered_parsers:
            return
        known = presets_manager._definitions
        for name, targets in definitions.read_presets().items():
            if name in known:
                raise KeyError(f"plaso has a preset {name} of its own")
            parsers = definitions.select_parsers(name, registered_parsers)
            known[name] = module.ParserPreset(name, parsers)
            for target in targets:
                if target in known:
                    known[target].parsers.append(name)
        _add_families(known)

    _after(module.ParserPresetsManager, "ReadFromFile", add, "extend_presets")


def _add_families(presets: dict[str, Any]) -> None:
    """Gives the presets of telephones the families that our preprocessor sets."""
    from plaso.containers import artifacts

    # plaso imports this module before the preprocessors: no import of ours of them.
    for name, family in (("android", "Android"), ("ios", "iOS")):
        preset = presets.get(name)
        if preset is not None and not preset.operating_systems:
            preset.operating_systems.append(
                artifacts.OperatingSystemArtifact(family=family)
            )


def register_preprocessor(module: ModuleType) -> None:
    """Registers the recognition of telephones, in front of plaso's own plugins.

    Of two plugins that set the operating system the first wins, and plaso's takes an
    Android system for Linux and iOS for macOS.
    """
    from plaso.preprocessors import manager

    from telegram_forensics import preprocess

    plugins = manager.PreprocessPluginsManager._file_system_plugins
    others = dict(plugins)
    manager.PreprocessPluginsManager.RegisterPlugin(preprocess.TelephonePlugin)
    for name in others:
        # Deleted and inserted again they stand behind ours.
        plugins[name] = plugins.pop(name)


def extend_timeliner(module: ModuleType) -> None:
    """Adds our timeliner definitions behind the stock ones."""

    def add(timeliner: Any) -> None:
        for definition in definitions.read_timeliner_definitions():
            if definition.data_type in timeliner._attribute_mappings:
                raise KeyError(f"plaso defines {definition.data_type} itself")
            timeliner._attribute_mappings[definition.data_type] = dict(
                definition.attribute_mappings
            )
            timeliner._place_holder_event.add(definition.data_type)

    _after(module.EventDataTimeliner, "_ReadConfigurationFile", add, "extend_timeliner")


def extend_artifacts(module: ModuleType) -> None:
    """Adds our artifact definitions to the registry; an examiner's own come first."""

    def add(engine: Any) -> None:
        from artifacts import reader

        registry = engine._artifacts_registry
        path = str(definitions.ARTIFACTS_FILE)
        for definition in reader.YamlArtifactsReader().ReadFile(path):
            if registry.GetDefinitionByName(definition.name) is None:
                registry.RegisterDefinition(definition)

    _after(module.BaseEngine, "BuildArtifactsRegistry", add, "extend_artifacts")


def extend_formatters(module: ModuleType) -> None:
    """Adds our formatters behind the stock ones; an examiner's own come later."""

    def add(mediator: Any) -> None:
        # Registers the custom helpers that the definitions name.
        import telegram_forensics.formatters.helpers  # noqa: F401

        for path in definitions.formatter_files():
            definitions.check_formatter_definitions(path)
            mediator.ReadMessageFormattersFromFile(str(path))

    _after(
        module.OutputMediator,
        "ReadMessageFormattersFromDirectory",
        add,
        "extend_formatters",
    )


def register_analysis(module: ModuleType) -> None:
    """Registers the analysis plugin `telegram_attribution` and its option."""
    from plaso.analysis import manager
    from plaso.cli.helpers import manager as helpers_manager

    from telegram_forensics import options
    from telegram_forensics.analysis import telegram_attribution

    plugin_class = telegram_attribution.TelegramAttributionPlugin
    manager.AnalysisPluginManager.RegisterPlugin(plugin_class)
    helpers_manager.ArgumentHelperManager.RegisterHelper(
        options.make_case_helper(plugin_class)
    )


def extend_options(module: ModuleType) -> None:
    """Adds our command line options to log2timeline, psteal and image_export.

    Helpers are asked for by name, a new one would never be called; the helper for
    artifact definitions is the one that just these tools ask for.
    """
    from plaso.cli.helpers import manager

    from telegram_forensics import options

    stock_class = module.ArtifactDefinitionsArgumentsHelper
    manager.ArgumentHelperManager._helper_classes[stock_class.NAME] = (
        options.make_passcodes_helper(stock_class)
    )


def _after(
    target: type, method_name: str, function: Callable[[Any], None], hook: str
) -> None:
    """Lets `function(self)` run after a method of plaso, whatever comes of it."""
    original = getattr(target, method_name)

    @functools.wraps(original)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        try:
            function(self)
        # The stock tool must go on without us, whatever has changed in it.
        except Exception as exception:
            autoload.report_failure(hook, exception)
        return result

    setattr(target, method_name, wrapper)
