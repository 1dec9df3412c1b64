"""Start-up cost of the autoload hook for a process that has nothing to do with it.

Times what the .pth line does, inside fresh processes. Target: under 2 ms.

    python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys

import results

ROUNDS = 40
INSIDE = """
import sys, time
for name in [n for n in sys.modules if n.startswith("telegram_forensics")]:
    del sys.modules[name]
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "_Finder"]
start = time.perf_counter()
import telegram_forensics.autoload
telegram_forensics.autoload.arm()
print((time.perf_counter() - start) * 1000)
"""
IMPORTS = """
import time
start = time.perf_counter()
import json, http.client, email.message, xml.dom.minidom, unittest, sqlite3
print((time.perf_counter() - start) * 1000)
"""


def measure(code: str, environment: dict[str, str] | None = None) -> float:
    """Median of what the code prints, in milliseconds."""
    values = []
    for _ in range(ROUNDS):
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        values.append(float(result.stdout))
    return statistics.median(values)


def main() -> None:
    """Prints the figures."""
    print(f"import and arm the hook:        {measure(INSIDE):6.2f} ms (target: < 2)")
    results.record("import and hook", measure(INSIDE), 2, "ms", is_limit=True)
    with_hook = measure(IMPORTS)
    print(f"a hundred unrelated imports:    {with_hook:6.2f} ms with the hook armed")


if __name__ == "__main__":
    main()
