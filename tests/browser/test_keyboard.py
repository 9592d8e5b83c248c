"""By keyboard alone: whatever has focus is in the window, marked, and behind nothing, from the first Tab to the last
and back; with the rail at the foot of the window, a menu or a dialog open, the reply in reach."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import open_thread

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
MOST_STOPS = 400
SETTLED = 250  # ms: a page that something moved at the moment of the key is judged once it is still
# What is wrong with what has focus; null once focus has left the page. A target that wraps is judged by its first line.
STOP = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = it.getClientRects()[0] ?? it.getBoundingClientRect();
  const style = getComputedStyle(it);
  const at = [box.left + box.width / 2, Math.max(box.top, 0) + Math.min(box.height, innerHeight) / 2];
  const top = document.elementFromPoint(...at);
  const faults = [];
  if (box.top < -1 || box.left < -1 || box.right > innerWidth + 1) faults.push("out of the window");
  if (box.bottom > innerHeight + 1 && box.height < innerHeight) faults.push("below the window");
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push("not marked");
  if (!top || !(it.contains(top) || top.contains(it) || it.labels?.[0]?.contains(top))) {
    faults.push(`behind ${top?.tagName} ${top?.className}`);
  }
  const name = `${it.tagName} ${it.id || it.getAttribute("href") || it.textContent.trim().slice(0, 30)}`;
  return [name, faults.join(", "), Math.round(box.top)];
}"""


def walk(page: Page, key: str, seen: set[str], until: int = MOST_STOPS) -> list[str]:
    """Press the key until focus leaves the page; what is wrong on the way."""
    wrong = []
    for _ in range(until):
        page.keyboard.press(key)
        stop = page.evaluate(STOP)
        if stop is None or stop[1]:
            page.wait_for_timeout(SETTLED)
            stop = page.evaluate(STOP)
        if stop is None:
            return wrong
        name, fault, top = stop
        seen.add(name)
        if fault:
            wrong.append(f"{key}: {name} at {top}: {fault}")
    return wrong


def enter(page: Page) -> None:
    """The thread, connected, from its top."""
    open_thread(page, *THREAD)
    expect(page.locator("#live-state")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")


@pytest.mark.parametrize("size", [(1440, 900), (320, 640), (320, 256)], ids=["desk", "phone", "400 % zoom"])
@pytest.mark.parametrize("where", ["home", "thread", "people"])
def test_focus_is_always_seen(visit_demo: Visit, where: str, size: tuple[int, int]) -> None:
    ruth = visit_demo("ruth", viewport={"width": size[0], "height": size[1]})
    if where == "thread":
        enter(ruth)
    elif where == "people":
        ruth.goto("/groups/adult-social-care/members")
    seen: set[str] = set()
    forwards = walk(ruth, "Tab", seen)
    assert len(seen) > 15
    assert forwards + walk(ruth, "Shift+Tab", seen) == []


@pytest.mark.parametrize("size", [(1440, 900), (320, 640), (320, 256)], ids=["desk", "phone", "400 % zoom"])
def test_the_reply_in_reach_hides_nothing_that_has_focus(visit_demo: Visit, size: tuple[int, int]) -> None:
    amina = visit_demo("amina", viewport={"width": size[0], "height": size[1]})
    enter(amina)
    amina.get_by_role("link", name="Reply", exact=True).focus()
    amina.keyboard.press("Enter")
    expect(amina.get_by_label("Your post")).to_be_focused()
    seen: set[str] = set()
    back = walk(amina, "Shift+Tab", seen)
    assert len(seen) > 15
    assert back + walk(amina, "Tab", seen) == []


def test_a_menu_and_a_dialog_open_close_and_give_focus_back(visit_demo: Visit) -> None:
    ruth = visit_demo("ruth", viewport={"width": 320, "height": 640})
    enter(ruth)
    menu = ruth.locator("#posts > .post").nth(1).locator("details.menu")
    opener, sheet = menu.locator("summary"), menu.locator(".sheet")
    opener.focus()
    ruth.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    assert walk(ruth, "Tab", set(), 1) == []
    ruth.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()

    ruth.keyboard.press("Enter")
    while not ruth.evaluate("document.activeElement.matches('[data-dialog]')"):
        assert walk(ruth, "Tab", set(), 1) == []
    ruth.keyboard.press("Enter")
    dialog = ruth.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    seen: set[str] = set()
    assert walk(ruth, "Tab", seen) == []
    assert "BUTTON Hide" in seen and len(seen) < 8, "Focus goes round in the dialog only"
    ruth.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
