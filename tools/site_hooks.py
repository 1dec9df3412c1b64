"""What mkdocs asks while it builds the documentation (`hooks` in mkdocs.yml)."""

from __future__ import annotations

from typing import Any


def on_post_template(output: str, template_name: str, **_: Any) -> str:
    """Leaves the page for wrong addresses out: only a web server would show it.

    Without the address of a site its search form would lead to another computer.
    """
    return "" if template_name == "404.html" else output
