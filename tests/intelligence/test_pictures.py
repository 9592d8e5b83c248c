"""The bars as a picture: nothing hidden is in it, it can be read, and words say the same."""

import io

import pytest
from PIL import Image

from forum.intelligence.exports import lettering
from forum.intelligence.exports.lettering import drawable, font_of, strip
from forum.intelligence.exports.pictures import BAR, COLOURS, MOST_BARS, bars_of, has_bars, in_words, picture, title
from forum.intelligence.report import Table

WELSH, POLISH = "âêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿ", "ąćęłńóśźż"
FONT = font_of(27)


def table_of(*rows, columns=("Theme", "People")) -> Table:
    return Table("Themes", "Each theme", columns, rows, (0, 1))


def image_of(table: Table) -> Image.Image:
    return Image.open(io.BytesIO(picture(table).png))


def longest(table: Table) -> int:
    """The longest bar of the picture, in pixels."""
    image = image_of(table).convert("RGB")
    bar, found = COLOURS[BAR], 0
    for top in range(image.height):
        row = [image.getpixel((left, top)) == bar for left in range(image.width)]
        found = max(found, len(max("".join("x" if each else " " for each in row).split(), key=len, default="")))
    return found


def test_bars_stand_in_the_order_of_the_table_and_are_as_long_as_their_figures():
    table = table_of(("May", 10), ("June", None), ("July", 40), ("August", 0))
    assert [(bar.label, bar.figure, bar.part) for bar in bars_of(table)] == [
        ("May", 10, 0.25),
        ("June", None, 0.0),
        ("July", 40, 1.0),
        ("August", 0, 0.0),
    ]
    alone = longest(table_of(("May", 10), ("June", None), ("August", 0)))
    assert longest(table) > 0.6 * 1400
    assert abs(longest(table) - alone) < 20  # the longest there is takes all the room
    assert has_bars(table)


def test_without_a_figure_to_show_there_is_no_picture():
    assert not has_bars(table_of(("May", None), ("June", 0)))
    assert not has_bars(Table("Themes", "Each theme", ("Theme", "People"), [("May", 3)]))


def test_of_very_many_rows_those_with_the_largest_figures_are_drawn():
    rows = [(f"T{number}", None if number == 7 else number) for number in range(60)]
    bars = bars_of(table_of(*rows))
    assert [bar.figure for bar in bars] == list(range(60 - MOST_BARS, 60))
    assert in_words(table_of(*rows)) == (
        "Bar chart: people by theme. Longest: T59, 59; T58, 58; T57, 57. 1 of 60 hidden."
        " 40 with smaller figures are not drawn. The table beside it has all figures."
    )


def test_words_say_what_the_picture_shows():
    table = table_of(("Ŵyn", 1200), ("Cost", None), ("Pay", 30), ("Food", None), ("Time", 7), ("Help", 5))
    assert in_words(table) == (
        "Bar chart: people by theme. Longest: Ŵyn, 1,200; Pay, 30; Time, 7. 2 of 6 hidden."
        " The table beside it has all figures."
    )
    assert title(table) == "Each theme: people"


def test_a_picture_is_sharp_and_the_same_each_time():
    table = table_of(("Tŷ", 12), ("Łódź", None))
    drawn = picture(table)
    assert (drawn.wide, drawn.high) == image_of(table).size
    assert drawn.wide > 1.9 * 16 / 2.54 * 96  # of 16 cm on a screen
    assert drawn.png == picture(table).png
    assert not image_of(table).info  # no time, no program


def test_bars_and_letters_stand_out_from_paper():
    def light(colour) -> float:
        parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    assert 1.05 / (light(COLOURS[BAR]) + 0.05) > 7
    assert set(COLOURS.values()) <= set(image_of(table_of(("Tŷ", 12))).convert("RGB").get_flattened_data())


@pytest.mark.parametrize("letter", sorted({*WELSH, *WELSH.upper(), *POLISH, *POLISH.upper()}))
def test_the_letters_of_wales_and_poland_are_drawn(letter):
    plain = lettering._letters(letter)[0][0]
    assert drawable(letter)
    assert strip(letter, FONT).tobytes() != strip(plain, FONT).tobytes()


def test_each_accent_looks_its_own_way():
    drawn = [strip(letter, FONT).tobytes() for letter in "wŵẃẁẅlł£LŁiîïíì"]
    assert len(set(drawn)) == len(drawn)
    assert not drawable("ж") and not drawable("中") and not drawable("👩🏽") and drawable("")


def test_the_accent_of_an_i_stands_where_its_dot_was():
    large = font_of(100)
    dot = next((12, top) for top in range(97) if strip("i", large).getpixel((12, top)) == 0)
    assert strip("î", large).getpixel((dot[0], dot[1] + 5)) == 255
    assert strip("î", large).crop((0, 60, 24, 97)).tobytes() == strip("i", large).crop((0, 60, 24, 97)).tobytes()


def test_what_cannot_be_drawn_is_said_by_its_place_and_never_drawn_as_something_else():
    arabic = table_of(("Cost", 3), ("تأخر", 12))
    assert picture(arabic).png == picture(table_of(("Cost", 3), ("Row 2 of the table", 12))).png
    assert "تأخر, 12" in in_words(arabic)


def test_long_labels_take_two_lines_and_are_cut_there():
    short, long = table_of(("Care", 3)), table_of(("People who care " * 30, 3))
    assert picture(short).high < picture(long).high == picture(table_of(("W" * 32_768, 3))).high
    assert longest(long) > 0.4 * 1400
