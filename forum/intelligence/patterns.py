"""What identifies by its form, known or not: links, addresses, numbers, wards, councils, people with a title, roles.

Each repetition in these patterns has a limit: whatever text comes, looking at it takes as long as the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forum.intelligence.folding import WALL, Folded
from forum.intelligence.names import Hit
from forum.intelligence.word_names import listed


def one_of(words: str) -> str:
    return f"(?:{'|'.join(sorted(listed(words), key=lambda word: (-len(word), word)))})"


# These are looked for in the folded words, which have no capitals.

REST = rf"[^\s<>{WALL}]"
ENDING = one_of(
    """ac app biz co com cymru dev edu eu gov ie info io london net nhs online org police scot site tv uk wales web"""
)
LINK = re.compile(
    rf"(?<![\w@])(?:[a-z][a-z0-9+.-]{{1,15}}://{REST}+|(?:mailto|tel):{REST}+|www\.{REST}+"
    rf"|(?:[^\W_][\w-]{{0,62}}\.){{1,6}}{ENDING}\b(?:[/?#:]{REST}*)?)"
)
AT, DOT = r"(?:@|\s?(?:\[at\]|\(at\)|\{at\})\s?)", r"(?:\.|\s?(?:\[dot\]|\(dot\)|\{dot\})\s?)"
EMAIL = re.compile(rf"(?<![\w.+-])[\w.+'%-]{{1,64}}{AT}(?:[\w-]{{1,63}}{DOT}){{1,6}}[\w-]{{2,24}}")
MENTION = re.compile(r"(?<![\w.])@[^\W_][\w.-]{0,62}")
POSTCODE = re.compile(r"(?<!\w)(?:gir ?0aa|[a-z]{1,2}\d[a-z\d]?[ -]{0,2}\d[abd-hjlnp-uw-z]{2})(?!\w)")
AREA = one_of(
    """ab al ba bb bd bh bl bn br bs bt ca cb cf ch cm cr ct cv cw da dd de dg dh dl dn dt dy ec eh en ex fk fy gl gu
    gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky la ld le ll ln ls lu me mk ml ne ng nn np nr nw ol ox pa pe ph
    pl po pr rg rh rm sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub wa wc wd wf wn wr ws wv yo
    ze"""
)
DISTRICT = re.compile(rf"(?<![\w-]){AREA}\d{{1,2}}[a-z]?(?![\w-])")
NO_DISTRICT = re.compile(r"[cs]o2|fy(?:\d\d|9)|ip[46]|ph\d\d|pe[13]")  # gases, years, and the like
NO_SUM = r"(?<![\w£$€.,-])"
DIGIT = r"(?:[\s.()/-]{0,2}\d)"
PHONE = re.compile(
    rf"(?<![\w£$€.,])(?:(?:\+|00)[\s.-]?44[\s.()-]{{0,3}}(?:\(?0\)?)?{DIGIT}{{9,10}}|\(?0{DIGIT}{{9,10}}"
    rf"|\+\d{DIGIT}{{7,13}})(?!\w)"
)
NUMBERS = (
    re.compile(rf"{NO_SUM}\d{{6,}}(?![\w%,.-]*[\w%])"),
    re.compile(rf"{NO_SUM}\d{{2,6}}(?:[ -]\d{{2,6}}){{2,5}}(?![\w%-])"),
    re.compile(rf"{NO_SUM}\d{{3,6}}-\d{{3,6}}(?![\w%-])"),
    re.compile(r"(?<![\w/])(?:[a-z]{1,4}/)?\d{2,4}/\d{3,6}(?:/[a-z]{1,6})?(?![\w/])"),  # a planning application
    re.compile(r"(?<!\w)[a-z]{1,5}[-/:#]?\d{5,}[a-z]?(?!\w)"),
    re.compile(r"(?<!\w)[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d](?!\w)"),  # national insurance
)

# Roles, and how they are tied to one person: by the place beside them, or by how they are spoken of.

TO = r"[ \t]+"  # between two words
NO_BRIEF = r"(?!(?:a|an|at|for|i|in|is|my|of|on|our|said|that|the|to|told|was|we|when|who|with)\b)"
SOME_WORDS = rf"{NO_BRIEF}\w+(?:{TO}(?:and{TO})?{NO_BRIEF}\w+){{0,2}}"
KIND_OF_POST = one_of(
    """deputy vice former ex past acting interim joint new current assistant shadow lord executive group opposition
    council"""
)
CHAIR, CHIEF = r"chair(?:man|woman|person)?", rf"chief{TO}exec(?:utive)?"
HOLDER = rf"(?:portfolio{TO}holder|(?:cabinet|executive|lead){TO}(?:member|lead))"
POST = (
    rf"(?:{KIND_OF_POST}[ \t-]+){{0,3}}(?:leader|mayor(?:ess)?|{CHAIR}|{CHIEF}|{HOLDER}|director|head|whip|convener"
    rf"|provost|monitoring{TO}officer|section{TO}151{TO}officer|s151(?:{TO}officer)?|treasurer|commissioner|sheriff"
    r"|spokes(?:man|woman|person)|champion)"
)
ONLY_ONE = (
    rf"(?:{KIND_OF_POST}[ \t-]+){{0,3}}(?:leader|mayor(?:ess)?|{CHAIR}(?={TO}of|[ \t]*[,.;])|{CHIEF}|provost|whip"
    rf"|{HOLDER}{TO}for{TO}{SOME_WORDS})"
)
BODY = rf"(?:council|opposition|group|cabinet|authority|\w+(?:{TO}(?:and{TO})?\w+)?{TO}(?:committee|panel|board))"
ROLE_BEFORE = re.compile(
    rf"(?<!\w)(?:{POST}|councillors?|cllrs?|members?|m\.?p\.?|m\.?s\.?)(?:{TO}(?:for|of|on){TO}[^.!?;\n{WALL}]{{1,60}}?)?"
    rf"{TO}(?:of|at|in|on|for|from|with|to){TO}(?:the{TO})?$"
)
ROLE_AFTER = re.compile(rf"(?:'s?)?{TO}{POST}(?!\w)(?:{TO}for{TO}{SOME_WORDS})?")
ROLES = (
    re.compile(
        r"(?:(?:^|(?<=\n)|(?<=[\s\S][.,;:!?(>*-] )|(?<=[(>*_-])|\b(?:speaking|serving|elected|here|me|myself)[ \t]+)as"
        rf"|\b(?:i{TO}am|i'm|i{TO}was|being|became|becoming|my{TO}(?:role|job|time|work|position){TO}as))"
        rf"{TO}(?:(?:the|a|an|our){TO})?{ONLY_ONE}(?!\w)(?:{TO}of{TO}(?:(?:the|my|our|a){TO})?{BODY})?"
    ),
    re.compile(
        rf"(?<!\w)the{TO}(?:only|sole|first|youngest|oldest|longest[ -]serving){TO}(?:[\w-]+{TO}){{0,3}}"
        rf"(?:councillor|cllr|mayor|leader|member{TO}of{TO}(?:the|our|my){TO}(?:council|cabinet))(?!\w)"
    ),
)

# These are looked for in the words as they were written. Letters of scripts that have no capitals count as capitals.

CAPITAL = r"(?!(?:I|Councils?|CC|DC|BC|MBC|MDC|CBC|LBC)\b)[^\W\d_a-z][^\W_]*(?:['-][^\W_]+){0,4}"
ROW = rf"{CAPITAL}(?:{TO}(?:(?:and|&|of|the|with|upon|on|in|by|le){TO}){{0,2}}{CAPITAL}){{0,4}}"
PARTICLE = one_of("de van von ap ab al el bin ibn du da la")
NAMED = rf"(?:[^\W\d_a-z]\.?[ \t]?){{0,3}}{CAPITAL}(?:{TO}(?:{PARTICLE}{TO})?{CAPITAL}){{0,3}}"
TITLE = (
    r"(?i:(?:cllrs?|mr|mrs|ms|dr|prof|rev|mx)\b\.?|(?:councillors?|cyng|cynghorydd|miss|professor|sir|dame|lord|lady"
    r"|baroness|reverend|alderman)\b)"
)
NEXT = rf"(?:[ \t]*,[ \t]*|{TO}(?:and|&){TO})"
PERSON = re.compile(rf"(?<!\w){TITLE}{TO}(?P<name>{NAMED})(?:{NEXT}(?:{TITLE}{TO})?{NAMED}){{0,5}}")
HOLDS = one_of("Leader Mayor MP MS Member Bishop Chief Sheriff leader mayor member bishop")
LEADS = re.compile(
    rf"(?<!\w)(?:(?i:former|deputy|lord|the|then){TO}){{0,2}}(?:{HOLDS}|(?i:chief{TO}executive)){TO}(?:of|at|for){TO}"
    rf"(?:[Tt]he{TO})?(?P<name>{ROW})"
)
STREET_WORD = one_of("Road Street Avenue Lane Crescent Terrace Close Drive Grove Gardens Mews Rd Ave Cres Gdns")
ANY_STREET_WORD = one_of(
    """Road Street Avenue Lane Crescent Terrace Close Drive Grove Gardens Mews Walk Row Parade Rise Place Court Square
    Hill Way View Wharf Gate Yard Quay Croft Villas Broadway Rd St Ave Ln Dr Cres Gdns Sq Ter Pl"""
)
FLAT = rf"(?i:flat|apartment|apt|unit){TO}\d{{1,4}}[a-zA-Z]?"
HOUSE = r"(?<![\w£$€.,])\d{1,4}[a-zA-Z]?(?:[-/]\d{1,4})?,?"
ADDRESSES = (
    re.compile(
        rf"(?:(?<!\w){FLAT},?{TO})?{HOUSE}{TO}{CAPITAL}(?:{TO}(?:(?:of|the){TO})?{CAPITAL}){{0,3}}{TO}{ANY_STREET_WORD}(?!\w)"
    ),
    re.compile(rf"{HOUSE}{TO}(?:[^\W\d_]+{TO}){{1,2}}(?i:{STREET_WORD})(?!\w)"),
    re.compile(rf"(?<!\w){FLAT}(?!\w)"),
    re.compile(rf"(?i:(?<!\w)p\.?o\.?{TO}box{TO}\d{{1,6}}(?!\w))"),
)
STREET = re.compile(rf"(?<!\w)(?P<name>{CAPITAL}(?:{TO}{CAPITAL}){{0,3}}){TO}{STREET_WORD}(?!\w)")
WARDS = (
    re.compile(rf"(?<!\w)(?P<name>{ROW}){TO}(?i:wards?|divisions?|parish|constituency)(?!\w)"),
    re.compile(
        rf"(?<!\w)(?i:wards?|divisions?|parish|constituency|village|hamlet){TO}of{TO}(?:the{TO})?(?P<name>{ROW})"
    ),
)
OF_COUNCIL = one_of("Metropolitan County City Borough District Town Parish Community")
COUNCILS = (
    re.compile(rf"(?<!\w)(?P<name>{ROW}){TO}(?:{OF_COUNCIL}{TO}){{0,2}}(?:Council|MBC|MDC|CBC|LBC|CC|DC|BC)(?!\w)"),
    re.compile(
        rf"(?<!\w)(?:(?:London|Royal|County|Metropolitan){TO})?(?:Borough|City|County){TO}of{TO}(?P<name>{ROW})(?:{TO}Council)?"
    ),
)
PLATE = re.compile(r"(?<!\w)[A-Z]{2}\d{2} ?[A-Z]{3}(?!\w)")

# With these a sentence may begin, or they stand before such words and name nothing.
NO_NAMES = listed(
    """a about acute administration adult after all also although an and another any area arts as at away backbench
    because before bench best between big both british but by can care central children childrens code committee common
    community conduct conservative could council councillor councillors county cross cabinet city current daily day dear
    did district do does during each east either elderly electoral european every fellow few finance first for former
    from front full general good great green had has have he health her here high highways his home hospital housing how
    however i if in independent international into is it its labour large last later law lead legal liberal like local
    long lower main many may medical medium member members metre mile minute most mph much multi multi-member my
    national near neighbouring new next nhs no north not now of off old on once one only opposite opposition or ordinary
    other our outside over own parish past people per planning political practice private privy public quiet research
    rural same scrutiny second security select several shadow she should side since single single-member small so social
    some south special still stroke such surgical that the their then there these they this those three through tier to
    tory town training two under unitary until up upper urban very via was we welsh were west what when where which
    while whole whose why will with within without works would year yes you your youth across along around behind beside
    inside onto borough"""
)


def find_patterns(folded: Folded) -> Iterator[Hit]:
    """Where something identifies by its form; the hits may overlap."""
    text, cased = folded.text, folded.cased
    for kind, pattern in (
        ("email", EMAIL),
        ("mention", MENTION),
        ("phone", PHONE),
        *(("role", role) for role in ROLES),
    ):
        for found in pattern.finditer(text):
            yield Hit(*found.span(), kind)
    for found in LINK.finditer(text):
        yield Hit(found.start(), found.start() + len(found.group().rstrip(".,;:!?)]'\"*_")), "link")
    for found in POSTCODE.finditer(text):
        if not re.search(r" \d(?:st|nd|rd|th)$", cased[slice(*found.span())]):
            yield Hit(*found.span(), "address")
    for found in DISTRICT.finditer(text):
        if cased[slice(*found.span())].isupper() and not NO_DISTRICT.fullmatch(found.group()):
            yield Hit(*found.span(), "address")
    for pattern in NUMBERS:
        for found in pattern.finditer(text):
            if _identifies(found.group()):
                yield Hit(*found.span(), "number")
    for found in PLATE.finditer(cased):
        yield Hit(*found.span(), "number")
    for pattern in ADDRESSES:
        for found in pattern.finditer(cased):
            if not NO_NAMES.intersection(text[slice(*found.span())].split()[1:-1]):
                yield Hit(*found.span(), "address")
    yield from _named(folded)


def _named(folded: Folded) -> Iterator[Hit]:
    """What words with capitals name: people with a title, councils, wards, streets, roles."""
    for kind, patterns, is_first in (
        ("name", (PERSON,), True),
        ("role", (LEADS,), True),
        ("council", COUNCILS, False),
        ("ward", WARDS, False),
        ("address", (STREET,), False),
    ):
        for pattern in patterns:
            for found in pattern.finditer(folded.cased):
                start = _first_name(folded.text, *found.span("name"))
                if start is None or (is_first and start != found.start("name")):
                    continue
                yield Hit(start if found.start() == found.start("name") else found.start(), found.end(), kind)


def find_roles(folded: Folded, places: list[Hit]) -> Iterator[Hit]:
    """Roles that a council or place beside them ties to one person: the leader of it, its chief executive."""
    text = folded.text
    for place in places:
        before = ROLE_BEFORE.search(text, max(0, place.start - 120), place.start)
        after = ROLE_AFTER.match(text, place.end, min(len(text), place.end + 120))
        if before or after:
            yield Hit(before.start() if before else place.start, after.end() if after else place.end, "role")


def _first_name(text: str, start: int, end: int) -> int | None:
    """Where the name begins in a row of words with capitals, once those that name nothing are taken off; or None."""
    for word in re.finditer(r"\S+", text[start:end]):
        if word.group().strip("'") not in NO_NAMES and word.group() != "&":
            return start + word.start()
    return None


def _identifies(number: str) -> bool:
    """Whether it could be somebody's: a round sum and a row of years are nobody's."""
    digits = re.sub(r"\D", "", number)
    if number.isdigit():
        return not digits.endswith("000")
    groups = re.findall(r"\d+", number)
    if re.search("[a-z]", number) is None and all(re.fullmatch("(?:19|20)?[0-9]{2}", group) for group in groups):
        return len(groups) > 2 and not any(len(group) == 4 for group in groups)
    return len(digits) > 5 or "/" in number
