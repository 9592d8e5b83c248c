"""Somebody who signs up, as tests play it: the form, the letter, the button."""

import re

from forum.actions.applications import SHOWN_FOR, take_application
from forum.actions.sessions import hash_token
from forum.actions.vouching import ask_sponsor
from forum.models import Application, Council, CouncilDomain, Person
from tests.cast import Browser, new_key
from tests.hard_words import LONG
from tests.post_office import empty_the_queue, kept_letters, text_of

MAEVE = "maeve@leeds.example"
WAITS = "Somebody asks to join"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/sign-up/\S+)")


async def letters(forum) -> list[tuple[str, str, str]]:
    """Those that came since somebody last looked: to whom, about what, and the words. Administrators hear of each day's
    first sign-up too; that is a story of its own."""
    await empty_the_queue(forum, sign_up=take_application, ask_sponsor=ask_sponsor)
    found = [(letter["To"], letter["Subject"], text_of(letter)) for letter in kept_letters(forum)]
    for path in (forum.settings.data / "mail").glob("*.eml"):
        path.unlink()
    return [letter for letter in found if letter[1] != WAITS]


async def fields(email=MAEVE, council="Leeds", **changed) -> dict[str, str]:
    """What the form of /sign-up takes."""
    found = str((await Council.get(name=council)).id) if council else "none"
    words = {
        "name": "Maeve Byrne", "email": email, "council": found, "position": "Councillor for adult social care",
        "why": "To learn from others.", "sponsor": "", "key": new_key(),
    }  # fmt: skip
    return words | changed


async def ask(browser: Browser, email=MAEVE, council="Leeds", **changed):
    return await browser.send_form("/sign-up", **await fields(email, council, **changed))


async def link_for(forum, browser: Browser, email=MAEVE, council="Leeds", **changed) -> str:
    """Ask, and open the letter."""
    answer = await ask(browser, email, council, **changed)
    assert answer.status_code == 200, answer.text
    [(to, _, words)] = await letters(forum)
    assert to == email
    return LINK.search(words)[1]


async def signed_up(forum, browser: Browser, email=MAEVE, council="Leeds", **changed) -> Application:
    """Ask, and prove the address."""
    link = await link_for(forum, browser, email, council, **changed)
    assert (await browser.send_form(link)).status_code == 303
    return await Application.filter(email=email).order_by("-created_at").first()


async def approve_domain(domain="leeds.example", council="Leeds") -> None:
    await CouncilDomain.create(council=await Council.get(name=council), domain=domain)


async def waiting_application(forum, sponsor: str = "", email=MAEVE, council="Leeds", **changed) -> int:
    """One that is proven, without the letters: its id. `sponsor` is a name of the cast."""
    now = forum.clock()
    words = {
        "email": email, "name": "Maeve Byrne", "position": "Councillor for adult social care",
        "why": "To learn from others.", "council_id": (await Council.get(name=council)).id,
        "sponsor_email": f"{sponsor}@demo.example" if sponsor else "", "token_hash": hash_token(f"{email}{sponsor}"),
        "created_at": now, "proven_at": now, "expires_at": now + SHOWN_FOR,
    }  # fmt: skip
    found = words | changed
    if found.get("matches_domain"):
        domain = str(found["email"]).partition("@")[2]
        await CouncilDomain.get_or_create(domain=domain, defaults={"council_id": found["council_id"]})
    return (await Application.create(**found)).id


async def build_sign_ups(forum) -> None:
    """A sign-up in each state, as if its letters had been read: the token of each is its state. Gareth is asked about
    one, and Siân about one with hard words."""
    gareth, now = await Person.get(email="gareth@demo.example"), forum.clock()
    vouched = {"sponsor_id": gareth.id, "sponsored_at": now}
    refused = {"decision": "refused", "decided_at": now, "reason": f"<b>{LONG * 3}</b>\n{LONG}"}
    hard = {"name": "W" * 120, "position": LONG * 2, "why": f"<b>{LONG * 4}</b>"}
    for number, (state, changed) in enumerate({
        "unproven": {"proven_at": None}, "unproven-hard": hard | {"proven_at": None}, "nobody": {"council_id": None},
        "sponsor": {"sponsor_email": "gareth@demo.example"}, "hard": hard | {"sponsor_email": "sian@demo.example"},
        "decision": {"matches_domain": True}, "vouched": {"sponsor_email": "gareth@demo.example"} | vouched,
        "declined": vouched | {"sponsored_at": None},
        "approved": {"decision": "approved", "decided_at": now, "reason": "Known.", "matches_domain": True},
        "refused": hard | refused, "emptied": refused | dict.fromkeys(["name", "position", "why", "reason"], ""),
    }.items(), 7001):  # fmt: skip
        email = "" if state == "emptied" else "m" * 60 + f"@{state}.example"
        words = {"name": f"Maeve Byrne {number}", "email": email, "token_hash": hash_token(state), "id": number}
        await waiting_application(forum, **words | changed)
