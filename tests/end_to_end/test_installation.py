"""Installation: the hooks come with it, and nothing is left behind without it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import venv
import zipfile

import pytest

from telegram_forensics import autoload
from tests.end_to_end import support

PROBE = """
import sys
assert "telegram_forensics.plugin" not in sys.modules, "loaded before it is needed"
from plaso.parsers import manager
import plaso.parsers
print(sorted(n for n in manager.ParsersManager._parser_classes if "telegram" in n))
"""


@pytest.fixture(scope="module", params=["wheel", "editable"])
def built_wheel(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> pathlib.Path:
    """A wheel built by the project's backend, as `pip install [-e] .` does it."""
    folder = tmp_path_factory.mktemp(request.param)
    function = {"wheel": "build_wheel", "editable": "build_editable"}[request.param]
    code = (
        "import sys; sys.path.insert(0, 'build_backend'); import backend; "
        f"print(backend.{function}(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=support.REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_environment(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """An empty virtual environment; returns its Python and its site-packages."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    result = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return python, pathlib.Path(result.stdout.strip())


def listing(folder: pathlib.Path) -> set[str]:
    """All files below a folder except byte code."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_install_and_uninstall(
    built_wheel: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """After pip install the stock parsers manager knows us, after uninstall nothing."""
    python, site_packages = make_environment(tmp_path / "environment")
    before = listing(tmp_path / "environment")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--no-index", str(built_wheel)],
        check=True,
    )
    assert (site_packages / "telegram_forensics.pth").is_file()
    # The dependencies come from the environment that runs the tests; a plain path line
    # does not run the .pth files that lie there.
    link = site_packages / "zz_dependencies.pth"
    link.write_text(f"{pathlib.Path(pytest.__file__).parents[1]}\n", encoding="utf-8")
    result = support.run(python, "-c", PROBE, folder=tmp_path)
    assert "telegram_desktop" in result.stdout
    result = support.run(
        python, "-m", "telegram_forensics.cli", "info", folder=tmp_path
    )
    assert "All hooks work" in result.stdout
    result = support.run(
        python, "-m", "plaso.scripts.log2timeline", "--info", folder=tmp_path
    )
    assert "telegram_desktop" in result.stdout
    link.unlink()
    subprocess.run([*pip, "uninstall", "-q", "-y", "telegram_forensics"], check=True)
    assert listing(tmp_path / "environment") == before
    support.run(python, "-c", "print('starts')", folder=tmp_path)


def test_wheel_contents(built_wheel: pathlib.Path) -> None:
    """The .pth file is in the wheel and in its RECORD, definitions are packaged."""
    with zipfile.ZipFile(built_wheel) as archive:
        names = archive.namelist()
        record = next(name for name in names if name.endswith("RECORD"))
        assert "telegram_forensics.pth,sha256=" in archive.read(record).decode()
        assert names[-1] == record
        if not any("__editable__" in name for name in names):
            assert "telegram_forensics/formatters/telegram.yaml" in names
            assert "telegram_forensics/data/timeliner.yaml" in names
            assert "telegram_forensics/parsers/telegram_desktop.py" in names
            assert not [name for name in names if name.startswith(("tests", "build"))]


def test_nothing_is_loaded_without_plaso(tmp_path: pathlib.Path) -> None:
    """An unrelated process loads two small modules and nothing else of ours."""
    code = (
        "import sys; print(sorted(n for n in sys.modules if 'telegram' in n"
        " and not n.startswith('__editable__')))"
    )
    result = support.run(sys.executable, "-c", code, folder=tmp_path)
    assert result.stdout.strip() == (
        "['telegram_forensics', 'telegram_forensics.autoload']"
    )


def test_broken_package_does_not_stop_python(tmp_path: pathlib.Path) -> None:
    """A .pth line without its package (half removed) is no reason to fail."""
    python, site_packages = make_environment(tmp_path / "environment")
    sys.path.insert(0, str(support.REPOSITORY / "build_backend"))
    try:
        import backend
    finally:
        sys.path.pop(0)
    (site_packages / backend.PTH_NAME).write_text(backend.PTH_LINE, encoding="ascii")
    result = support.run(python, "-c", "print('starts')", folder=tmp_path)
    assert result.stdout.strip() == "starts"
    assert result.stderr == ""


FAILING_HOOK = """
import importlib, logging, sys
logging.basicConfig()
from telegram_forensics import autoload, plugin
def fail(module):
    raise AttributeError("plaso has changed")
setattr(plugin, sys.argv[1], fail)
for module_name in autoload.HOOKS:
    importlib.import_module(module_name)
print(autoload.STATUS[sys.argv[1]])
print([name for name, status in autoload.STATUS.items() if status != "done"])
"""


@pytest.mark.parametrize("hook", sorted(autoload.HOOKS.values()))
def test_failing_hook(hook: str, tmp_path: pathlib.Path) -> None:
    """One failing hook is one logged warning; plaso imports and the others work."""
    result = support.run(sys.executable, "-c", FAILING_HOOK, hook, folder=tmp_path)
    assert "failed: AttributeError: plaso has changed" in result.stdout
    assert result.stdout.splitlines()[-1] == f"['{hook}']"
    assert result.stderr.count("plaso has changed") == 1
    assert hook in result.stderr


def test_info(tmp_path: pathlib.Path) -> None:
    """The audit record names versions, hooks, parsers and path specification types."""
    result = support.run(
        support.COMMANDS / "telegram-forensics", "info", folder=tmp_path
    )
    for text in ("plaso", "TDATA", "telegram_desktop", "extend_timeliner", "done"):
        assert text in result.stdout
    disabled = subprocess.run(
        [support.COMMANDS / "telegram-forensics", "info"],
        env={**os.environ, "TELEGRAM_FORENSICS_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert disabled.returncode == 1
    assert "Switched off" in disabled.stdout


OUR_MODULES = [
    *(
        f"telegram_forensics.vfs.{path.stem}"
        for path in sorted((support.REPOSITORY / "telegram_forensics/vfs").glob("*.py"))
    ),
    *(
        f"telegram_forensics.parsers.{path.stem}"
        for path in sorted((support.REPOSITORY / "parsers").glob("*.py"))
    ),
]
IMPORT_FIRST = """
import importlib, sys
from telegram_forensics import autoload
importlib.import_module(sys.argv[1].removesuffix(".__init__"))
print([item for item in autoload.STATUS.items() if "failed" in item[1]])
"""


@pytest.mark.parametrize("module", OUR_MODULES)
def test_any_module_may_come_first(module: str, tmp_path: pathlib.Path) -> None:
    """No hook fails because one of our modules was imported before dfVFS and plaso."""
    result = support.run(sys.executable, "-c", IMPORT_FIRST, module, folder=tmp_path)
    assert result.stdout.strip() == "[]", result.stderr
