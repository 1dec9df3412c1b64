"""The documentation: builds strictly, loads nothing, and names only what exists."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import plaso
import pytest
import yaml
from plaso.analysis import manager as analysis_manager
from plaso.parsers import manager as parsers_manager
from plaso.parsers import presets

from telegram_forensics import autoload, cli, definitions
from telegram_forensics.analysis import telegram_attribution
from telegram_forensics.report.texts_en import ENGLISH
from tests.helpers import REPOSITORY
from tools import make_figures

DOCS = REPOSITORY / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
TEXTS = {f"docs/{name}": (DOCS / name).read_text("utf-8") for name in PAGES}
TEXTS["README.md"] = (REPOSITORY / "README.md").read_text("utf-8")
STOCK_TOOLS = ("log2timeline", "psort", "psteal", "pinfo", "image_export")
FIGURES = DOCS / "figures"
# Attributes that psort adds to those of the event data.
PSORT_NAMES = {"data_type", "date", "datetime", "display_name", "message", "timestamp"}
PSORT_NAMES |= {"timestamp_desc"}
# What a page may load from, in its own words: addresses of these forms.
LOADING = {
    *(("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")),
    *(("embed", "src"), ("object", "data"), ("audio", "src"), ("video", "src")),
    *(("input", "src"), ("image", "href"), ("use", "href"), ("form", "action")),
}
FOREIGN = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)

by_page = pytest.mark.parametrize("name", sorted(TEXTS))


def pieces(text: str) -> list[str]:
    """Everything that a page writes as code: in backticks, fenced or indented."""
    found = []
    rest = []
    fence: list[str] | None = None
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            if fence is None:
                fence = []
            else:
                found.append("\n".join(fence))
                fence = None
        elif fence is not None:
            fence.append(line)
        else:
            rest.append(line)
    assert fence is None
    blocks = re.split(r"\n(?! {4})", "\n".join(rest))
    for block in blocks:
        found += re.findall(r"(?:^|\n)((?: {4,}[^\n]*\n?)+)", block)
    # A code may go on in the next line of its paragraph.
    inline = re.findall(r"`([^`]+)`", "\n".join(rest))
    return found + [" ".join(item.split()) for item in inline]


def words(text: str) -> set[str]:
    """What stands alone in backticks."""
    return {item for item in re.findall(r"`([^`\n]+)`", text) if " " not in item}


def commands(text: str) -> Iterator[str]:
    """Command lines in the code of a page, continued lines as one."""
    for piece in pieces(text):
        joined = re.sub(r"\\\n\s*", " ", piece)
        for line in joined.splitlines():
            yield re.sub(r"^\$ ", "", line.strip())


def uses(name: str, text: str) -> Iterator[str]:
    """What a page gives to a command: the rest of the line behind its name."""
    pattern = re.compile(rf"(?:^|[\s/]){re.escape(name)}(?:\.py)?(?=\s|$)([^|;&`]*)")
    for line in commands(text):
        yield from pattern.findall(line)


# The site.


class Loader(HTMLParser):
    """Collects what a page loads, and what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if (tag, name.removeprefix("xlink:")) in LOADING or name == "srcset":
                self.loads.append(value)
            elif name == "style":
                self.loads += addresses_of_style(value)
        if tag == "link":
            self.loads.append(values.get("href", ""))
        elif tag == "a":
            self.links.append(values.get("href", ""))


def addresses_of_style(text: str) -> list[str]:
    """Addresses that a style sheet loads."""
    found = re.findall(r"url\(\s*['\"]?([^'\")]*)", text)
    return found + re.findall(r"@import\s+['\"]([^'\"]*)", text)


class Site(NamedTuple):
    """The pages that mkdocs made, and what it printed."""

    folder: Path
    output: str


def build(target: Path, source: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Builds as `make docs` does, but elsewhere."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--config-file", source / "mkdocs.yml", "--site-dir", target),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=target.parent,
    )


@pytest.fixture(scope="module", name="site")
def fixture_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The built site."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("documentation") / "site"
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return Site(folder, done.stderr)


def navigation(entries: Any) -> list[str]:
    """Pages of a navigation, at any depth."""
    if isinstance(entries, str):
        return [entries]
    if isinstance(entries, dict):
        entries = list(entries.values())
    return [name for entry in entries for name in navigation(entry)]


def test_every_page_is_in_the_navigation() -> None:
    """Once each, and no page that is not there."""
    settings = yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text("utf-8"))
    assert sorted(navigation(settings["nav"])) == PAGES


def test_site_has_every_page(site: Site) -> None:
    """Pages, and the other files that pages link to."""
    assert "WARNING" not in site.output
    for name in PAGES:
        assert (site.folder / name).with_suffix(".html").stat().st_size > 1000
    for name in ("Dockerfile", "fuzzing.txt", "figures/legend.svg"):
        assert (site.folder / name).read_bytes() == (DOCS / name).read_bytes()


def loaded(path: Path) -> list[str]:
    """Addresses that a file of the site loads."""
    text = path.read_text("utf-8")
    if path.suffix == ".css":
        return addresses_of_style(text)
    if path.suffix == ".svg":
        return re.findall(r"(?:href|src)\s*=\s*[\"']([^\"']*)", text)
    loader = Loader()
    loader.feed(text)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
    return loader.loads + [
        item for style in styles for item in addresses_of_style(style)
    ]


def test_no_page_loads_from_the_network(site: Site) -> None:
    """Scripts, styles, fonts and pictures all lie in the site."""
    seen = 0
    for path in sorted(site.folder.rglob("*")):
        if path.suffix not in {".html", ".css", ".svg"}:
            continue
        for address in loaded(path):
            seen += 1
            assert not FOREIGN.match(address), (path, address)
            if (
                address
                and not address.startswith(("data:", "#"))
                and path.suffix != ".svg"
            ):
                inside = re.split(r"[?#]", address)[0]
                assert (path.parent / inside).exists(), (path, address)
    assert seen > 100
    for path in site.folder.rglob("*.js"):
        text = path.read_text("utf-8")
        loads = re.findall(r"(?:importScripts|fetch|import)\(\s*['\"]([^'\"]*)", text)
        loads += re.findall(r"\.src\s*=\s*['\"]([^'\"]*)", text)
        assert [item for item in loads if FOREIGN.match(item)] == []


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
        '<img src="http://example.org/a.png">',
        '<p style="background: url(https://example.org/a.png)">',
        "<style>@import 'https://example.org/a.css';</style>",
    ],
)
def test_loading_is_seen(tmp_path: Path, page: str) -> None:
    """The test itself: what it must find."""
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    assert any(FOREIGN.match(address) for address in loaded(path))


def test_broken_link_stops_the_build(tmp_path: Path) -> None:
    """Strict means: a link to nowhere, or to no such heading, is an error."""
    pytest.importorskip("mkdocs")
    settings = yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text("utf-8"))
    settings.update(nav=["index.md"], extra_css=[], hooks=[])
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    for text, status in (
        ("# Home\n\n[here](#home)\n", 0),
        ("# Home\n\n[nowhere](nowhere.md)\n", 1),
        ("# Home\n\n[no heading](#nowhere)\n", 1),
        ("# Home\n\n[outside](../mkdocs.yml)\n", 1),
    ):
        (tmp_path / "docs" / "index.md").write_text(text, encoding="utf-8")
        done = build(tmp_path / "site", tmp_path)
        assert done.returncode == status, (text, done.stderr)


def test_links_of_the_readme() -> None:
    """They lead to files of the repository."""
    links = re.findall(r"\]\(([^)\s]+)\)", TEXTS["README.md"])
    inside = [link.partition("#")[0] for link in links if "://" not in link]
    assert len(inside) > 10
    assert [link for link in inside if not (REPOSITORY / link).exists()] == []


# What the pages name.


def known_parsers() -> set[str]:
    """Names of parsers and plugins, and of presets."""
    found: set[str] = set()
    for name, parser in parsers_manager.ParsersManager._parser_classes.items():
        plugins = set(getattr(parser, "_plugin_classes", None) or ())
        found |= {name, *plugins, *(f"{name}/{plugin}" for plugin in plugins)}
    manager = presets.ParserPresetsManager()
    manager.ReadFromFile(str(Path(plaso.__file__).parent / "data" / "presets.yaml"))
    return found | set(manager._definitions)


@pytest.fixture(scope="module", name="parsers")
def fixture_parsers() -> set[str]:
    """Names that `--parsers` takes."""
    return known_parsers()


@by_page
def test_parsers_exist(name: str, parsers: set[str]) -> None:
    """Each parser that a page names."""
    text = TEXTS[name]
    labels = {
        value
        for key, value in vars(telegram_attribution).items()
        if key.startswith("LABEL_")
    }
    others = {
        "telegram_forensics",
        *(plugin for plugin, _ in analysis_manager.AnalysisPluginManager.GetPlugins()),
        *labels,
        # Words of a path, and beginnings that a page talks about.
        *("telegram_", "remote_access_"),
    }
    pattern = r"(?:(?:sqlite|winreg|text)/)?(?:telegram|remote_access)_\w*|text/\w+"
    mentioned = {item for item in words(text) if re.fullmatch(pattern, item)}
    codes = set(re.findall(r"^\| ((?:`[\w.+]+`(?:, )?)+) \|", text, re.M))
    listed = {code for row in codes for code in re.findall(r"`([\w.+]+)`", row)}
    if name == "docs/event_data.md":
        # Codes of attribution_basis stand in the first column.
        mentioned -= listed
    assert mentioned - others - parsers == set()
    for tool in STOCK_TOOLS:
        for rest in uses(tool, text):
            for value in re.findall(r"--parsers[ =]([\w,!/*]+)", rest):
                assert set(value.replace("!", "").split(",")) <= parsers, rest


def known_data_types() -> set[str]:
    """Ours and plaso's."""
    data = Path(plaso.__file__).parent / "data"
    found = {item.data_type for item in definitions.read_timeliner_definitions()}
    for path in (data / "timeliner.yaml", *(data / "formatters").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            if document and "data_type" in document:
                found.add(document["data_type"])
    return found


@pytest.fixture(scope="module", name="data_types")
def fixture_data_types() -> set[str]:
    """Data types of events."""
    return known_data_types()


@by_page
def test_data_types_exist(name: str, data_types: set[str]) -> None:
    """Each data type that a page names, in filters too."""
    starts = {data_type.partition(":")[0] for data_type in data_types} - {"gid", "id"}
    mentioned = {
        item
        for item in words(TEXTS[name])
        if re.fullmatch(r"[a-z_0-9]+(:[a-z_0-9]+)+", item)
        and item.partition(":")[0] in starts
    }
    mentioned |= set(re.findall(r"data_type is (?:not )?'([^']*)'", TEXTS[name]))
    assert mentioned - data_types == set()


def test_attributes_of_filters_exist() -> None:
    """A misspelt attribute in a filter would match nothing, without a word.

    tests/test_definitions.py compares the rows of docs/event_data.md with the classes.
    """
    known = PSORT_NAMES | set(
        re.findall(r"^\| `(\w+)` \| \w", TEXTS["docs/event_data.md"], re.M)
    )
    seen = 0
    operators = r"(?:is not|is|contains|==|<|>)"
    for name, text in TEXTS.items():
        for piece in pieces(text):
            is_filter = re.search(rf"\b\w+ {operators} (?:'|1\b|DATETIME)", piece)
            if is_filter and "SELECT" not in piece:
                found = re.findall(rf"\b(\w+) {operators} (?:'|1\b|DATETIME)", piece)
                assert set(found) - known == set(), (name, piece)
                seen += len(found)
            for fields in re.findall(r"--fields ([\w,]+)", piece):
                assert set(fields.split(",")) - known == set(), (name, fields)
                seen += 1
    assert seen > 40


def options_of(text: str) -> set[str]:
    """Options that a help text names."""
    return set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", text))


def help_of(arguments: list[str]) -> str:
    """What `telegram-forensics ... --help` prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--help"])
    assert ended.value.code == 0
    return output.getvalue()


@pytest.fixture(scope="module", name="stock_options")
def fixture_stock_options() -> dict[str, set[str]]:
    """Options of the stock tools, ours among them."""
    folder = Path(sys.executable).parent
    running = {
        tool: subprocess.Popen(
            # An option of an analysis plugin is shown if that is chosen.
            [
                folder / tool,
                *(("--analysis", "telegram_attribution") if tool == "psort" else ()),
                "--help",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for tool in STOCK_TOOLS
    }
    return {tool: options_of(done.communicate()[0]) for tool, done in running.items()}


def test_options_of_stock_tools_exist(stock_options: dict[str, set[str]]) -> None:
    """Every `log2timeline --...` of the pages."""
    assert "--telegram_passcodes" in stock_options["log2timeline"]
    assert "--telegram_case" in stock_options["psort"]
    seen = 0
    for name, text in TEXTS.items():
        for tool in STOCK_TOOLS:
            for rest in uses(tool, text):
                # A filter in quotes is no option.
                plain = re.sub(r"\"[^\"]*\"|'[^']*'", "", rest)
                options = options_of(plain)
                seen += len(options)
                assert options - stock_options[tool] == set(), (name, tool, rest)
        known = set().union(*stock_options.values())
        alone = {
            item.split("=")[0]
            for item in words(text)
            if re.fullmatch(r"--[a-z]+_[a-z_]+(=.*)?", item)
        }
        assert alone - known == set(), name
    assert seen > 60


def test_options_of_our_commands_exist() -> None:
    """Every `telegram-forensics ...` of the pages."""
    main = set(re.findall(r"^    ([a-z0-9]+)(?: |$)", help_of([]), re.M))
    assert {"aff4", "extract", "info", "report", "show", "timesketch"} <= main
    helps: dict[tuple[str, ...], set[str]] = {}
    seen = 0
    for name, text in TEXTS.items():
        for rest in uses("telegram-forensics", text):
            arguments = rest.split()
            if not arguments or arguments[0].startswith((">", "…", "...")):
                continue
            if arguments[0].startswith("-"):
                assert arguments[0] in options_of(help_of([])), (name, rest)
                continue
            if not re.fullmatch(r"[a-z0-9]+", arguments[0]):
                continue
            key = tuple(arguments[: 2 if arguments[0] == "aff4" else 1])
            if key == ("aff4",):
                continue
            assert key[0] in main, (name, rest)
            if key not in helps:
                helps[key] = options_of(help_of(list(key)))
            plain = re.sub(r"\"[^\"]*\"|'[^']*'", "", rest)
            assert options_of(plain) - helps[key] == set(), (name, rest)
            seen += 1
    assert seen > 20
    options = set(re.findall(r"^\| (.*?) \|", TEXTS["docs/report.md"], re.M))
    described = {option for row in options for option in options_of(row)}
    assert {"--case", "--json", "--csv", "--xlsx", "--quiet", "-o"} <= described
    assert described <= helps["report",] | {"--json"}


@by_page
def test_definitions_exist(name: str) -> None:
    """Artifact definitions, filter files, rules, targets of make."""
    text = TEXTS[name]
    folder = REPOSITORY / "telegram_forensics" / "data"
    artifacts = {
        document["name"]
        for path in (folder / "artifacts").glob("*.yaml")
        for document in yaml.safe_load_all(path.read_text("utf-8"))
    }
    for piece in pieces(text):
        for value in re.findall(r"--artifact_filters ([\w,]+)", piece):
            assert set(value.split(",")) <= artifacts, piece
    mentioned = {
        item
        for item in words(text)
        if re.fullmatch(r"(?:Telegram|RemoteAccess)[A-Z]\w+", item)
    }
    # The analyzers' and classes' names of the pages for developers.
    assert {item for item in mentioned if item not in artifacts} <= {
        "TelegramEventData",
        "TelegramDesktop",
    }
    filters = {path.name for path in (folder / "filters").iterdir()}
    named = set(re.findall(r"`((?:telegram|remote_access)_\w+\.yaml)`", text))
    assert named - filters <= {"telegram_formatters.yaml", "telegram_tags.yaml"}
    rules = {key.removeprefix("rule.") for key in ENGLISH if key.startswith("rule.TF-")}
    assert set(re.findall(r"\bTF-\d{3}\b", text)) <= rules
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    asked = {
        line.split()[1] for line in commands(text) if re.match(r"make [a-z]", line)
    }
    assert asked <= targets


@by_page
def test_paths_exist(name: str) -> None:
    """Files of the repository that a page names; no place on somebody's machine."""
    text = TEXTS[name]
    folders = (
        "telegram_forensics|parsers|formatters|formats|tests|benchmarks|tools|docs"
    )
    pattern = rf"(?:{folders}|test_data|build_backend)/[\w./-]+"
    for item in words(text):
        if re.fullmatch(pattern, item):
            places = (REPOSITORY, REPOSITORY / "telegram_forensics")
            found = any(
                (place / item).exists() or (place / f"{item}.py").exists()
                for place in places
            )
            assert found, item
    assert not re.search(r"/(?:tmp|root|work|home/(?!marta|guest7))\b/?\w", text)


def test_hooks_of_the_architecture() -> None:
    """The table of hooked modules is the one of the program."""
    text = TEXTS["docs/architecture.md"]
    table = text.split("| module | what is done |")[1].split("\n\n")[0]
    first = re.findall(r"^\| (`.*?) \|", table, re.M)
    found = [module for row in first for module in re.findall(r"`([\w.]+)`", row)]
    assert sorted(found) == sorted(autoload.HOOKS)


def test_data_types_have_the_prefixes_of_ours() -> None:
    """What is checked above knows our data types at all."""
    ours = {
        item
        for item in known_data_types()
        if item.startswith(definitions.DATA_TYPE_PREFIXES)
    }
    assert "telegram:session" in ours
    assert "remote_access:event" in ours


@pytest.mark.parametrize(
    ("words_of_a_page", "check"),
    [
        ("`telegram_nothing`", test_parsers_exist),
        ("    log2timeline --parsers telegram,nothing x", test_parsers_exist),
        ("`telegram:nothing`", test_data_types_exist),
        ("| x | `data_type is 'nothing'` |", test_data_types_exist),
        ("| x | `nothing is 'x'` |", test_attributes_of_filters_exist),
        (
            "```\n$ psort --fields datetime,nothing x\n```",
            test_attributes_of_filters_exist,
        ),
        ("`log2timeline --nothing x`", test_options_of_stock_tools_exist),
        ("`telegram-forensics nothing`", test_options_of_our_commands_exist),
        ("    telegram-forensics report x --no", test_options_of_our_commands_exist),
        ("`TelegramNothing`", test_definitions_exist),
        ("TF-999", test_definitions_exist),
        ("    make nothing", test_definitions_exist),
        ("`tests/nothing.py`", test_paths_exist),
    ],
)
def test_wrong_names_are_seen(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    words_of_a_page: str,
    check: Callable[..., None],
) -> None:
    """The tests themselves: what they must find."""
    name = "docs/index.md"
    arguments = {
        key: name if key == "name" else request.getfixturevalue(key)
        for key in inspect.signature(check).parameters
    }
    check(**arguments)
    monkeypatch.setitem(TEXTS, name, f"{TEXTS[name]}\n\n{words_of_a_page}\n")
    with pytest.raises(AssertionError):
        check(**arguments)


# The figures.


def test_figures_are_small_and_still() -> None:
    """Less than 200 KB together; pictures without scripts."""
    files = {path.name: path.read_text("utf-8") for path in FIGURES.iterdir()}
    wanted = {*make_figures.PICTURES, make_figures.LEGEND, make_figures.REPORT}
    assert set(files) == wanted
    assert sum(len(text.encode("utf-8")) for text in files.values()) < 200_000
    for name, text in files.items():
        if name.endswith(".svg"):
            assert "<script" not in text
            assert "href" not in text
            assert 'xmlns="http://www.w3.org/2000/svg"' in text
    assert files[make_figures.LEGEND] == make_figures.draw_legend()


@pytest.mark.slow
def test_figures_are_those_of_today(tmp_path: Path) -> None:
    """python -m tools.make_figures would draw the same pictures."""
    attribution = make_figures.judge(make_figures.read_evidence(tmp_path))
    for name, text in make_figures.draw_pictures(attribution).items():
        assert (FIGURES / name).read_text("utf-8") == text, name
    page = (FIGURES / make_figures.REPORT).read_text("utf-8")
    for finding in attribution.findings:
        assert finding.statement in page
