"""A report with all that a board paper may hold: hidden figures, true zeros, long and accented names, quotes."""

from datetime import date

from forum.intelligence.report import Paper, QuotedWords, Report, Section, Table

MADE_ON = date(2026, 11, 20)
COUNTS = ("Posts", "People", "Councils")
NAMES = (
    "Discharge from hospital",
    "Gwasanaethau plant a theuluoedd, tŷ i bob teulu",
    "What care costs: £1,250 a week and more",
    "Recruiting and keeping carers",
    "Łódź and other twin towns – cooperation",
    "Unpaid carers who look after somebody at home for many years without a break or anybody who asks how they are",
    "Cynhyrchu ynni, Llŷn ac Ynys Môn",
    "Housing & <homelessness>",
)
MONTHS = [date(2026, month, 1).strftime("%B %Y") for month in range(1, 13)]
PAPER = Paper(
    purpose="For the board to hear what councillors say about care, and to decide what to do next.",
    summary="Most of those who wrote raised discharge from hospital.\n\nCost comes next, in all regions.",
    recommendation="That the board asks for earlier notice of discharge.\n\nThat it gathers what worked.",
    action="Officers to write to the department by the end of March.",
    financial_implications="None beyond the time of officers.",
    next_steps="A guide to what worked goes to all councils.\nIts draft comes to the next meeting.",
)


def sample(themes: int = 8, note: str = "", paper: Paper | None = PAPER) -> Report:
    names = [f"T-{number} {NAMES[number % len(NAMES)]}" for number in range(1, themes + 1)]
    tops = [
        (name, *((None,) * 3 if number == 3 else (120 - number, 60 - number, 20))) for number, name in enumerate(names)
    ]
    return Report(
        title="What councillors say about care – gofal cymdeithasol",
        note=note,
        made_on=MADE_ON,
        tables=[
            Table("Bases", "What the figures rest on", ("Base", *COUNTS), [("All posts", 1900, 320, 61)]),
            Table("Tops", "Posts, people and councils for each theme", ("Theme", *COUNTS), tops, (0, 2)),
            Table("Themes", "Each theme of the codebook", [f"Column {number}" for number in range(13)], []),
        ],
        method=[
            ("What was counted", "Posts in all groups that were open to the analysis."),
            ("Limits", "Those who write are not a sample of all councillors."),
        ],
        paper=paper,
        sections=[_section(number, name) for number, name in enumerate(names)],
    )


def _section(number: int, name: str) -> Section:
    months = [
        (month, *((None,) * 3 if at % 5 == 3 else (3 * at, (at * (number + 7)) % 40 if at else 0, at)))
        for at, month in enumerate(MONTHS)
    ]
    quotes = [
        QuotedWords("We sat down with the hospital every Monday.\nIt took a year, and it worked.", "a councillor"),
        QuotedWords("Nobody rang <b>us</b> & nobody asked.", "a councillor, county council"),
    ]
    return Section(
        title=name,
        theme=f"T-{number + 1}",
        paragraphs=[
            "42 people from 12 councils raised it, in 60 posts and 5 discussions. That is 13% of the people and 20% of"
            " the councils that took part, and 3.2% of the posts.",
            "It was not heard from councils in Wales, where others took part.",
        ],
        tables=[
            Table(f"T-{number + 1} by month", f"T-{number + 1} by month", ("Month", *COUNTS), months, (0, 2)),
        ],
        quotes=quotes[: 1 + number % 2],
    )
