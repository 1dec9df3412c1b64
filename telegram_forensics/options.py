"""Our options in the command lines of plaso's tools.

Called by `telegram_forensics.plugin`: the classes can only be made once plaso's are in.
"""

from __future__ import annotations

import os
from typing import Any


def make_case_helper(plugin_class: Any) -> Any:
    """The class that adds the option --telegram_case of the analysis plugin."""
    from plaso.cli.helpers import interface
    from plaso.lib import errors

    from telegram_forensics.attribution import case

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
                    analysis_plugin.SetCase(known)
                except (OSError, case.CaseError) as exception:
                    raise errors.BadConfigOption(str(exception)) from exception

    return ArgumentsHelper


def make_passcodes_helper(stock_class: Any) -> Any:
    """The class that adds the option --telegram_passcodes to those of a stock one."""
    from plaso.lib import errors

    from telegram_forensics.vfs import passcodes

    class ArgumentsHelper(stock_class):  # type: ignore[misc]
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

    return ArgumentsHelper
