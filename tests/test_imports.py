"""The house: imports run one way, modules stay small, and none is without use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from telegram_forensics import autoload
from tests.helpers import REPOSITORY

PACKAGE = "telegram_forensics"
# Folders of the repository -> names of the packages that they are installed as.
FOLDERS = {
    PACKAGE: PACKAGE,
    "parsers": f"{PACKAGE}.parsers",
    "formatters": f"{PACKAGE}.formatters",
}
# What a part of the package may import of the others. None: it is on top.
LAYERS: dict[str, set[str]] = {
    "formats": set(),
    "aff4": set(),
    "vfs": {"formats", "aff4"},
    "parsers": {"formats", "vfs"},
    "attribution": set(),
    "report": {"attribution", "formats", ""},
    "analysis": {"attribution", "report"},
    "formatters": set(),
}
# What else knows plaso or dfVFS, part by part.
FRAMEWORKS = ("plaso", "dfvfs", "dfwinreg", "dfdatetime", "artifacts")
ALLOWED_FRAMEWORKS: dict[str, set[str]] = {
    "formats": set(),
    "aff4": set(),
    "attribution": set(),
    "vfs": {"dfvfs", "dfdatetime"},
    "report": {"dfdatetime"},
    "parsers": {"plaso", "dfvfs", "dfwinreg", "dfdatetime"},
    "analysis": {"plaso", "dfdatetime"},
    "formatters": {"plaso"},
}
MAXIMUM_LINES = 500
MAXIMUM_LINES_OF_FUNCTION = 60
# Where everything starts: the command, and the hook of the interpreter.
ROOTS = (f"{PACKAGE}.cli", f"{PACKAGE}.autoload")


@dataclass(frozen=True)
class Module:
    """A module of ours.

    Attributes:
        name: as it is imported.
        path: in the repository.
        tree: its syntax.
        lines: how many.
    """

    name: str
    path: str
    tree: ast.Module
    lines: int

    @property
    def part(self) -> str:
        """Package, or module, right below `telegram_forensics`."""
        return self.name.removeprefix(PACKAGE).lstrip(".").partition(".")[0]


def _modules() -> dict[str, Module]:
    found = {}
    for folder, package in FOLDERS.items():
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            inside = path.relative_to(REPOSITORY / folder).with_suffix("")
            name = ".".join((package, *inside.parts)).removesuffix(".__init__")
            text = path.read_text("utf-8")
            relative = path.relative_to(REPOSITORY).as_posix()
            found[name] = Module(
                name, relative, ast.parse(text), len(text.splitlines())
            )
    return found


MODULES = _modules()


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Everything that a module imports, anywhere in it, with the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.path}:{node.lineno}: relative import"
            yield str(node.module), node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def part_of(name: str) -> str | None:
    """Part of ours that an imported name lies in; "" for the package itself."""
    if name == PACKAGE or not name.startswith(f"{PACKAGE}."):
        return None
    if name not in MODULES and name.rpartition(".")[0] == PACKAGE:
        return ""
    return name.split(".")[1]


def wrong_imports(module: Module) -> list[str]:
    """Imports of a module that its part may not have."""
    found = []
    for name, line in imports(module):
        part, top = part_of(name), name.partition(".")[0]
        mine = part is not None and part != module.part
        if (mine and part not in LAYERS[module.part]) or (
            top in FRAMEWORKS and top not in ALLOWED_FRAMEWORKS[module.part]
        ):
            found.append(f"{module.path}:{line}: {name}")
    return found


@pytest.mark.parametrize("part", LAYERS)
def test_imports_run_one_way(part: str) -> None:
    """No part imports what stands above it."""
    modules = [module for module in MODULES.values() if module.part == part]
    assert modules
    assert [wrong for module in modules for wrong in wrong_imports(module)] == []


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("formats", "import plaso"),
        ("formats", "from dfvfs.lib import definitions"),
        ("formats", "from telegram_forensics.parsers import event_data"),
        ("formats", "from telegram_forensics import vfs"),
        ("formats", "def f():\n    import telegram_forensics.report.html"),
        ("aff4", "from telegram_forensics.formats import errors"),
        ("attribution", "from plaso.storage import factory"),
        ("attribution", "from telegram_forensics.report import html"),
        ("vfs", "from telegram_forensics.parsers import event_data"),
        ("parsers", "from telegram_forensics.attribution import rules"),
        ("report", "from telegram_forensics.parsers import event_data"),
    ],
)
def test_wrong_import_is_seen(part: str, statement: str) -> None:
    """The test itself: what it must find."""
    module = Module(f"{PACKAGE}.{part}.new", "new.py", ast.parse(statement), 1)
    assert wrong_imports(module)


def test_modules_are_small() -> None:
    """No module grows beyond what a reader can hold."""
    long = {
        module.path: module.lines
        for module in MODULES.values()
        if module.lines > MAXIMUM_LINES
    }
    assert long == {}


def test_functions_are_small() -> None:
    """No function or method needs more than a page."""
    long = {
        f"{module.path}:{node.lineno}: {node.name}": lines
        for module in MODULES.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := node.end_lineno - node.lineno + 1) > MAXIMUM_LINES_OF_FUNCTION
    }
    assert long == {}


def reached(roots: tuple[str, ...]) -> set[str]:
    """Modules that are imported from some, directly or not."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in MODULES:
            continue
        found.add(name)
        # A package is imported in front of its modules.
        waiting.append(name.rpartition(".")[0])
        waiting += [item for item, _ in imports(MODULES[name])]
    return found


def test_no_module_is_dead() -> None:
    """Every module is reached from the command or from the hook of the interpreter."""
    assert set(MODULES) - reached(ROOTS) == set()


def test_reached_sees() -> None:
    """The command alone reaches no parser: the hook's part in it is real."""
    assert f"{PACKAGE}.parsers.telegram_desktop" not in reached((f"{PACKAGE}.table",))
    assert f"{PACKAGE}.parsers.telegram_desktop" in reached(ROOTS)


def names_in(tree: ast.Module) -> set[str]:
    """Every name that a module uses."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name.rpartition(".")[2])
    return found


def test_no_function_is_dead() -> None:
    """Every public function and class of a module is used somewhere in the package.

    A use in its own module counts; one in tests alone does not.
    """
    used = set().union(*(names_in(module.tree) for module in MODULES.values()))
    # The functions of `plugin` are looked up by their names.
    used.update(autoload.HOOKS.values())
    dead = {
        f"{module.part}.{module.name.rpartition('.')[2]}.{node.name}"
        for module in MODULES.values()
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and node.name not in used
    }
    assert dead == set()


def test_no_private_name_is_dead() -> None:
    """Every private function, class and constant is used in its own module.

    Constants that are set several at once (numbers of a format) may stand for nothing.
    """
    dead = []
    for module in MODULES.values():
        used = {
            node.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        for node in module.tree.body:
            name = ""
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
            is_private = name.startswith("_") and not name.startswith("__")
            if is_private and name not in used:
                dead.append(f"{module.path}:{node.lineno}: {name}")
    assert dead == []
