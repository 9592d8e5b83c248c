"""Words as the scan compares them: without accents, invisible letters, or letters that only look like others.

Each folded letter knows where it stood, so that what is found in the folded words is marked in the real ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

WALL = "\ufffc"  # stands for what was found already: belongs to no word, and nothing is found across it
APOSTROPHES = "'‘’‚‛ʹʻʼʽˈ′´`ˋ՚＇"
HYPHENS = "-‐‑‒–—―−﹘﹣－⁃"
INVISIBLE = "\u115f\u1160\u3164\uffa0\u034f"  # what Unicode does not count among its formatting letters
LETTERS = {
    letter: plain_letters
    for letter, plain_letters in zip(
        "øłđħŧıðþæœŋɑɡɩʋᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        re.split(" ", "o l d h t i d th ae oe n a g i v a b c d e f g h i j k l m n o p r s t u v w y z"),
        strict=True,
    )
}
LOOK_ALIKES = {
    letter: latin
    for letter, latin in zip(
        "аеорсухіјѕԁһԛԝвкмнтАВЕКМНОРСТУХІЈЅԌԚԜαορνικυτχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijsdhqwbkmhtABEKMHOPCTYXIJSGQWaopvikutxyABEZHIKMNOPTYX",
        strict=True,
    )
}


@cache
def _folded(letter: str) -> str:
    """What a letter is compared as, still in its case: nothing, one letter or a few."""
    if letter in APOSTROPHES:
        return "'"
    if letter in HYPHENS:
        return "-"
    if letter in "\n\x0b\x0c\r\x85\u2028\u2029":
        return "\n"
    if letter == WALL or letter.isspace():
        return " " if letter != WALL else letter
    if letter in INVISIBLE:
        return ""
    found = []
    for part in unicodedata.normalize("NFKD", letter):
        category = unicodedata.category(part)
        if category in ("Mn", "Me", "Cf") or part in INVISIBLE:
            continue
        if category == "Nd":
            part = str(unicodedata.decimal(part))
        part = LOOK_ALIKES.get(part, part)
        if part.lower() in LETTERS:
            plain = LETTERS[part.lower()]
            part = plain.capitalize() if part.isupper() else plain
        found.append(part)
    return "".join(found)


@cache
def _lowered(letter: str) -> str:
    return letter.casefold() or letter


@dataclass(frozen=True, slots=True)
class Folded:
    """`cased` and `text` are the same length: as written, and for comparing. Letter number n of them was made of the
    code points from `starts[n]` to `ends[n]` of the words."""

    cased: str
    text: str
    starts: list[int]
    ends: list[int]

    def without(self, spans: Iterable[tuple[int, int]]) -> Folded:
        """The same words with a wall in the place of each of these spans, which do not overlap."""
        cased, text, starts, ends, at = [], [], [], [], 0
        for start, end in sorted(spans):
            cased += [self.cased[at:start], WALL]
            text += [self.text[at:start], WALL]
            starts += [*self.starts[at:start], self.starts[start]]
            ends += [*self.ends[at:start], self.ends[end - 1]]
            at = end
        return Folded(
            "".join(cased) + self.cased[at:],
            "".join(text) + self.text[at:],
            starts + self.starts[at:],
            ends + self.ends[at:],
        )


def fold(words: str, walls: re.Pattern[str] | None = None) -> Folded:
    """The words for comparing; what `walls` matches becomes a wall."""
    cased: list[str] = []
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def take(at: int, end: int) -> None:
        for place in range(at, end):
            letter = words[place]
            plain = letter if "!" <= letter <= "~" and letter != "`" else _folded(letter)
            if not plain and ends:
                ends[-1] = place + 1  # what nobody sees goes with the letter before it
            for part in plain:
                for low in _lowered(part):
                    text.append(low)
                    cased.append((low.upper() if len(low.upper()) == 1 else low) if part.isupper() else low)
                    starts.append(place)
                    ends.append(place + 1)

    at = 0
    for wall in walls.finditer(words) if walls else ():
        take(at, wall.start())
        for letters in cased, text:
            letters.append(WALL)
        starts.append(wall.start())
        ends.append(wall.end())
        at = wall.end()
    take(at, len(words))
    return Folded("".join(cased), "".join(text), starts, ends)


def plain(words: str) -> str:
    """Words as they are compared, without their places."""
    return fold(words).text
