"""All benchmarks, one after the other, into one table.

Writes bench.md and bench.json into a folder: every figure that has a target, with the
target and the ratio of both (1.00 or more: met). Figures are ratios to a peer, or to
plaso's own parser, of the same run wherever there is one; the others depend on the
machine, which is named on top.

    python benchmarks/run_all.py [--quick] [-o FOLDER] [NAME ...]

`--quick` takes sizes that end within some minutes; such a table shows that everything
runs, not how fast it is.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from results import VARIABLE

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True)
class Benchmark:
    """A script.

    Attributes:
        name: of its file.
        title: what it is about.
        arguments: of a full run.
        quick: arguments of a quick run.
    """

    name: str
    title: str
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


BENCHMARKS = (
    Benchmark("startup", "cost for processes without plaso"),
    Benchmark(
        "parser_overhead", "cost for evidence without Telegram", (), ("300", "1")
    ),
    Benchmark("passcodes", "passcodes of Telegram Desktop"),
    Benchmark("aff4", "AFF4", (), ("24", "1")),
    Benchmark("export", "exports of Telegram Desktop", (), ("2000", "1")),
    Benchmark("tl_reader", "objects of Telegram's schema"),
    Benchmark("android_database", "database of Android", (), ("2000", "1")),
    Benchmark("report", "report", (), ("100000", "10000")),
    Benchmark("browser_storage", "storage of browsers", (), ("10000",)),
    Benchmark("browser_profile", "state of Telegram Web A", (), ("2000",)),
    Benchmark("sqlcipher", "encrypted databases", (), ("20",)),
    Benchmark("apple_database", "databases of iOS and macOS", ("100000",), ("2000",)),
    Benchmark("memory", "memory of a worker", ("256",), ("8",)),
    Benchmark("targeted_collection", "targeted collection", ("200000",), ("1000",)),
)


def run(benchmark: Benchmark, is_quick: bool, folder: pathlib.Path) -> dict[str, Any]:
    """Runs one; its figures, its output, and whether it ended well."""
    lines = folder / f"{benchmark.name}.jsonl"
    lines.unlink(missing_ok=True)
    begin = time.monotonic()
    result = subprocess.run(
        [
            sys.executable,
            str(HERE / f"{benchmark.name}.py"),
            *(benchmark.quick if is_quick else benchmark.arguments),
        ],
        env={**os.environ, VARIABLE: str(lines), "PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    figures = []
    if lines.exists():
        figures = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        lines.unlink()
    return {
        "name": benchmark.name,
        "title": benchmark.title,
        "seconds": round(time.monotonic() - begin, 1),
        "status": result.returncode,
        "output": result.stdout,
        "figures": figures,
    }


def ratio_of(figure: dict[str, Any]) -> float:
    """How far beyond its target a figure is: 1 or more is met."""
    value, target = figure["value"], figure["target"]
    if figure["is_limit"]:
        return float(target / value) if value > 0 else float("inf")
    return float(value / target)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    processor = platform.processor()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "minutes"),
        "processor": processor or platform.machine(),
        "cores": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "plaso": metadata.version("plaso"),
        "telegram_forensics": metadata.version("telegram_forensics"),
    }


def table(results: list[dict[str, Any]], about: dict[str, Any], is_quick: bool) -> str:
    """The table as Markdown."""
    lines = ["# Benchmarks", ""]
    if is_quick:
        lines += ["Quick run: small sizes, no statement about speed.", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    lines += [
        "",
        "| about | measured | value | target | ratio | met |",
        "|---|---|---|---|---|---|",
    ]
    for result in results:
        for figure in result["figures"]:
            ratio, sign = ratio_of(figure), "<" if figure["is_limit"] else ">="
            unit = f" {figure['unit']}" if figure["unit"] else ""
            value = f"{figure['value']:.4g}{unit}"
            lines.append(
                f"| {result['title']} | {figure['what']} | {value} |"
                f" {sign} {figure['target']:g}{unit} | {ratio:.2f} |"
                f" {'yes' if ratio >= 1 else 'NO'} |"
            )
        if result["status"] or not result["figures"]:
            lines.append(
                f"| {result['title']} | {result['name']}.py ended with status"
                f" {result['status']} | | | | NO |"
            )
    taken = ", ".join(f"{item['name']} {item['seconds']:.0f}" for item in results)
    return "\n".join([*lines, "", f"Seconds: {taken}.", ""])


def main() -> int:
    """Writes the table; 1 if a benchmark failed or a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="of benchmarks; default: all")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("-o", "--output", type=pathlib.Path, default="out/bench")
    options = parser.parse_args()
    known = {benchmark.name for benchmark in BENCHMARKS}
    unknown = sorted(set(options.names) - known)
    if unknown:
        parser.error(
            f"no such benchmark: {', '.join(unknown)}; there are {sorted(known)}"
        )
    options.output.mkdir(parents=True, exist_ok=True)
    about, results = machine(), []
    for benchmark in BENCHMARKS:
        if options.names and benchmark.name not in options.names:
            continue
        print(f"{benchmark.name} ...", flush=True)
        results.append(run(benchmark, options.quick, options.output.resolve()))
        print(results[-1]["output"], flush=True)
        text = table(results, about, options.quick)
        (options.output / "bench.md").write_text(text, encoding="utf-8")
        content = {"machine": about, "is_quick": options.quick, "results": results}
        (options.output / "bench.json").write_text(
            json.dumps(content, indent=1), encoding="utf-8"
        )
    print(text)
    print(f"Written: {options.output / 'bench.md'}, {options.output / 'bench.json'}")
    figures = [figure for result in results for figure in result["figures"]]
    failed = any(result["status"] or not result["figures"] for result in results)
    return 1 if failed or any(ratio_of(figure) < 1 for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
