"""Every form that comes back says what is wrong: a summary that has focus, with links to the fields; words beside each;
"Error:" in the title; and what was typed is still there. With scripts and without."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import more_about
from tests.hard_words import TITLES

pytestmark = pytest.mark.browser
GROUP = "/groups/hard-words"
Way = Callable[[Page], object]


def to(address: str) -> Way:
    return lambda page: page.goto(address)


def to_thread(page: Page) -> None:
    page.goto(GROUP)
    page.get_by_role("link", name=TITLES[-1]).click()
    page.get_by_role("heading", level=1, name=TITLES[-1]).wait_for()


def from_menu(link: str) -> Way:
    """By the menu of the second post: Siân's own. With scripts some links open a dialog here, without them a page."""

    def go(page: Page) -> None:
        to_thread(page)
        more_about(page.locator("#posts > .post").nth(1)).get_by_role("link", name=link).click()

    return go


def to_restoring(page: Page) -> None:
    to_thread(page)
    page.get_by_role("link", name="Restore").click()


def to_removing(page: Page) -> None:
    page.goto(f"{GROUP}/members")
    page.get_by_role("link", name="Remove").first.click()


def to_tagging(page: Page) -> None:
    to_thread(page)
    page.goto(str(page.get_by_role("link", name="Tag this thread").get_attribute("href")))


def choose_nothing(page: Page) -> None:
    page.goto("/appearance")
    page.locator("[name=appearance]:checked").evaluate("(it) => { it.checked = false; }")


@dataclass(frozen=True)
class Form:
    who: str | None
    go: Way
    button: str  # "" when the address alone brings the answer
    fields: tuple[str, ...]  # ids of those that are wrong
    typed: dict[str, str] = field(default_factory=dict)  # by label; it is to be there afterwards


FORMS = {
    "sign-in": Form(None, to("/sign-in"), "Sign in", ("email",), {"Email address": "eve@demo.example"}),
    "title": Form(
        "sian",
        to(f"{GROUP}/threads/new"),
        "Start the thread",
        ("title",),
        {"Title": "x", "First post": "Who **pays**?"},
    ),
    "title and post": Form("sian", to(f"{GROUP}/threads/new"), "Start the thread", ("title", "body"), {"Title": "x"}),
    "reply": Form("sian", to_thread, "Post", ("body",), {"Your post": "x" * 10_001}),
    "edit": Form("sian", from_menu("Edit"), "Save", ("body",), {"Your post": " "}),
    "hide": Form("sian", from_menu("Hide"), "Hide", ("reason",), {"Note for other facilitators": "<b>Why</b> & when"}),
    "restore": Form("sian", to_restoring, "Restore", ("reason",), {"Why do you restore it?": "x" * 1001}),
    "remove": Form("sian", to_removing, "Remove", ("reason",), {"Why do you remove them?": "x" * 1001}),
    "tag": Form("sian", to_tagging, "Barrier", ("theme",)),
    "filters": Form(
        "tom",
        to("/intelligence?from=spring&to=2026-13&region=Wales"),
        "",
        ("from", "to"),
        {"First month": "spring", "Last month": "2026-13", "Region": "Wales"},
    ),
    "appearance": Form("sian", choose_nothing, "Save", ("appearance",)),
}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("name", FORMS)
def test_what_is_wrong_is_said_on_top_and_beside_the_field(visit_demo: Visit, name: str, scripts: bool) -> None:
    form = FORMS[name]
    page = visit_demo(form.who, java_script_enabled=scripts)
    form.go(page)
    if form.button:
        for label, words in form.typed.items():
            page.get_by_label(label).fill(words)
        page.get_by_role("button", name=form.button, exact=True).click()

    summary = page.get_by_role("alert")
    expect(summary.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    assert page.title().startswith("Error: ")
    for label, words in form.typed.items():
        expect(page.get_by_label(label)).to_have_value(words)

    links = summary.get_by_role("link")
    expect(links).to_have_count(len(form.fields))
    for link, wanted in zip(links.all(), form.fields, strict=True):
        assert link.get_attribute("href") == f"#{wanted}"
        words = link.inner_text()
        beside = page.locator(f"#{wanted}-problem")
        expect(beside).to_have_text(f"Error: {words}")
        target = page.locator(f"#{wanted}")
        described = target.evaluate(
            "(it) => (it.closest('[aria-describedby]')?.getAttribute('aria-describedby') ?? '')"
        )
        assert f"{wanted}-problem" in described.split()
        link.click()
        expect(target).to_be_in_viewport()
        expect(beside).to_be_in_viewport()
        assert page.title().startswith("Error: "), "The link leads to the field, and to no other page"
