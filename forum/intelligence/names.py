"""Names that are known: of people, councils and places, in the forms in which people write them.

Built once from the service's own lists, then asked for each text: a word is looked up, never a list walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from forum.intelligence.folding import WALL, Folded, plain
from forum.intelligence.word_names import DOES, IN_TIME, MONTHS, SMALL, TOGETHER, WORDS, listed

IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # written without spaces: each is a word
WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\W\d_{IDEOGRAPHS}]+|[0-9]+")
BETWEEN = re.compile(r"[\s'.\-_&+]{0,4}")
TITLES = listed(
    """alderman am baroness bem cbe cllr councillor cyng cynghorydd dame dr frsa jp lady lord mbe miss mp mr mrs ms mx
    obe phd prof professor rev reverend sir"""
)
PARTICLES = listed("ab af al ap av bin de del den der di do dos du el ibn la le les los of st ste the van von y")
ARTICLES = listed("the a an this that these those each every no all any some")
NOT_PLACES = listed(
    """bridge city common county district east forest great greater green hill hills isle island islands kings little
    london lower market mid new north old peak port royal saint south st the town upper vale valley water west wood
    upon on of and in le by"""
)
DIRECTIONS = listed("north south east west central mid greater new northern southern eastern western")
SHIRES = {
    pair.split("=")[0]: pair.split("=")[1]
    for pair in listed(
        """bedfordshire=beds berkshire=berks buckinghamshire=bucks cambridgeshire=cambs derbyshire=derbys
        gloucestershire=glos hampshire=hants hertfordshire=herts lancashire=lancs leicestershire=leics
        lincolnshire=lincs northamptonshire=northants nottinghamshire=notts oxfordshire=oxon shropshire=salop
        staffordshire=staffs warwickshire=warks wiltshire=wilts worcestershire=worcs yorkshire=yorks"""
    )
}
COUNCIL_WORDS = r"(?:metropolitan|county|city|borough|district|unitary|town|parish|community|combined|council|cyngor)"
COUNCIL_SHORT = r"(?:c\.?c|d\.?c|b\.?c|m\.?b\.?c|m\.?d\.?c|c\.?b\.?c|l\.?b\.?c|c\.?b|l\.?b|u\.?a|gla)"
BEFORE_COUNCIL = re.compile(
    r"(?:(?:the\s+)?(?:(?:royal|london|metropolitan|county|city|borough|district|county\s+borough|city\s+and\s+county)\s+)*"
    r"(?:borough|city|county|district|council)\s+of\s+(?:the\s+)?|cyngor\s+(?:(?:sir|dinas|bwrdeistref)\s+){0,2}"
    r"|(?:lb|rb|lbc)\s+(?:of\s+)?)$"
)
AFTER_COUNCIL = re.compile(
    rf"(?:[\s-]+{COUNCIL_WORDS})*[\s-]+(?:councils?\b|authority\b|corporation\b|{COUNCIL_SHORT}(?![\w-]))"
)
AFTER_PLACE = re.compile(rf"(?:[\s-]+{COUNCIL_WORDS})+(?![\w-])")  # Leeds City, Kent County
COUNCIL_PARTS = re.compile(
    r"\b(?:royal|london|metropolitan)\s+borough\s+of\b|\bcity\s+and\s+county\s+of\b|\b(?:county\s+)?borough\s+of\b"
    r"|\b(?:city|county)\s+of\b|\b(?:metropolitan|county|city|borough|district|unitary|council|authority|the)\b"
)
# Letters that stand for something else far more often than for a council.
NO_SHORT = listed("abc bbc cbc ccc cdc ccg ccs dcc dc cc bc icc ndc pcc ppc sbc scc tcc ubc wcc")


class Phrase(NamedTuple):
    """Words in a row that name somebody or something. Of kind "" are those that may stay."""

    words: tuple[str, ...]
    kind: str
    given: bool = False
    capitals: bool = False

    @property
    def is_word(self) -> bool:
        return len(self.words) == 1 and (self.words[0] in WORDS or len(self.words[0]) < 3)


class Hit(NamedTuple):
    """From and to which folded letters something was found."""

    start: int
    end: int
    kind: str


class Word(NamedTuple):
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Known:
    """Names of people and councils, and places; `allowed` are words that may stay though they hold such a name, as
    those of the regions that figures are given for."""

    people: tuple[str, ...] = ()
    councils: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    phrases: dict[str, tuple[Phrase, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[Phrase, None] = {}
        for names, phrases_of in (
            (self.allowed, lambda name: [Phrase(words_of(plain(name)), "")]),
            (self.councils, _council),
            (self.places, _place),
            (self.people, _person),
        ):
            for name in names:
                found |= dict.fromkeys(phrases_of(name))
        by_first: dict[str, list[Phrase]] = {}
        for phrase in found:
            if phrase.words:
                by_first.setdefault(phrase.words[0], []).append(phrase)
        ordered = {
            word: tuple(sorted(phrases, key=lambda phrase: (-len(phrase.words), phrase.is_word)))
            for word, phrases in by_first.items()
        }
        object.__setattr__(self, "phrases", ordered)


def words_of(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text))


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    """A name's words, apart and with what apostrophes and hyphens part written together."""
    yield words_of(name)
    yield words_of(name.replace("'", ""))
    yield words_of(re.sub("['-]", "", name))


def _person(name: str) -> Iterator[Phrase]:
    text = plain(name).replace(WALL, " ")
    whole = words_of(text)
    if len(whole) > 1:
        yield Phrase(whole, "name")
    named = [word for word in re.split(r"[\s,]+", text) if word.strip(".'-") and word.strip(".") not in TITLES]
    for spelling in _spellings(" ".join(named)):
        if len(spelling) > 1:
            yield Phrase(spelling, "name")
            yield Phrase(("".join(spelling),), "name")
    if len(named) > 2:
        for spelling in _spellings(f"{named[0]} {named[-1]}"):
            yield Phrase(spelling, "name")
            yield Phrase(("".join(spelling),), "name")
    for place, word in enumerate(named):
        for spelling in _spellings(word):
            if len("".join(spelling)) > 2:
                yield Phrase(spelling, "name", given=place == 0)
        for part in words_of(word):
            if part.isdigit() or len(part) < 2 or part in PARTICLES:
                continue
            yield Phrase((part,), "name", given=place == 0)


def _council(name: str) -> Iterator[Phrase]:
    text = plain(name).replace(WALL, " ").replace("&", " and ")
    bare = COUNCIL_PARTS.sub(" ", text)
    words = words_of(bare)
    if not words:
        yield Phrase(words_of(text), "council")
        return
    yield Phrase(words_of(text), "council")
    yield from _written("council", words)
    letters = "".join(word[0] for word in words)
    for short in ("cc",) if len(letters) == 1 else ("", "c", "cc", "dc", "bc", "mbc"):
        if len(letters + short) > 2 and letters + short not in NO_SHORT | WORDS:
            yield Phrase((letters + short,), "council", capitals=True)
    if "and" in words:
        before, after = letters[: words.index("and")], letters[words.index("and") + 1 :]
        yield Phrase((before, after), "council", capitals=True)
        tight = before + after
        if len(tight) > 2 and tight not in NO_SHORT | WORDS:
            yield Phrase((tight,), "council", capitals=True)
    yield from _parts(bare, words)


def _parts(bare: str, words: tuple[str, ...]) -> Iterator[Phrase]:
    """What a longer name is shortened to: Hull, Rhondda, Kesteven."""
    for part in re.split(r"\s+(?:and|upon|on|of|in|by|le|with)\s+|-(?:upon|on|in|le)-|,", bare):
        found = words_of(part)
        while len(found) > 1 and found[0] in DIRECTIONS:
            yield from _written("council", found)
            found = found[1:]
        while len(found) > 1 and found[-1] in DIRECTIONS:
            found = found[:-1]
        if len(found) > 1 or (found and found != words and found[0] not in NOT_PLACES | DIRECTIONS):
            yield from _written("place", found)
        if found and found[0] not in NOT_PLACES and len(found[0]) > 4 and found[0] not in WORDS:
            yield from _written("place", found[:1])


def _written(kind: str, words: tuple[str, ...]) -> Iterator[Phrase]:
    """A place's name as it is, with its shire cut short, without "and", and written together."""
    for found in (words, tuple(SHIRES.get(word, word) for word in words)):
        yield Phrase(found, kind)
        if "and" in found:
            yield Phrase(tuple(word for word in found if word != "and"), kind)
        if len(found) > 1:
            yield Phrase(("".join(found),), kind)
            if found[0] in ("north", "south", "east", "west"):
                yield Phrase((found[0][0], *found[1:]), kind)
        for ending in ("council", "citycouncil", "countycouncil", "boroughcouncil", "districtcouncil", "cc"):
            yield Phrase(("".join(found) + ending,), kind)


def _place(name: str) -> Iterator[Phrase]:
    words = words_of(plain(name))
    if words:
        yield from _written("place", words)


def find_names(folded: Folded, known: Known) -> list[Hit]:
    """Where known names stand; they may overlap."""
    words = [Word(found.start(), found.end(), found.group()) for found in WORD.finditer(folded.text)]
    hits, at = [], 0
    while at < len(words):
        found = _phrase_at(folded, words, at, known)
        if found is None:
            at += 1
            continue
        phrase, last = found
        if phrase.kind == "name":
            hits.append(_with_initials(folded, words, at, last))
        elif phrase.kind:
            hits.append(_with_council_words(folded, words[at].start, words[last].end, phrase.kind))
        at += 1 if phrase.kind else len(phrase.words)
    return hits


def _phrase_at(folded: Folded, words: list[Word], at: int, known: Known) -> tuple[Phrase, int] | None:
    """The longest phrase that begins with this word, and the place of its last word."""
    text = words[at].text
    several = text[:-1] if text.endswith("s") and len(text) > 4 and text not in known.phrases else ""
    for phrase in known.phrases.get(text) or known.phrases.get(several, ()):
        last = at + len(phrase.words) - 1
        if several and (last > at or phrase.kind != "name" or phrase.is_word):
            continue
        if last >= len(words) or any(words[at + n].text != phrase.words[n] for n in range(1, len(phrase.words))):
            continue
        if not all(BETWEEN.fullmatch(folded.text, words[n].end, words[n + 1].start) for n in range(at, last)):
            continue
        if phrase.capitals and not folded.cased[words[at].start : words[last].end].isupper():
            continue
        if phrase.is_word and is_plainly_a_word(folded, words, at, phrase):
            continue
        return phrase, last
    return None


def is_plainly_a_word(folded: Folded, words: list[Word], at: int, phrase: Phrase) -> bool:
    """Whether this word, which is also a name, is here no name. In doubt it is one."""
    word = words[at]
    cased = folded.cased[word.start : word.end]
    if not cased[0].isupper() or (len(cased) > 1 and cased.isupper()):
        return not (phrase.kind != "name" and cased.isupper() and AFTER_COUNCIL.match(folded.text, word.end))
    before = _beside(folded, words, at - 1, word.start)
    after = _beside(folded, words, at + 1, word.end)
    if phrase.kind != "name":
        owns = folded.text.startswith("'s ", word.end)
        follows = owns or AFTER_COUNCIL.match(folded.text, word.end) or after in DOES
        return not follows and begins_sentence(folded.text, word.start)
    if word.text in SMALL:
        return begins_sentence(folded.text, word.start) or before in ARTICLES
    if before in TITLES:
        return False
    if begins_sentence(folded.text, word.start):
        is_named = after in DOES or folded.text.startswith("'s ", word.end) or _is_capital(folded, words, at + 1)
        return not (phrase.given and is_named)
    if word.text in MONTHS and (before in IN_TIME or before.isdigit() or after.isdigit() or before in ("st", "th")):
        return True
    if word.text in MONTHS and any(
        beside in ("and", "or", "to") and _text(words, further) in MONTHS
        for beside, further in ((before, at - 2), (after, at + 2))
    ):
        return True
    return before in ARTICLES or {f"{before} {word.text}", f"{word.text} {after}"} & TOGETHER != set()


def _text(words: list[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""


def _beside(folded: Folded, words: list[Word], at: int, edge: int) -> str:
    """The word at this place when nothing but a space parts it from the edge; else ""."""
    if not 0 <= at < len(words):
        return ""
    gap = folded.text[words[at].end : edge] if words[at].end <= edge else folded.text[edge : words[at].start]
    return words[at].text if gap in (" ", "-", ". ") else ""


def _is_capital(folded: Folded, words: list[Word], at: int) -> bool:
    if not 0 <= at < len(words) or words[at].text == "i":
        return False
    return folded.text[words[at - 1].end : words[at].start] == " " and folded.cased[words[at].start].isupper()


def begins_sentence(text: str, at: int) -> bool:
    """Whether nothing but quotation marks and the signs of lists stands between here and the end of a sentence."""
    while at and text[at - 1] in " \t'\"“”«»()*_>#~`":
        at -= 1
    if at and text[at - 1] in "-•+" and begins_line(text, at - 1):
        return True
    return at == 0 or text[at - 1] in ".!?:\n"


def begins_line(text: str, at: int) -> bool:
    line = text.rfind("\n", 0, at) + 1
    return not text[line:at].strip(" \t>*-")


def _with_initials(folded: Folded, words: list[Word], at: int, last: int) -> Hit:
    """A name with the initials before it and with what a hyphen ties to it."""
    start, end = words[at].start, words[last].end
    while at and len(words[at - 1].text) == 1 and folded.text[words[at - 1].end : start].strip(" ") in ("", "."):
        at -= 1
        letter = folded.cased[words[at].start]
        if not letter.isupper() or (letter in "IA" and folded.text[words[at].end] != "."):
            break
        start = words[at].start
    while last + 1 < len(words) and folded.text[end : words[last + 1].start] == "-":
        last += 1
        if not folded.cased[words[last].start].isupper():
            break
        end = words[last].end
    return Hit(start, end, "name")


def _with_council_words(folded: Folded, start: int, end: int, kind: str) -> Hit:
    """A place with the words around it that make it a council: Leeds City Council, the London Borough of Barnet."""
    text, far = folded.text, min(len(folded.text), end + 60)
    before = BEFORE_COUNCIL.search(text, max(0, start - 60), start)
    after = AFTER_COUNCIL.match(text, end, far)
    if after is None and (place := AFTER_PLACE.match(text, end, far)):
        after = place if all(word[0].isupper() for word in folded.cased[end : place.end()].split()) else None
    return Hit(
        before.start() if before else start,
        after.end() if after else end,
        "council" if before or after else kind,
    )


def names_in(names: Iterable[str]) -> tuple[str, ...]:
    """Names once each and in order, as Known wants them."""
    return tuple(sorted({name.strip() for name in names if name.strip()}))
