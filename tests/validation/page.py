"""The results as one HTML page that loads nothing.

Style and handling of hidden characters are those of the attribution report.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

import telegram_forensics.report
from telegram_forensics.report.visible import show_html
from tests.validation import assertions, attribution, markdown
from tests.validation.document import ORIGINS, Validation, versions
from tests.validation.sources import KINDS

# More stand in the JSON report.
MAXIMUM_ITEMS: Final = 200
_STYLE: Final = (
    Path(telegram_forensics.report.__file__).parent / "templates" / "style.css"
)


def _finalize(value: Any) -> Any:
    """Makes hidden characters visible; Jinja2 escapes behind it."""
    if value is None:
        return "-"
    return show_html(value) if type(value) is str else value


def render(validation: Validation) -> str:
    """The page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = markdown.percent
    style = _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    totals = [
        (origin, kind, total)
        for origin in ORIGINS
        for kind in KINDS
        if (total := validation.total(kind, origin)) is not None
    ]
    problems = [
        (result.source, kind, problem)
        for result in validation.read
        for kind, outcome in result.outcomes.items()
        for problem in outcome.problems
    ]
    stores = dict.fromkeys(item.store for item in validation.recovery)
    return environment.get_template("page.html.j2").render(
        validation=validation,
        versions=versions(),
        warning=markdown.WARNING,
        totals=totals,
        problems=problems,
        shown=problems[:MAXIMUM_ITEMS],
        assertions=assertions.judge(validation),
        by_grade=attribution.by_grade(validation.counter_cases),
        attributes={
            origin: validation.attributes(origin) for origin in validation.claims
        },
        recovery={
            name: [item for item in validation.recovery if item.store == name]
            for name in stores
        },
        recovery_head=markdown.RECOVERY_HEAD,
        recovery_rows=markdown.recovery_rows,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'",
        # It is ours; a marked text is not escaped.
        style=Markup(style),
    )
