"""What a new password has to be: long, and hard to guess for somebody who knows whose it is. Nothing else is asked.

Pure: no setting, no database. The one rule: what is short, common, a pattern, or little more than the person's own name
and the words of this service is refused, in words that help to choose another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from zxcvbn import zxcvbn

SHORTEST, LONGEST = 12, 128
GUESSES = 10**8  # what an attack over the network cannot try; the slow hash keeps a stolen one from being tried faster
SERVICE_WORDS = (
    *("councillors", "councillor", "councils", "council", "westminster", "association", "government"),
    *("local", "lga", "hub", "forum", "gov"),
)
# The estimate tries every way to read signs as letters: what it looks at is kept short and plain enough to be quick.
LOOKED_AT, MOST_SIGNS = 40, 6
SIGNS = frozenset("4@8({[<369&#!1/|0$5+7%2")
PLAIN = str.maketrans("4@310$57", "aaeiosst")
# A year and a sign at the end are the first thing that is tried.
ENDING = re.compile(r"[ -/:-@\[-`{-~]{0,3}\d{0,4}[ -/:-@\[-`{-~]{0,3}$", re.ASCII)

LENGTH = f"Choose a password of {SHORTEST} to {LONGEST} characters."
ADVICE = "Choose another, such as three or four words that have nothing to do with each other."
COMMON = f"This password is easy to guess: it is common, or follows a pattern. {ADVICE}"
OWN = f"This password is easy to guess: it is made of your name, your address or words of this service. {ADVICE}"


def normal(password: str) -> str:
    """One form for what looks the same: keyboards differ in how they write é."""
    return unicodedata.normalize("NFC", password)


def fault_in(password: str, own: Iterable[str]) -> str:
    """Why this password is refused, as a sentence, or "". `own` are the name, address, council … that others know."""
    password = normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        return LENGTH
    words = {word for words in own for word in known_words(words)} | set(SERVICE_WORDS)
    folded = fold(password)
    for reading in folded, folded.translate(PLAIN):
        rest = without(reading, words)
        if rest != reading and is_guessable(rest):
            return OWN
    return COMMON if is_guessable(folded) else ""


def known_words(words: str) -> set[str]:
    """The single words of a name or an address that are long enough to count."""
    return {word for word in re.findall(r"[^\W_]+", fold(words)) if len(word) >= 3 and not word.isdecimal()}


def without(password: str, words: Iterable[str]) -> str:
    """What is left of a folded password when such words count for nothing."""
    for word in sorted(words, key=lambda word: (-len(word), word)):
        password = password.replace(word, " ")
    return password


def is_guessable(password: str) -> bool:
    seen = looked_at(ENDING.sub("", " ".join(password.split())))
    return not seen or zxcvbn(seen)["guesses"] < GUESSES


def looked_at(password: str) -> str:
    """The beginning that is judged. What follows can only make a password harder."""
    signs: set[str] = set()
    for place, character in enumerate(password[:LOOKED_AT]):
        signs |= {character} & SIGNS
        if len(signs) > MOST_SIGNS:
            return password[:place]
    return password[:LOOKED_AT]


def fold(words: str) -> str:
    """Letters without their marks, in lower case: Siân is guessed as sian."""
    parts = unicodedata.normalize("NFKD", words)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()
