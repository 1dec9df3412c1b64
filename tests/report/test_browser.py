"""The page in a real browser: no error, no request, nothing of the evidence runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from telegram_forensics.report.html import render
from tests.report import cases
from tests.report.test_html import SPARED, hostile_case

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")


def browse(folder: Path, page: str, *options: str) -> tuple[str, str]:
    """Opens a page; returns what the browser prints, and its log."""
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update"),
            *("--enable-logging=stderr", "--v=0", "--disable-dev-shm-usage"),
            f"--user-data-dir={folder / 'profile'}",
            *options,
            path.as_uri(),
        ],
        capture_output=True,
        timeout=60,
        check=False,
    )
    log = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, log
    return done.stdout.decode("utf-8", "replace"), log


def requests(log: Path) -> list[str]:
    """Addresses that the browser asked for, by its network log."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [
        part.split('"', 1)[0]
        for part in text.split('"url":"')[1:]
        if not part.startswith(("file:", "data:", "chrome:", "about:"))
    ]


def test_what_the_logs_show(tmp_path: Path) -> None:
    """A page that does ask and does fail is seen to: the other tests would tell."""
    network = tmp_path / "network.json"
    page = (
        "<!DOCTYPE html><title>x</title><link rel=icon href=data:,>"
        "<img src=http://evil.example/x><script>throw new Error(1)</script>"
    )
    _, log = browse(tmp_path, page, "--dump-dom", f"--log-net-log={network}")
    assert "CONSOLE" in log
    assert any("evil.example" in url for url in requests(network))


def test_hostile_page_in_browser(tmp_path: Path) -> None:
    """Console, network and document after the scripts ran."""
    network = tmp_path / "network.json"
    document, log = browse(
        tmp_path,
        render(hostile_case(SPARED), "uk"),
        "--dump-dom",
        f"--log-net-log={network}",
    )
    assert "CONSOLE" not in log
    assert not [url for url in requests(network) if "evil" in url or "e.example" in url]
    assert "&lt;script&gt;alert(1)" in document
    assert document.count("<script") == 1
    # The script of the page has run: it shows the tools that need it.
    assert '<div class="tools">' in document


def test_page_in_browser(tmp_path: Path) -> None:
    """The page is drawn: its head is dark, the box of the answer is marked."""
    picture = tmp_path / "page.png"
    _, log = browse(
        tmp_path,
        render(cases.make_case()),
        f"--screenshot={picture}",
        "--window-size=1300,900",
        "--hide-scrollbars",
    )
    assert "CONSOLE" not in log
    with Image.open(picture) as image:
        pixels = image.convert("RGB")
        assert pixels.size == (1300, 900)
        assert pixels.getpixel((700, 10)) == (0x24, 0x34, 0x4D)
        colours = {color for _, color in pixels.getcolors(1_000_000) or []}
    assert (0xC0, 0x4A, 0x00) in colours


CHOICES = """
function set(name, value) {
  var field = document.querySelector('[data-choose="' + name + '"]');
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
}
function left() {
  return document.querySelectorAll("[data-start]:not(.left-out)").length;
}
var seen = [left()];
set("account", "6000000001"); seen.push(left());
set("chat", "no such chat"); seen.push(left());
set("chat", ""); set("from", "2030-01-01"); seen.push(left());
set("from", ""); set("to", "1990-01-01"); seen.push(left());
var note = document.querySelector(".chooser output").textContent;
document.querySelector(".chooser button").click(); seen.push(left());
document.title = JSON.stringify({seen: seen, note: note});
"""


def test_filter_in_browser(tmp_path: Path) -> None:
    """By account, chat and date; what is hidden is counted, and comes back."""
    page = render(cases.make_case())
    policy = page.index("script-src")
    page = (
        page[:policy]
        + "script-src 'unsafe-inline'"
        + page[page.index("; img-src", policy) :]
    )
    page = page.replace("</body>", f"<script>{CHOICES}</script></body>")
    document, log = browse(tmp_path, page, "--dump-dom")
    assert "CONSOLE" not in log
    title = document[document.index("<title>") + 7 : document.index("</title>")]
    result = json.loads(title)
    everything, account, chat, later, earlier, again = result["seen"]
    assert everything == again
    assert everything >= account > chat > 0
    assert everything > later and everything > earlier
    assert f": {everything - earlier}" in result["note"] or (
        f" {everything - earlier} " in result["note"]
    )
