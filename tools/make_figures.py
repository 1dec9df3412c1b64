"""Makes docs/figures: pictures of the model case, the legend, and its whole report.

python -m tools.make_figures [-o FOLDER]

The pictures are those that `telegram-forensics report` draws, as files of their own.
The same evidence gives the same pictures; the report has the SHA-256 of the storage
files and the times of the runs in it, which differ each time.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from markupsafe import Markup

from telegram_forensics.attribution.case import read_case
from telegram_forensics.attribution.engine import Attribution, attribute
from telegram_forensics.report import glyphs, html, ingest, lanes, view
from telegram_forensics.report.picture import Picture
from telegram_forensics.report.texts import Texts
from telegram_forensics.report.times import Clock

REPOSITORY: Final = Path(__file__).resolve().parents[1]
CASE: Final = REPOSITORY / "test_data" / "case"
IMAGES: Final = ("telephone.aff4", "office.E01")
REPORT: Final = "model_case_report.html"
# In the order of the report: the whole time, the disputed period, a finding's time.
PICTURES: Final = ("model_case.svg", "model_case_period.svg", "model_case_finding.svg")
LEGEND: Final = "legend.svg"
_SPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
_ROW: Final = 22
_WIDTH: Final = 760
# Under its bare name: the report shows command lines, and the path of the program would
# tell of the computer on which the figures were made.
_LOG2TIMELINE: Final = (
    "import sys; sys.argv[0] = 'log2timeline'; "
    "from plaso.scripts import log2timeline; sys.exit(log2timeline.Main())"
)


def read_evidence(folder: Path) -> list[Path]:
    """Runs log2timeline over the images of the model case.

    Args:
        folder: where images and storage files may lie.
    """
    storages = []
    for name in IMAGES:
        shutil.copy(CASE / name, folder / name)
        storage = folder / f"{name}.plaso"
        subprocess.run(
            [
                sys.executable,
                "-c",
                _LOG2TIMELINE,
                "--quiet",
                "--unattended",
                "--single_process",
                "--status_view=none",
                f"--logfile={name}.log.gz",
                f"--storage-file={storage.name}",
                name,
            ],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        storages.append(storage)
    return storages


def judge(storages: Sequence[Path]) -> Attribution:
    """What the report says of the model case."""
    case = read_case(CASE / "case.yaml")
    return attribute(ingest.collect([str(path) for path in storages]), case)


def draw_pictures(attribution: Attribution) -> dict[str, str]:
    """The pictures of the report, by the name of the file."""
    texts = Texts("en")
    clock = Clock(attribution.case.time_zone)
    chart = lanes.make_chart(attribution, texts, {})
    ranges = view.make_ranges(attribution, chart, texts)
    return {
        name: _alone(Picture(chart, attribution.case, texts, clock, limits).draw())
        for name, limits in zip(PICTURES, ranges, strict=True)
    }


def draw_legend() -> str:
    """Every sign and band that a picture can have, with its meaning."""
    texts = Texts("en")
    kinds = (*lanes.MESSAGE_KINDS, *lanes.EVENT_KINDS, "created", "active", "ended")
    rows = [(glyphs.draw(kind, 18, 8, 5), texts(f"legend.{kind}")) for kind in kinds]
    gone = glyphs.draw("no_local_trace", 18, 8, 5, "all")
    rows.append((gone, texts("legend.gone")))
    for kind in ("life", "open", "input", "admitted", "other", "disputed"):
        rows.append((glyphs.draw_band(kind, 4, 2, 28, 12), texts(f"legend.{kind}")))
    height = _ROW * len(rows) + 6
    body = [
        Markup(
            '<g transform="translate(0 {})">{}<text x="44" y="12">{}</text></g>'
        ).format(4 + _ROW * place, sign, words)
        for place, (sign, words) in enumerate(rows)
    ]
    return str(
        Markup(
            '<svg {} width="{}" height="{}" viewBox="0 0 {} {}" '
            'font-family="sans-serif" font-size="12">{}</svg>\n'
        ).format(Markup(_SPACE), _WIDTH, height, _WIDTH, height, Markup("").join(body))
    )


def _alone(picture: Markup) -> str:
    """A picture as a file: with its name space, without links into the page."""
    text = re.sub(r'<a href="#[^"]*">(.*?)</a>', r"\1", str(picture), flags=re.S)
    return text.replace("<svg ", f"<svg {_SPACE} ", 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "-o", "--output", type=Path, default=REPOSITORY / "docs" / "figures"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        attribution = judge(read_evidence(Path(folder)))
    files = {**draw_pictures(attribution), LEGEND: draw_legend()}
    files[REPORT] = html.render(attribution)
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (options.output / name).write_bytes(text.encode("utf-8"))
        print(f"{options.output / name}: {len(text.encode('utf-8'))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
