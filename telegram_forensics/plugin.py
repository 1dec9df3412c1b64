"""The one place that knows how to hook into plaso and dfVFS.

Each public function is called by `telegram_forensics.autoload` right after the module
that it is named for has been imported, with that module as its argument. What is known
of plaso's and dfVFS's inside is written down in docs/architecture.md; the versions this
was tested with are `TESTED_VERSIONS`.
"""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from telegram_forensics import autoload, definitions

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
    _scan_aff4_images(module.VolumeScanner)
    _explain_unreadable_aff4(module.source_scanner.SourceScanner)
    _skip_unreadable_aff4_images(module.source_scanner.SourceScanner)


def extend_plaso_volume_scanner(module: ModuleType) -> None:
    """The same for the volume scanner of log2timeline and image_export."""
    _scan_aff4_images(module.StorageMediaToolVolumeScanner)


def _scan_aff4_images(scanner_class: type) -> None:
    """Adds AFF4 to the types that `_ScanVolumeSystemRoot` knows by name.

    All images are scanned unless --volumes names some; the scanner's own way to ask
    gives up in unattended mode.
    """
    from telegram_forensics.vfs import type_indicators

    name = "_ScanVolumeSystemRoot"
    original = getattr(scanner_class, name)

    @functools.wraps(original)
    def wrapper(
        self: Any, scan_context: Any, scan_node: Any, options: Any, base_path_specs: Any
    ) -> Any:
        if (
            scan_node is None
            or scan_node.type_indicator != type_indicators.TYPE_INDICATOR_AFF4
        ):
            return original(self, scan_context, scan_node, options, base_path_specs)
        numbers = getattr(options, "volumes", None) or ["all"]
        wanted = {str(number).removeprefix("apfs") for number in numbers}
        for sub_node in scan_node.sub_nodes:
            number = sub_node.path_spec.location.removeprefix("/image")
            if "all" in wanted or number in wanted:
                self._ScanVolume(scan_context, sub_node, options, base_path_specs)
        return None

    setattr(scanner_class, name, wrapper)


def _explain_unreadable_aff4(scanner_class: type) -> None:
    """An AFF4 image that cannot be read (a missing stripe) must end with the reason.

    The scanner lets most errors of libtsk and of file systems through, and the tools
    then end with a traceback.
    """
    from dfvfs.lib import errors

    def guard(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(original)
        def wrapper(self: Any, source_path_spec: Any) -> Any:
            try:
                return original(self, source_path_spec)
            except (OSError, RuntimeError) as exception:
                if not _lies_in_aff4(source_path_spec):
                    raise
                reason = str(exception).partition("\n")[0]
                # libtsk passes on what the reader raised as its repr.
                match = re.fullmatch(r"\w+\((['\"])(.*)\1\)", reason)
                raise errors.BackEndError(
                    f"Unable to read AFF4 image: {match[2] if match else reason}"
                ) from exception

        return wrapper

    for name in ("ScanForVolumeSystem", "ScanForFileSystem"):
        setattr(scanner_class, name, guard(getattr(scanner_class, name)))


def _lies_in_aff4(path_spec: Any) -> bool:
    """True if a path specification leads through an AFF4 image."""
    from telegram_forensics.vfs import type_indicators

    while path_spec is not None:
        if path_spec.type_indicator == type_indicators.TYPE_INDICATOR_AFF4:
            return True
        path_spec = path_spec.parent
    return False


def _skip_unreadable_aff4_images(scanner_class: type) -> None:
    """One unreadable image of several must not hide the others.

    The scanner gives up at the first one; here it is logged and the next is scanned.
    """
    from dfvfs.lib import errors
    from dfvfs.resolver import resolver

    from telegram_forensics.vfs import type_indicators

    name = "_ScanVolumeSystemRootNode"
    original = getattr(scanner_class, name)

    @functools.wraps(original)
    def wrapper(
        self: Any, scan_context: Any, scan_node: Any, auto_recurse: bool = True
    ) -> Any:
        if scan_node.type_indicator != type_indicators.TYPE_INDICATOR_AFF4:
            return original(self, scan_context, scan_node, auto_recurse=auto_recurse)
        file_entry = resolver.Resolver.OpenFileEntry(
            scan_node.path_spec, resolver_context=self._resolver_context
        )
        for sub_file_entry in file_entry.sub_file_entries:
            sub_node = scan_context.AddScanNode(sub_file_entry.path_spec, scan_node)
            try:
                self._ScanNode(scan_context, sub_node, auto_recurse=auto_recurse)
            except (OSError, errors.BackEndError) as exception:
                sub_node.scanned = True
                logging.getLogger("telegram_forensics").warning(
                    "AFF4 %s is skipped: %s", sub_node.path_spec.location, exception
                )
        return None

    setattr(scanner_class, name, wrapper)


def register_parsers(module: ModuleType) -> None:
    """Registers our parsers once plaso's own are in."""
    from plaso.parsers import manager, sqlite, winreg_parser

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

    for parsers in (
        android_device_use.PARSERS,
        ios_biome.PARSERS,
        remote_access_android.PARSERS,
        remote_access_configuration.PARSERS,
        remote_access_files.PARSERS,
        remote_access_logs.PARSERS,
        remote_access_plist.PARSERS,
        remote_access_programs.PARSERS,
        remote_access_teamviewer.PARSERS,
        telegram_android.PARSERS,
        telegram_apple.PARSERS,
        telegram_apple_files.PARSERS,
        telegram_desktop.PARSERS,
        telegram_desktop_export.PARSERS,
        telegram_desktop_log.PARSERS,
        telegram_ios_legacy.PARSERS,
        telegram_tdlib.PARSERS,
        telegram_tdlib_files.PARSERS,
        telegram_web.PARSERS,
        telegram_web_caches.PARSERS,
        telegram_web_files.PARSERS,
        telegram_windows_phone.PARSERS,
    ):
        for parser_class in parsers:
            manager.ParsersManager.RegisterParser(parser_class)
            registered_parsers.append(parser_class.NAME)
    for plugin_class in (
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
    ):
        sqlite.SQLiteParser.RegisterPlugin(plugin_class)
        registered_parsers.append(f"{sqlite.SQLiteParser.NAME}/{plugin_class.NAME}")
    for plugin_class in remote_access_registry.WINREG_PLUGINS:
        # Not in our preset: win_gen has the whole of winreg, and a plugin named beside
        # it would leave that one only.
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
    from plaso.cli.helpers import interface
    from plaso.cli.helpers import manager as helpers_manager
    from plaso.lib import errors

    from telegram_forensics.analysis import telegram_attribution
    from telegram_forensics.attribution import case

    plugin_class = telegram_attribution.TelegramAttributionPlugin

    class ArgumentsHelper(interface.ArgumentsHelper):  # type: ignore[misc]
        """Arguments of the analysis plugin; plaso finds them by its name."""

        NAME = plugin_class.NAME
        CATEGORY = "analysis"
        DESCRIPTION = "Argument helper for the Telegram attribution analysis plugin."

        @classmethod
        def AddArguments(cls, argument_group: Any) -> None:
            """Adds the option --telegram_case."""
            argument_group.add_argument(
                "--telegram_case",
                "--telegram-case",
                dest="telegram_case",
                metavar="FILE",
                type=str,
                help=(
                    "Path of a case.yaml with what the examiner knows (roles of "
                    "devices, admitted sessions, disputed messages). "
                    "Example: --telegram_case case.yaml"
                ),
            )

        @classmethod
        def ParseOptions(cls, options: Any, analysis_plugin: Any) -> None:
            """Reads the case file."""
            if not isinstance(analysis_plugin, plugin_class):
                raise errors.BadConfigObject("not the Telegram attribution plugin")
            path = getattr(options, "telegram_case", None)
            if path:
                try:
                    known = case.read_case(path)
                    analysis_plugin.SetCase(known)  # type: ignore[no-untyped-call]
                except (OSError, case.CaseError) as exception:
                    raise errors.BadConfigOption(str(exception)) from exception

    manager.AnalysisPluginManager.RegisterPlugin(plugin_class)
    helpers_manager.ArgumentHelperManager.RegisterHelper(ArgumentsHelper)


def extend_options(module: ModuleType) -> None:
    """Adds our command line options to log2timeline, psteal and image_export.

    Helpers are asked for by name, a new one would never be called; the helper for
    artifact definitions is the one that just these tools ask for.
    """
    from plaso.cli.helpers import manager
    from plaso.lib import errors

    from telegram_forensics.vfs import passcodes

    stock_class = module.ArtifactDefinitionsArgumentsHelper

    class ArgumentsHelper(stock_class):  # type: ignore[misc, valid-type]
        """The stock helper with the option --telegram_passcodes."""

        @classmethod
        def AddArguments(cls, argument_group: Any) -> None:
            """Adds the stock arguments and ours."""
            super().AddArguments(argument_group)
            argument_group.add_argument(
                "--telegram_passcodes",
                "--telegram-passcodes",
                dest="telegram_passcodes",
                metavar="FILE",
                type=str,
                help=(
                    "Path of a text file (UTF-8) with candidate passcodes for "
                    "Telegram, one per line. The empty passcode is always tried. "
                    "Example: --telegram_passcodes passcodes.txt"
                ),
            )

        @classmethod
        def ParseOptions(cls, options: Any, configuration_object: Any) -> None:
            """Parses the stock options and ours."""
            super().ParseOptions(options, configuration_object)
            path = getattr(options, "telegram_passcodes", None)
            if not path:
                return
            path = os.path.abspath(path)
            try:
                passcodes.read_passcode_file(path)
            except (OSError, ValueError) as exception:
                raise errors.BadConfigOption(
                    f"Unable to read Telegram passcodes from {path}: {exception}"
                ) from exception
            # Worker processes inherit the environment, whatever their start method.
            os.environ[passcodes.PASSCODES_VARIABLE] = path

    manager.ArgumentHelperManager._helper_classes[stock_class.NAME] = ArgumentsHelper


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
