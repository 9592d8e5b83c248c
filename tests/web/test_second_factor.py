"""After the password: the second factor is shown, once each code, and not guessed."""

import re

import pytest

from forum.models import RecoveryCode, Session, Totp
from tests.apps import OWN, acts, advance, give_app, give_codes, letters, show, sign_in, stand_still
from tests.cast import PASSWORD, thread_in, user
from tests.conftest import with_settings

AMINA, BETTER = "amina@demo.example", "purple turnips in the attic"
NEEDED = with_settings(sign_in={"second_factor": True})
pytestmark = pytest.mark.usefixtures("letters_by_hand")


@pytest.fixture(autouse=True)
def still(forum) -> None:
    stand_still(forum)


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
