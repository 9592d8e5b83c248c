"""Something one has, besides the password: an app on the phone, and codes on paper for the day when it is gone."""

import re

import pytest

from forum.actions.resets import send_reset
from forum.models import AuditRow, RecoveryCode, Session, Totp
from tests.apps import App, advance, give_app, give_codes, stand_still
from tests.cast import PASSWORD, Browser, thread_in, user
from tests.conftest import with_settings
from tests.post_office import empty_the_queue, kept_letters, text_of

OWN, AMINA = "/account/second-factor", "amina@demo.example"
BETTER = "purple turnips in the attic"
NEEDED = with_settings(sign_in={"second_factor": True})
pytestmark = pytest.mark.usefixtures("letters_by_hand")


@pytest.fixture(autouse=True)
def still(forum) -> None:
    stand_still(forum)


async def letters(forum, about: str) -> list[tuple[str, str]]:
    await empty_the_queue(forum, reset=send_reset)
    return [(letter["To"], text_of(letter)) for letter in kept_letters(forum) if about in letter["Subject"]]


async def sign_in(browser: Browser, name: str = "amina", password: str = PASSWORD, target: str = ""):
    return await browser.send_form("/sign-in", email=f"{name}@demo.example", password=password, next=target)


async def show(browser: Browser, code: str, **fields: str):
    return await browser.send_form("/second-factor", code=code, **fields)


async def set_up(forum, browser: Browser) -> tuple[App, list[str]]:
    """By the page: the app, and the recovery codes that were shown."""
    await browser.send_form(f"{OWN}/app/begin")
    page = (await browser.get(f"{OWN}/app")).text
    letters = re.search(r'class="letters"><code>([A-Z2-7 ]+)</code>', page).group(1)
    app = App(forum, letters.replace(" ", ""))
    answer = await browser.send_form(f"{OWN}/app", code=app.code())
    assert answer.status_code == 200, answer.text
    return app, codes_on(answer.text)


def codes_on(page: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7-]+)</code></li>", page)


async def acts(*wanted: str) -> list[str]:
    return await AuditRow.filter(act__in=wanted).order_by("number").values_list("act", flat=True)


# Setting up


async def test_amina_adds_an_app_and_shows_its_code_from_then_on(forum, signed_in):
    amina, before = await signed_in("amina"), []
    before = amina.cookies["session"]
    app, codes = await set_up(forum, amina)
    assert amina.cookies["session"] != before
    assert len(set(codes)) == 10 and all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){5}", code) for code in codes)
    assert (await amina.get("/")).status_code == 200
    page = (await amina.get(OWN)).text
    assert "Take the app away" in page and "10 of your recovery codes are left" in page
    assert not [code for code in codes if code in page], "they were shown once"

    advance(forum, minutes=1)
    again = await signed_in(None)
    assert (await sign_in(again, target="/groups")).headers["location"] == "/groups"
    assert (await again.get("/groups")).headers["location"] == "/second-factor?next=/groups"
    assert 'value="/groups"' in (await again.get("/second-factor?next=/groups")).text
    answer = await show(again, app.code(), next="/groups")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")
    assert (await again.get("/groups")).status_code == 200
    [(to, told)] = await letters(forum, "added a second factor")
    assert to == AMINA and "an app that makes codes" in told and app.secret not in told
    assert await acts("add_factor", "show_factor") == ["add_factor", "show_factor"]


async def test_the_drawing_says_what_the_letters_say_and_needs_no_style(forum, signed_in):
    amina = await signed_in("amina")
    await amina.send_form(f"{OWN}/app/begin")
    page = (await amina.get(f"{OWN}/app")).text
    letters = re.search(r'class="letters"><code>([A-Z2-7 ]+)</code>', page).group(1).replace(" ", "")
    address = re.search(r'href="(otpauth://[^"]+)"', page).group(1)
    assert f"secret={letters}" in address and "amina%40demo.example" in address
    drawing = re.search(r"<svg viewBox[^>]+class=\"qr\".*?</svg>", page, re.DOTALL).group(0)
    assert "style=" not in drawing and "<script" not in drawing and drawing.count("<path") == 2
    assert letters not in (await Totp.get()).secret


async def test_an_app_that_showed_no_code_yet_changes_nothing(forum, signed_in):
    amina = await signed_in("amina")
    await amina.send_form(f"{OWN}/app/begin")
    for code in "", "000000", "12345", "a code", "x" * 10_000, "\u0661\u0662\u0663\u0664\u0665\u0666":
        answer = await amina.send_form(f"{OWN}/app", code=code)
        assert answer.status_code == 422 and "does not work" in answer.text
    assert (await sign_in(await signed_in(None))).status_code == 303
    assert (await (await signed_in("amina")).get("/groups")).status_code == 200
    assert not await RecoveryCode.exists() and not await letters(forum, "second factor")


async def test_a_code_confirms_only_what_was_begun_last(forum, signed_in):
    amina = await signed_in("amina")
    assert (await amina.get(f"{OWN}/app")).headers["location"] == OWN, "nothing was begun"
    await amina.send_form(f"{OWN}/app/begin")
    first = (await amina.get(f"{OWN}/app")).text
    await amina.send_form(f"{OWN}/app/begin")
    assert (await amina.get(f"{OWN}/app")).text != first
    await set_up(forum, amina)
    again = await amina.send_form(f"{OWN}/app/begin")
    assert again.status_code == 422 and "have an app already" in again.text
    assert (await amina.send_form(f"{OWN}/app", code="123456")).status_code == 422
    assert await Totp.all().count() == 1


async def test_her_other_browsers_show_it_before_they_go_on(forum, signed_in):
    amina, phone = await signed_in("amina"), await signed_in("amina")
    app, _ = await set_up(forum, amina)
    assert (await phone.get("/groups")).headers["location"] == "/second-factor?next=/groups"
    advance(forum, minutes=1)
    await show(phone, app.code())
    assert (await phone.get("/groups")).status_code == 200


# Showing it


@NEEDED
async def test_until_it_is_shown_nothing_else_answers(forum, signed_in):
    await give_app(forum, "bethan")
    bethan, thread = await signed_in("bethan"), await thread_in("finance")
    for path in "/", "/groups", f"/threads/{thread.id}", "/account", OWN, f"{OWN}/app", "/prove", "/search", "/nowhere":
        assert (await bethan.get(path)).headers["location"].split("?")[0] == "/second-factor", path
    for path in f"{OWN}/app/begin", f"{OWN}/app/remove", f"{OWN}/codes", "/prove", f"/threads/{thread.id}/posts":
        answer = await bethan.act(path, password=PASSWORD, body="Words")
        assert (answer.status_code, answer.headers["location"]) == (303, "/second-factor"), path
    assert (await bethan.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401
    page = (await bethan.get("/second-factor")).text
    assert 'href="/groups"' not in page and 'href="/account"' not in page and 'action="/sign-out"' in page
    assert (await bethan.send_form("/sign-out")).headers["location"] == "/sign-in"


async def test_a_code_works_once_and_none_from_before_it_after_that(forum, signed_in):
    app = await give_app(forum, "amina")
    amina, thief = await signed_in("amina"), await signed_in("amina")
    code, earlier = app.code(), app.code(-30)
    assert (await show(amina, code)).status_code == 303
    for spent in code, earlier:
        answer = await show(thief, spent)
        assert answer.status_code == 422 and "does not work" in answer.text and spent not in answer.text
    advance(forum, seconds=30)
    assert (await show(thief, code)).status_code == 422, "it would still be near enough"
    assert (await thief.get("/groups")).status_code == 303
    assert await acts("refuse_factor") == ["refuse_factor"] * 3
    assert (await show(thief, app.code())).status_code == 303


@pytest.mark.parametrize(("off", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
async def test_a_clock_may_be_half_a_minute_off_and_no_more(forum, signed_in, off, status):
    app = await give_app(forum, "amina")
    assert (await show(await signed_in("amina"), app.code(off))).status_code == status


async def test_it_is_read_as_people_type_it(forum, signed_in):
    app, [first, *_] = await give_app(forum, "amina"), await give_codes(forum, "amina")
    code = app.code()
    assert (await show(await signed_in("amina"), f" {code[:3]} {code[3:]} ")).status_code == 303
    typed = first.upper().replace("-", " ").replace("O", "0").replace("I", "1")
    amina = await signed_in("amina")
    assert (await amina.send_form("/second-factor", recovery=typed)).status_code == 303


async def test_codes_of_another_person_are_of_no_use(forum, signed_in):
    await give_app(forum, "amina")
    eves, eves_paper = await give_app(forum, "eve"), await give_codes(forum, "eve")
    amina = await signed_in("amina")
    for wrong in eves.code(), eves_paper[0]:
        assert (await show(amina, wrong)).status_code == 422
    # Nor does it help to put Eve's rows into Amina's place in the table.
    stored = (await Totp.get(person__email="eve@demo.example")).secret
    await Totp.filter(person__email=AMINA).update(secret=stored)
    await RecoveryCode.filter(person__email="eve@demo.example").update(person_id=(await user("amina")).id)
    for wrong in eves.code(), eves_paper[0]:
        assert (await show(amina, wrong)).status_code == 422


async def test_whatever_is_wrong_with_a_code_looks_the_same(forum, signed_in, without_chance):
    app, [used, *_] = await give_app(forum, "amina"), await give_codes(forum, "amina")
    amina = await signed_in("amina")
    await show(amina, used)
    amina = await signed_in("amina")
    wrong = ["", "000000", "12345", used, used[:-1], "x" * 10_000, "\u0661\u0662\u0663\u0664\u0665\u0666", "<b>"]
    assert app.code() not in wrong
    pages = {without_chance(await show(amina, code)) for code in wrong if code != ""}
    assert len(pages) == 1 and next(iter(pages)).startswith("422")


async def test_the_token_of_before_is_dead(forum, signed_in):
    app = await give_app(forum, "amina")
    amina, thief = await signed_in("amina"), await signed_in(None)
    before = amina.cookies["session"]
    thief.cookies.set("session", before)
    await show(amina, app.code())
    assert amina.cookies["session"] != before
    assert (await thief.get("/second-factor")).headers["location"].startswith("/sign-in")
    assert (await thief.get("/groups")).headers["location"].startswith("/sign-in")
    assert await Session.filter(ended_at=None).count() == 1


async def test_it_leads_to_no_other_site_and_is_asked_once(forum, signed_in):
    app = await give_app(forum, "amina")
    amina = await signed_in("amina")
    assert (await show(amina, app.code(), next="//evil.example")).headers["location"] == "/"
    assert (await amina.get("/second-factor?next=//evil.example")).headers["location"] == "/"
    assert (await amina.get("/second-factor?next=/groups")).headers["location"] == "/groups"
    before = amina.cookies["session"]
    assert (await show(amina, "000000", next="/groups")).headers["location"] == "/groups"
    assert amina.cookies["session"] == before
    eve = await signed_in("eve")
    assert (await eve.get("/second-factor")).headers["location"] == "/", "who has none is asked for none"


async def test_a_proof_asks_for_a_code_too_and_one_used_to_sign_in_does_not_work_again(forum, signed_in):
    app = await give_app(forum, "amina")
    amina = await signed_in("amina")
    code = app.code()
    await show(amina, code)
    for fields in {"password": PASSWORD}, {"password": PASSWORD, "code": code}, {"code": app.code(30)}:
        answer = await amina.send_form("/prove", **fields)
        assert answer.status_code == 422 and "is not right" in answer.text
    answer = await amina.send_form("/prove", password="not hers", code=app.code(30))
    assert answer.status_code == 422
    assert (await amina.send_form("/prove", password=PASSWORD, code=app.code(30))).status_code == 303, (
        "it was not spent"
    )
    assert (await amina.get("/groups")).status_code == 200


# Guessing


@with_settings(sign_in={"tries_per_account": 3})
async def test_guessing_is_slowed_wherever_it_comes_from_and_told(forum, signed_in):
    app = await give_app(forum, "amina")
    statuses = []
    for number in range(5):
        thief = await signed_in("amina", address=f"203.0.113.{number}")
        answer = await show(thief, "000000")
        statuses.append(answer.status_code)
    assert statuses == [422, 422, 422, 429, 429]
    assert answer.headers["retry-after"] == "900" and "quarter of an hour" in answer.text
    assert (await show(thief, app.code())).status_code == 429, "a right code is no way to find out"
    [(to, told)] = await letters(forum, "Somebody tries")
    assert to == AMINA and "/reset" in told


@with_settings(sign_in={"tries_per_account": 3})
async def test_strangers_never_keep_her_out_of_a_browser_or_a_place_that_she_used(forum, signed_in):
    app = await give_app(forum, "amina")
    amina = await signed_in("amina")
    await show(amina, app.code())
    await amina.send_form("/sign-out")
    for number in range(5):
        await show(await signed_in("amina", address=f"203.0.113.{number}"), "000000")
    advance(forum, minutes=1)
    assert (await sign_in(amina)).status_code == 303
    assert (await show(amina, app.code())).status_code == 303
    advance(forum, minutes=1)
    assert (await show(await signed_in("amina"), app.code())).status_code == 303, "from the same place"


async def test_a_password_alone_makes_no_browser_known(forum, signed_in):
    app = await give_app(forum, "amina")
    amina = await signed_in("amina")
    assert "device" not in amina.cookies
    await show(amina, app.code())
    assert "device" in amina.cookies
    assert "device" in (await signed_in("eve")).cookies


# Recovery codes


async def test_each_recovery_code_works_once_and_a_letter_says_how_many_are_left(forum, signed_in):
    await give_app(forum, "amina")
    codes = await give_codes(forum, "amina")
    amina = await signed_in("amina")
    assert (await amina.send_form("/second-factor", recovery=codes[0], next="/groups")).headers["location"] == "/groups"
    again = await amina.send_form("/sign-out")
    amina = await signed_in("amina")
    again = await amina.send_form("/second-factor", recovery=codes[0])
    assert again.status_code == 422 and 'id="recovery-problem"' in again.text
    [(to, told)] = await letters(forum, "recovery code was used")
    assert to == AMINA and "9 are left" in told and not [code for code in codes if code in told]
    assert (await amina.send_form("/second-factor", recovery=codes[1])).status_code == 303
    assert "8 of your recovery codes are left" in (await amina.get(OWN)).text


async def test_new_codes_end_the_old_ones(forum, signed_in):
    amina = await signed_in("amina")
    assert (await amina.send_form(f"{OWN}/codes")).status_code == 422, "there is nothing that they would stand for"
    _, old = await set_up(forum, amina)
    new = codes_on((await amina.send_form(f"{OWN}/codes")).text)
    assert len(new) == 10 and not set(new) & set(old)
    assert [to for to, _ in await letters(forum, "new recovery codes")] == [AMINA]
    phone = await signed_in("amina")
    assert (await show(phone, old[0])).status_code == 422
    assert (await show(phone, new[0])).status_code == 303
    kept = set(await RecoveryCode.all().values_list("code_hash", flat=True))
    assert len(kept) == 10 and not kept & {code.replace("-", "") for code in new}


# Taking it away


async def test_a_member_takes_it_away_and_with_it_the_codes(forum, signed_in):
    amina, held = await signed_in("amina"), await signed_in("amina")
    await set_up(forum, amina)
    assert (await held.get("/groups")).status_code == 303
    assert (await amina.send_form(f"{OWN}/app/remove")).headers["location"] == OWN
    assert not await Totp.exists() and not await RecoveryCode.exists()
    assert (await held.get("/groups")).headers["location"].startswith("/sign-in"), "it never showed a code"
    assert (await amina.get("/groups")).status_code == 200
    assert (await (await signed_in("amina")).get("/groups")).status_code == 200
    [(to, told)] = await letters(forum, "took a second factor away")
    assert to == AMINA and "an app that makes codes" in told
    assert (await amina.send_form(f"{OWN}/app/remove")).status_code == 422
    assert await acts("remove_factor") == ["remove_factor"]


@NEEDED
@pytest.mark.parametrize("name", ["priya", "tom", "ruth"])
async def test_staff_who_must_have_one_keep_the_last(forum, signed_in, name):
    staff = await signed_in(name)
    await set_up(forum, staff)
    page = (await staff.get(OWN)).text
    assert "Take the app away" not in page and "needs a second factor" in page
    answer = await staff.send_form(f"{OWN}/app/remove")
    assert answer.status_code == 422 and "Set another one up first" in answer.text
    assert await Totp.filter(confirmed_at__not_isnull=True).count() == 1 and await RecoveryCode.all().count() == 10
    assert not await acts("remove_factor")


@pytest.mark.parametrize("path", [f"{OWN}/app/begin", f"{OWN}/app", f"{OWN}/app/remove", f"{OWN}/codes"])
async def test_every_change_asks_for_a_fresh_proof(forum, signed_in, path):
    amina = await signed_in("amina")
    app, _ = await set_up(forum, amina)
    before = await Totp.get().values(), sorted(await RecoveryCode.all().values_list("code_hash", flat=True))
    advance(forum, minutes=16)
    answer = await amina.post(
        path, data={"code": app.code()}, headers={"origin": amina.site, "referer": f"{amina.site}{OWN}"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/prove?next={OWN}")
    assert before == (await Totp.get().values(), sorted(await RecoveryCode.all().values_list("code_hash", flat=True)))


# Staff


@NEEDED
@pytest.mark.parametrize("name", ["priya", "tom", "ruth"])
async def test_staff_set_one_up_before_their_pages_open(forum, signed_in, name):
    staff, thread = await signed_in(name), await thread_in("finance")
    for path in "/", "/groups", "/people", "/intelligence", f"/threads/{thread.id}", "/account", "/account/password":
        assert (await staff.get(path)).headers["location"].split("?")[0] == OWN, path
    assert (await staff.get(f"/threads/{thread.id}/changes?since=0")).status_code == 401
    page = (await staff.get(OWN)).text
    assert "Your role opens" in page
    main = page[page.index("<main") : page.index("</main>")]
    for path in re.findall(r'href="(/[^"]*)"', main):
        assert (await staff.get(path)).status_code == 200, "nothing there leads to a page that does not open"
    await set_up(forum, staff)
    assert (await staff.get("/groups")).status_code == 200
    assert "Your role opens" not in (await staff.get(OWN)).text


@NEEDED
@pytest.mark.parametrize("name", ["amina", "olu", "bethan"])
async def test_members_may_and_need_not(forum, signed_in, name):
    assert (await (await signed_in(name)).get("/groups")).status_code == 200


@pytest.mark.parametrize("name", ["priya", "ruth"])
async def test_where_staff_need_none_who_has_one_shows_it_still(forum, signed_in, name):
    app = await give_app(forum, name)
    staff = await signed_in(name)
    assert (await staff.get("/groups")).headers["location"] == "/second-factor?next=/groups"
    await show(staff, app.code())
    assert (await staff.get("/groups")).status_code == 200


# Beside the other ways in


async def test_a_reset_by_link_keeps_the_second_factor(forum, signed_in):
    app, _ = await give_app(forum, "amina"), await give_codes(forum, "amina")
    stranger = await signed_in(None)
    await stranger.send_form("/reset", email=AMINA)
    [(_, told)] = await letters(forum, "Set a new")
    link = re.search(r"http://127\.0\.0\.1:8000(/reset/\S+)", told).group(1)
    assert (await stranger.send_form(link, new=BETTER)).status_code == 303
    assert (await sign_in(stranger, password=BETTER)).status_code == 303
    assert (await stranger.get("/groups")).headers["location"] == "/second-factor?next=/groups"
    assert await RecoveryCode.filter(used_at=None).count() == 10
    await show(stranger, app.code())
    assert (await stranger.get("/groups")).status_code == 200
