"""What a benchmark hands to `run_all.py`: one line for each figure with a target."""

from __future__ import annotations

import json
import os

VARIABLE = "TELEGRAM_FORENSICS_BENCHMARK_RESULTS"


def record(
    what: str, value: float, target: float, unit: str = "", *, is_limit: bool = False
) -> None:
    """Notes a figure, if a run of all benchmarks asks for it.

    Args:
        what: what was measured, and against what.
        value: the figure.
        target: what it is to reach.
        unit: of both; "" for a ratio.
        is_limit: True if smaller is better.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return
    line = {
        "what": what,
        "value": value,
        "target": target,
        "unit": unit,
        "is_limit": is_limit,
    }
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
