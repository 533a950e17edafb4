"""The colours of a collective's pages: one colour is chosen, what is readable on it is computed.

A theme is a style sheet of a few lines under an address that names the colour, so it may be kept for ever.
Pure.
"""

import re
from typing import Final

#: Raised whenever the same colour gives another style sheet: addresses are kept for ever.
RELEASE: Final = 1
#: The grounds of the style sheet, light and dark, and the contrast that words need on them (WCAG AA).
_PAPER: Final = (0xFD, 0xFD, 0xFB)
_NIGHT: Final = (0x14, 0x15, 0x18)
_CONTRAST: Final = 4.5
_STEPS: Final = 40
_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_PATH = re.compile(rf"/theme-([0-9a-f]{{6}})-{RELEASE}\.css")

Colour = tuple[int, int, int]


def path_of(accent: str | None) -> str:
    """Return the address of the theme for a colour #rrggbb; empty for none."""
    return f"/theme-{accent.removeprefix('#')}-{RELEASE}.css" if accent else ""


def colour_of(path: str) -> str | None:
    """Return the colour rrggbb that the address of a theme names, if it is one."""
    found = _PATH.fullmatch(path)
    return found[1] if found else None


def style_sheet(accent: str) -> str:
    """Return the rules for a colour rrggbb."""
    chosen = _parse(accent)
    by_day, by_night = readable_on(_PAPER, chosen), readable_on(_NIGHT, chosen)
    return (
        f":root {{ --flag: {_written(chosen)}; {_rules(by_day)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_rules(by_night)} }} }}\n"
        "@media print { :root { --accent: #000; --on-accent: #fff; } }\n"
    )


def readable_on(ground: Colour, colour: Colour) -> Colour:
    """Return the colour, made darker or lighter until words in it can be read on the ground."""
    target = _BLACK if _luminance(ground) > 0.5 else _WHITE
    for step in range(_STEPS + 1):
        mixed = _mix(colour, target, step / _STEPS)
        if contrast(mixed, ground) >= _CONTRAST:
            return mixed
    return target


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21. Spec: WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _rules(accent: Colour) -> str:
    words = max((_WHITE, _NIGHT), key=lambda colour: contrast(colour, accent))
    return f"--accent: {_written(accent)}; --on-accent: {_written(words)};"


def _luminance(colour: Colour) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mix(colour: Colour, target: Colour, share: float) -> Colour:
    red, green, blue = (round(own + (other - own) * share) for own, other in zip(colour, target, strict=True))
    return red, green, blue


def _parse(colour: str) -> Colour:
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def _written(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
