"""Signs of the picture: each kind has a colour and a shape of its own.

All are made with attributes of presentation: the page's security policy allows no
inline styles. Every text goes through Markup's formatting and is escaped there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from markupsafe import Markup

_Shape = Callable[[float, float, float], str]

COLOURS: Final = {
    "this_installation": "#1d5b9e",
    "no_local_trace": "#c04a00",
    "not_determinable": "#5b5b5b",
    "not_applicable": "#8a6d00",
    "origin_not_stored": "#5b5b5b",
    "received": "#9a9a9a",
    "direction_unknown": "#9a9a9a",
    "logins": "#8d1b3d",
    "codes": "#6a3d9a",
    "changes": "#4d4d4d",
    "exports": "#00695c",
    "clocks": "#b00020",
    "presence": "#2e7d32",
    "programs": "#c04a00",
    "created": "#1b5e20",
    "active": "#1b5e20",
    "ended": "#b00020",
}
_OTHER: Final = "#333333"


def number(value: float) -> str:
    """A coordinate, short and the same everywhere."""
    words = f"{value:.1f}"
    return words[:-2] if words.endswith(".0") else words


def _polygon(points: list[tuple[float, float]]) -> str:
    return (
        "M" + "L".join(f"{number(across)} {number(down)}" for across, down in points)
    ) + "z"


def _circle(x: float, y: float, r: float) -> str:
    return (
        f"M{number(x - r)} {number(y)}a{number(r)} {number(r)} 0 1 0 {number(2 * r)} 0"
        f"a{number(r)} {number(r)} 0 1 0 {number(-2 * r)} 0z"
    )


def _square(x: float, y: float, r: float) -> str:
    s = r * 0.85
    return _polygon([(x - s, y - s), (x + s, y - s), (x + s, y + s), (x - s, y + s)])


def _stroke(x: float, y: float, r: float) -> str:
    return f"M{number(x)} {number(y - r)}V{number(y + r)}"


def _plus(x: float, y: float, r: float) -> str:
    return f"M{number(x - r)} {number(y)}H{number(x + r)}" + _stroke(x, y, r)


def _cross(x: float, y: float, r: float) -> str:
    return (
        f"M{number(x - r)} {number(y - r)}L{number(x + r)} {number(y + r)}"
        f"M{number(x + r)} {number(y - r)}L{number(x - r)} {number(y + r)}"
    )


def _corners(*shares: tuple[float, float]) -> _Shape:
    """A polygon by its corners, in shares of the size."""
    return lambda x, y, r: _polygon(
        [(x + r * across, y + r * down) for across, down in shares]
    )


_SHAPES: Final[dict[str, _Shape]] = {
    "no_local_trace": _corners((0, -1), (1, 0), (0, 1), (-1, 0)),
    "not_determinable": _square,
    "exports": _square,
    "not_applicable": _corners((0, -1), (1, 0.8), (-1, 0.8)),
    "logins": _corners((-1, -0.8), (1, -0.8), (0, 1)),
    "received": _stroke,
    "direction_unknown": _stroke,
    "origin_not_stored": _plus,
    "presence": _plus,
    "programs": _corners((-1, -0.5), (0, -1), (1, -0.5), (0, 1)),
    "clocks": _corners((-1, -1), (1, -1), (-1, 1), (1, 1)),
    "codes": _corners(
        *((-1, 0), (-0.5, -0.87), (0.5, -0.87), (1, 0), (0.5, 0.87), (-0.5, 0.87))
    ),
    "created": _corners((0, -1), (1.3, 0), (0, 1)),
    "ended": _cross,
}


def _shape(kind: str, x: float, y: float, r: float) -> str:
    """Outline of a sign as SVG path data."""
    return _SHAPES.get(kind, _circle)(x, y, r)


_LINES: Final = frozenset(
    {"received", "direction_unknown", "origin_not_stored", "presence", "ended"}
)
_HOLLOW: Final = frozenset({"not_determinable", "not_applicable", "active"})


def draw(
    kind: str, x: float, y: float, r: float, gone: str = "", title: str = ""
) -> Markup:
    """A sign.

    Args:
        kind: key of COLOURS.
        gone: `all` if every record behind it was removed, recovered or overwritten
            (hollow and crossed), `some` if part of them was (a small cross above).
        title: words of the tooltip.
    """
    colour = COLOURS.get(kind, _OTHER)
    fill = colour
    width = 1.2
    if kind in _LINES:
        fill, width = "none", 1.8
    elif kind in _HOLLOW or gone == "all":
        fill, width = "#ffffff", 1.5
    words = Markup("<title>{}</title>").format(title) if title else Markup("")
    sign = Markup(
        '<path d="{}" fill="{}" stroke="{}" stroke-width="{}">{}</path>'
    ).format(_shape(kind, x, y, r), fill, colour, width, words)
    if gone:
        size = r + 1.5 if gone == "all" else 2.2
        down = y if gone == "all" else y - r - 0.5
        across = x if gone == "all" else x + r
        sign += Markup(
            '<path d="{}" fill="none" stroke="#000000" stroke-width="1.1">{}</path>'
        ).format(_shape("ended", across, down, size), words)
    return sign


def icon(kind: str, gone: str = "") -> Markup:
    """A sign on its own, for the legend."""
    return Markup(
        '<svg class="icon" width="20" height="16" viewBox="0 0 20 16" '
        'aria-hidden="true">{}</svg>'
    ).format(draw(kind, 10, 8, 5, gone))


def icon_of_band(kind: str) -> Markup:
    """A band on its own: `input`, `admitted`, `other`, `disputed`, `life` or `open`."""
    return Markup(
        '<svg class="icon" width="28" height="16" viewBox="0 0 28 16" '
        'aria-hidden="true">{}</svg>'
    ).format(draw_band(kind, 1, 2, 26, 12))


def draw_band(
    kind: str, x: float, y: float, width: float, height: float, title: str = ""
) -> Markup:
    """A stretch of time as a rectangle; hatched with lines where it was controlled."""
    words = Markup("<title>{}</title>").format(title) if title else Markup("")
    if kind in {"life", "open"}:
        middle = number(y + height / 2)
        return Markup(
            '<path d="M{} {}H{}" stroke="#1b5e20" stroke-width="{}" '
            'stroke-dasharray="{}" fill="none">{}</path>'
        ).format(
            number(x),
            middle,
            number(x + width),
            4 if kind == "life" else 1.5,
            "none" if kind == "life" else "3 3",
            words,
        )
    fill, stroke, opacity, dash = {
        "input": ("#d7263d", "#8d0f22", "0.3", "none"),
        "admitted": ("#9fb8d9", "#1d5b9e", "0.6", "5 2"),
        "other": ("#d9d9d9", "#5b5b5b", "0.6", "2 2"),
        "disputed": ("#ffe9a8", "#a67c00", "0.5", "4 3"),
    }[kind]
    band = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{}" '
        'stroke="{}" stroke-width="0.8" stroke-dasharray="{}">{}</rect>'
    ).format(
        number(x),
        number(y),
        number(width),
        number(height),
        fill,
        opacity,
        stroke,
        dash,
        words,
    )
    if kind == "input" and width > 3:
        band += _hatch(x, y, width, height, words)
    return band


def _hatch(x: float, y: float, width: float, height: float, words: Markup) -> Markup:
    """Slanted lines over a band: it shows without colour, too."""
    step = max(6.0, (width + height) / 120)
    data = []
    offset = step
    while offset < width + height:
        left = max(0.0, offset - height)
        right = min(width, offset)
        data.append(
            f"M{number(x + left)} {number(y + offset - left)}"
            f"L{number(x + right)} {number(y + offset - right)}"
        )
        offset += step
    return Markup(
        '<path d="{}" stroke="#8d0f22" stroke-width="0.7" fill="none">{}</path>'
    ).format("".join(data), words)
