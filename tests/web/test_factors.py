"""Something one has, besides the password: an app on the phone, and codes on paper for the day when it is gone."""

import re

import pytest

from forum.models import RecoveryCode, Totp
from tests.apps import OWN, acts, advance, codes_on, give_app, letters, set_up, show, sign_in, stand_still
from tests.cast import thread_in
from tests.conftest import with_settings

AMINA = "amina@demo.example"
NEEDED = with_settings(sign_in={"second_factor": True})
pytestmark = pytest.mark.usefixtures("letters_by_hand")


@pytest.fixture(autouse=True)
def still(forum) -> None:
    stand_still(forum)


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


# Recovery codes


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
