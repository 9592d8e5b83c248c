"""Words in a picture, in the one font that is there on every machine: Pillow's own.

That font has hardly a letter outside English. An accented one is the plain letter with its accent drawn here, for
Welsh, Polish and most of what is written in Latin letters. What cannot be drawn is never drawn as something else:
`drawable` says so, and the picture then says where the words stand.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont
Lines = tuple[tuple[tuple[float, float], ...], ...]
INK, PAPER = 0, 255
FINER = 4  # accents are drawn so much larger and then made smaller: their edges are smooth
WEIGHT = 0.085  # of a line, in parts of the font's size, as are all places below

# From the middle of the letter's top, upwards.
ABOVE: dict[str, Lines] = {
    "\u0300": (((-0.11, 0.22), (0.05, 0.10)),),  # grave
    "\u0301": (((0.11, 0.22), (-0.05, 0.10)),),  # acute
    "\u0302": (((-0.15, 0.09), (0.0, 0.21), (0.15, 0.09)),),  # circumflex
    "\u0303": (((-0.17, 0.11), (-0.09, 0.17), (0.0, 0.14), (0.09, 0.11), (0.17, 0.17)),),  # tilde
    "\u0304": (((-0.14, 0.13), (0.14, 0.13)),),  # macron
    "\u0306": (((-0.14, 0.20), (-0.08, 0.12), (0.0, 0.10), (0.08, 0.12), (0.14, 0.20)),),  # breve
    "\u0307": (((0.0, 0.14), (0.0, 0.15)),),  # dot
    "\u0308": (((-0.11, 0.14), (-0.11, 0.15)), ((0.11, 0.14), (0.11, 0.15))),  # diaeresis
    "\u030a": (((0.0, 0.07), (0.08, 0.11), (0.08, 0.19), (0.0, 0.23), (-0.08, 0.19), (-0.08, 0.11), (0.0, 0.07)),),
    "\u030b": (((-0.03, 0.22), (-0.14, 0.10)), ((0.17, 0.22), (0.06, 0.10))),  # double acute
    "\u030c": (((-0.15, 0.21), (0.0, 0.09), (0.15, 0.21)),),  # caron
}
# From the middle of the line that letters stand on, upwards.
BELOW: dict[str, Lines] = {
    "\u0323": (((0.0, -0.11), (0.0, -0.12)),),  # dot
    "\u0326": (((0.01, -0.09), (-0.04, -0.18)),),  # comma
    "\u0327": (((0.0, 0.0), (0.0, -0.07), (0.07, -0.12), (0.05, -0.18), (-0.06, -0.19)),),  # cedilla
    "\u0328": (((0.14, 0.02), (0.07, -0.07), (0.08, -0.15), (0.18, -0.15)),),  # ogonek
}
ACROSS: dict[str, tuple[str, Lines]] = {
    "ł": ("l", (((-0.13, 0.29), (0.13, 0.45)),)),
    "Ł": ("L", (((-0.30, 0.26), (0.06, 0.46)),)),
    "ø": ("o", (((-0.22, 0.0), (0.22, 0.55)),)),
    "Ø": ("O", (((-0.30, -0.02), (0.30, 0.74)),)),
    "đ": ("d", (((0.02, 0.62), (0.32, 0.62)),)),
    "Đ": ("D", (((-0.38, 0.36), (0.0, 0.36)),)),
    "£": ("L", (((-0.19, 0.6), (-0.1, 0.69), (0.02, 0.7), (0.13, 0.64), (0.16, 0.55)), ((-0.3, 0.36), (0.08, 0.36)))),
    "€": ("C", (((-0.36, 0.43), (0.10, 0.43)), ((-0.36, 0.29), (0.10, 0.29)))),
}
SPELLED = {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "\u00ad": ""} | dict.fromkeys("‐‑‒–—−", "-")
STANDING = BELOW | {sign: lines for sign, (_, lines) in ACROSS.items()}


@cache
def font_of(size: int) -> Font:
    """With the same spacing everywhere: the finer layout engine is not on every machine."""
    font = ImageFont.load_default(size)
    if not isinstance(font, Font):
        raise RuntimeError("Pillow was built without FreeType.")
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def drawable(words: str) -> bool:
    return None not in map(_letter, unicodedata.normalize("NFC", words))


@lru_cache(4096)
def width(words: str, font: Font) -> float:
    return float(font.getlength("".join(letter for letter, _ in _letters(words))))


@lru_cache(512)  # months and small figures come again and again
def strip(words: str, font: Font) -> Image.Image:
    """Drawable words in ink on a grey picture, one line high."""
    letters, deep = _letters(words), sum(font.getmetrics())
    image = Image.new("L", (round(width(words, font)) + round(font.size / 2), deep), PAPER)
    ImageDraw.Draw(image).text((0, 0), "".join(letter for letter, _ in letters), INK, font)
    before = ""
    for letter, accents in letters:
        before += letter
        for accent in accents:
            _draw_accent(image, font.getlength(before) - font.getlength(letter), letter, accent, font)
    return image


def _letters(words: str) -> list[tuple[str, str]]:
    """Letters of the font, each with the accents on it."""
    return [pair for sign in unicodedata.normalize("NFC", words) for pair in _letter(sign) or ()]


@cache
def _letter(sign: str) -> tuple[tuple[str, str], ...] | None:
    """What to draw for a character: mostly a letter and its accents. None when nothing looks like it."""
    if sign.isspace():
        return ((" ", ""),)
    if sign in ACROSS:
        return ((ACROSS[sign][0], sign),)
    if sign in SPELLED:
        return tuple((letter, "") for letter in SPELLED[sign])
    if _in_font(sign):
        return ((sign, ""),)
    parts = unicodedata.normalize("NFD", sign)
    letter, accents = parts[0], parts[1:]
    if _in_font(letter) and accents and all(accent in ABOVE or accent in BELOW for accent in accents):
        return ((letter, accents),)
    return None


@cache
def _in_font(sign: str) -> bool:
    """All that the font lacks has one and the same picture."""
    font = font_of(20)
    picture = font.getmask(sign)
    return picture.getbbox() is not None and bytes(picture) != bytes(font.getmask("\uffff"))


def _draw_accent(image: Image.Image, start: float, letter: str, accent: str, font: Font) -> None:
    first, last, highest = _ink(letter, font)
    line = font.getmetrics()[0]
    if accent in ABOVE and letter in "ij":  # the accent stands where the dot was
        stem = _ink("x", font)[2]
        ImageDraw.Draw(image).rectangle((start + first, highest, start + last, stem - 2), PAPER)
        highest = stem
    picture, middle, foot = _accent(accent, round(font.size))
    place = (round(start + (first + last) / 2 - middle), round((highest if accent in ABOVE else line) - foot))
    image.paste(INK, place, picture)


@cache
def _ink(letter: str, font: Font) -> tuple[float, float, float]:
    """Where the letter itself begins and ends, and how far below the top of the line."""
    mask, (left, top) = font.getmask2(letter, "L")
    box = mask.getbbox() or (0, 0, 0, 0)
    return left + box[0], left + box[2], top + box[1]


@cache
def _accent(accent: str, size: int) -> tuple[Image.Image, float, float]:
    """A picture of the accent alone, and the place in it that belongs to the middle of the letter."""
    scale, side = size * FINER, 2 * size * FINER
    picture = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(picture)
    radius = WEIGHT * scale / 2
    for points in ABOVE.get(accent) or STANDING[accent]:
        spots = [(side / 2 + x * scale, side / 2 - y * scale) for x, y in points]
        pen.line(spots, 255, round(2 * radius), joint="curve")
        for x, y in (spots[0], spots[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    return picture.reduce(FINER), size, size
