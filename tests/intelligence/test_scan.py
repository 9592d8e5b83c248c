"""The scan: names of people, councils and places, and whatever else could tell who somebody is. In doubt it marks."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forum.demo.people import NAMED, members
from forum.demo.words import groups, threads
from forum.intelligence.known import known_names
from forum.intelligence.scan import KINDS, Known, redact, scan

PEOPLE = (
    "Amina Rahman",
    "Gareth Penhale",
    "Siân Llŷr-ap-Hywel",
    "Caoimhe O'Sullivan-Tighe",
    "Łukasz Dąbek",
    "هناء الجبوري",
    "王小明",
    "Will Ashby",
    "Mark Price",
    "Rose May Quennell",
    "Cllr Jo Li",
    "Anna-Marie de la Cruz",
)
COUNCILS = (
    "Leeds",
    "Kingston upon Hull",
    "Rhondda Cynon Taf",
    "Reading",
    "Kent",
    "London Borough of Tower Hamlets",
    "Bath and North East Somerset",
    "North Yorkshire",
    "Preston",
    "West Northamptonshire",
)
REGIONS = ("Yorkshire and the Humber", "North East", "London", "Wales")
KNOWN = Known(PEOPLE, COUNCILS, places=("Headingley", "Hebden Bridge"), allowed=REGIONS)

NAMES = {
    "Amina Rahman said": "[name] said",
    "amina rahman said": "[name] said",
    "AMINA RAHMAN said": "[name] said",
    "Ask Amina.": "Ask [name].",
    "ask amina": "ask [name]",
    "Rahman’s idea, Rahman's idea": "[name]’s idea, [name]'s idea",
    "the Rahmans": "the [name]",
    "Rahman, Amina": "[name], [name]",
    "A. Rahman and A.B. Rahman": "[name] and [name]",
    "#AminaRahman and amina_rahman and amina.rahman": "#[name] and [name] and [name]",
    "Siân and Sian, Llŷr-ap-Hywel and Llyr ap Hywel": "[name] and [name], [name] and [name]",
    "Sia\u0302n": "[name]",
    "Gar\u200beth, Gar\u00adeth, G\u2060a\u200cr\u200deth": "[name], [name], [name]",
    "Ｇａｒｅｔｈ, 𝐆𝐚𝐫𝐞𝐭𝐡, Ⓖⓐⓡⓔⓣⓗ, Gаrеth": "[name], [name], [name], [name]",  # the last with Cyrillic а and е
    "O’Sullivan–Tighe, OSullivan Tighe, Tighe": "[name], [name], [name]",
    "Lukasz Dabek": "[name]",
    "هناء": "[name]",
    "我们问王小明吧": "我们问[name]吧",
    "👩\u200d👩\u200d👧Gareth👍🏽 e\u0301Amina": "👩\u200d👩\u200d👧[name]👍🏽 e\u0301Amina",
    "Anna Marie, Anna-Marie Cruz": "[name], [name]",
    "Cllr Nobody-Known told councillor Unknown": "[name] told [name]",
    "Cllrs Smith, Jones and Brown agree": "[name] agree",
    "Mr Smith, Dr. Ann Jones, Dame Ann": "[name]",
    "@gareth, @somebody.else": "[name], [name]",
    "I asked Jo, Li and Jo Li": "I asked [name], [name] and [name]",
}
WORDS_OR_NAMES = {
    "I asked Will about it": "I asked [name] about it",
    "Will said no. Will's idea": "[name] said no. [name]'s idea",
    "It is Will Ashby": "It is [name]",
    "will ashby": "[name]",
    "As Mark knows": "As [name] knows",
    "Rose told us": "[name] told us",
    "we thanked Rose": "we thanked [name]",
}
ONLY_WORDS = (
    "Will the council pay? It will not.",
    "May I ask? We met in May 2026 and last May, between April and May, on 3 May.",
    "Mark my words: prices rose. Rose gardens need care.",
    "- Price is not all\n- Will it work?\n> May we?",
    "The price of care, a mark of respect. WE WILL NOT PAY. IT MAY RISE.",
    "Reading the report took days. I was reading it.",
    "Bath time matters for carers; so does the bath.",
    "So we do. It is in the de facto plan. Do it.",
    "Councillors agree. Councillor development matters. Dear all,",
    "the Mayor, the Leader of the Opposition, Director of Public Health, Chair of Governors, our Chief Executive",
    "Full Council met. The County Council and our Town Council too. Arts Council money helped.",
    "Our ward. Every ward. Ward members. The stroke ward and an acute ward.",
    "At the Town Hall on the High Street, a White Paper",
    "£180,000, £1.4m, 1,234,567 people, 60 per cent, 46 of 61, 2024-25, 2024/25, 2024–2026, 100000",
    "20 minutes walk, 14 people on the way, 5 council houses close by, 1 in 3, 24/7, 2nd, Q1 2026, FY25/26",
    "Covid-19, CO2, PM10, the A1 and the M62, a 50 mph road",
    "Yorkshire and the Humber, the North East, London and Wales",
    "e.g. this, i.e. that etc. Then more...and so on",
)
PLACES = {
    "Leeds, leeds, LEEDS": "[council], [council], [council]",
    "Leeds City Council and Leeds CC and LCC": "[council] and [council] and [council]",
    "leeds city council, leeds council": "[council], [council]",
    "#LeedsCityCouncil": "#[council]",
    "Leeds-based": "[council]-based",
    "Kingston upon Hull, Hull City Council, Hull": "[council], [council], [place]",
    "Rhondda Cynon Taf, RCT, Rhondda": "[council], [council], [place]",
    "the London Borough of Tower Hamlets, Tower Hamlets, LB Tower Hamlets": "[council], [council], [council]",
    "Bath & North East Somerset, B&NES, BANES": "[council], [council], [council]",
    "North Yorkshire, N Yorks, North Yorks": "[council], [council], [council]",
    "Kent County Council, Kent CC, KCC": "[council], [council], [council]",
    "West Northants, Northants": "[council], [place]",
    "I live in Reading": "I live in [council]",
    "Reading Borough Council": "[council]",
    "Hull’s plan, Reading's plan, the City of Wakefield": "[place]’s plan, [council]'s plan, the [council]",
    "Preston district nurses": "[council] district nurses",
    "Sandwell Council, Sandwell MBC": "[council], [council]",  # not known: by its form
    "Hinchford-under-Lyme Town Council": "[council]",
    "in Headingley and Hebden Bridge": "in [place] and [place]",
    "In Hyde Park ward": "In [ward]",
    "Hyde Park and Woodhouse ward members": "[ward] members",
    "the ward of Roundhay, my Wharfedale division": "the [ward], my [ward]",
}
OTHERS = {
    "at 12 Acacia Avenue, LS6 2AB": "at [address], [address]",
    "12 acacia avenue, ls62ab": "[address], [address]",
    "Flat 3, 14b Station Rd": "[address]",
    "near Station Road, in SW1A": "near [address], in [address]",
    "0113 496 0123, (0113) 4960123, 07700 900123, 07700900123": "[phone], [phone], [phone], [phone]",
    "+44 113 496 0123, +44 (0)113 496 0123, 0044 113-496-0123": "[phone], [phone], [phone]",
    "https://www.leeds.gov.uk/x?y=1#z.": "[link].",
    "(see www.example.org), example.gov.uk/plan": "(see [link]), [link]",
    "a.b@example.gov.uk, a.b [at] example [dot] gov [dot] uk": "[email], [email]",
    "the leader of Leeds": "[role]",
    "the leader of Sandwell": "[role]",
    "Leeds’s chief executive": "[role]",
    "the portfolio holder for adult social care at Leeds": "the [role]",
    "cabinet member for finance in Kent": "[role]",
    "As leader of the council, I": "[role], I",
    "I am the deputy leader": "[role]",
    "As portfolio holder for housing in a district": "[role] in a district",
    "the only Green councillor": "[role]",
    "case 12345678, 943 476 5919": "case [number], [number]",
    "23/01234/FUL, QQ123456C": "[number], [number]",
}


def redacted(words: str) -> str:
    return redact(words, scan(words, KNOWN))


@pytest.mark.parametrize(("words", "safe"), [*NAMES.items(), *WORDS_OR_NAMES.items(), *PLACES.items(), *OTHERS.items()])
def test_what_tells_who_it_is_becomes_a_mark(words, safe):
    assert redacted(words) == safe


@pytest.mark.parametrize("words", ONLY_WORDS)
def test_ordinary_words_stay(words):
    assert redacted(words) == words


def test_a_finding_says_where_it_stands_and_what_it_is():
    words = "🏠 e\u0301 Gareth\u0301 and Leeds"
    name, council = scan(words, KNOWN)
    assert (name.start, name.end, name.kind, name.words) == (5, 12, "name", "Gareth\u0301")
    assert (words[council.start : council.end], council.kind) == ("Leeds", "council")


def test_marks_are_no_findings_even_where_somebody_is_called_so():
    known = Known(people=("Jo Name", "Ann Council", "Al Place", "Joe Phone", "Mary Redacted"))
    assert [one.words for one in scan("Jo Name and [name], [council], [place], [phone], […]", known)] == ["Jo Name"]


def test_what_two_names_share_goes_with_the_longer_and_the_rest_is_looked_at_again():
    known = Known(people=("Gareth Leeds", "Eric", "Oliver"), councils=("Leeds",))
    assert redact("gareth leeds city council", scan("gareth leeds city council", known)) == "[name] [council]"
    words = "Eri℅liver"  # one letter that stands for c/o
    assert [(one.start, one.end, one.words) for one in scan(words, known)] == [(3, 9, "℅liver")]


def test_nobody_known_is_no_fault():
    assert redacted("") == ""
    assert scan("Gareth of Leeds", Known()) == []
    assert scan("Ask Ng about 12", Known(people=("", "12", "Ng", "…", "Councillor 12"), councils=("", "Council"))) != []


FRAGMENTS = st.sampled_from(
    [
        *[name for name in (*PEOPLE, *COUNCILS, *REGIONS) for name in (name, *name.split())],
        *[word for sentence in (*ONLY_WORDS, *NAMES, *PLACES, *OTHERS) for word in sentence.split()],
        *"'’-–.,:;!?()[]@&/#_*\n\u200b\u00ad\u0301\u202e½ﬁßİ",
        *("[name]", "[council]", "[…]", "👩\u200d👧"),
        *("ward", "Council", "of", "leader of", "Cllr", "chief executive", "in", "the", "Road", "0113", "LS6", "s"),
    ]
)
TEXTS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=4), st.just(" ")), max_size=24).map("".join) | st.lists(
    FRAGMENTS, max_size=16
).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("Mark Leeds City Council Will")
@example("[na" + "Gareth" + "me]")
@example("½½½½½½½ Gareth½")
def test_nothing_is_found_in_what_was_redacted(words):
    found = scan(words, KNOWN)
    safe = redact(words, found)
    assert scan(safe, KNOWN) == []
    ends = [0, *(one.end for one in found)]
    assert all(end <= one.start < one.end <= len(words) for end, one in zip(ends, found, strict=False))
    assert all(words[one.start : one.end] == one.words and one.kind in KINDS for one in found)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PEOPLE), st.lists(st.sampled_from("\u200b\u00ad\u2060\ufeff\u200d\u0301"), max_size=6), st.randoms()
)
def test_a_full_name_is_found_whatever_hides_in_it(name, hidden, chance: random.Random):
    letters = list(name.swapcase() if chance.random() < 0.5 else name.upper())
    for letter in hidden:
        letters.insert(chance.randint(1, len(letters)), letter)
    assert redacted(f"Thanks to {''.join(letters)}, all") == "Thanks to [name], all"


def test_the_demo_worlds_talk_has_hardly_a_false_finding():
    """Hundreds of posts that name nobody: what is found in them is in vain."""
    people = tuple(person.name for person in (*NAMED, *members()))
    known = Known(people, tuple(person.council for person in members() if person.council), allowed=REGIONS)
    posts = [post.body for group in groups() for thread in threads(group.slug) for post in thread.post]
    found = [one.words for body in posts for one in scan(body, known)]
    assert len(posts) > 500
    assert len(found) < len(posts) / 50, found


async def test_the_service_knows_everybody_in_it_and_every_council(forum):
    known = await known_names()
    words = "Amina, Priya and Eve came from Leeds, Rhondda and Merseyside to Gwynedd in Wales."
    assert {(one.words, one.kind) for one in scan(words, known)} == {
        ("Amina", "name"),
        ("Priya", "name"),
        ("Eve", "name"),
        ("Leeds", "council"),
        ("Gwynedd", "council"),
    }
