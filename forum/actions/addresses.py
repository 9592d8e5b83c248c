"""Another address for one's account: asked with the password, proven by a link, told to the old and the new one.

Whether an address belongs to somebody else is not said before who holds it has followed the link.
"""

from __future__ import annotations

from tortoise.exceptions import IntegrityError

from forum.actions import action
from forum.actions.letters import post_letter
from forum.actions.links import find_link, make_link, use_link, use_up_links
from forum.actions.passwords import require_password
from forum.actions.people import check_email
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Person
from forum.permissions import User, user_now

TAKEN = "There is another account with this address. Ask for the change again, with an address of your own."


@action
async def ask_address(forum: Forum, user: User, password: str, email: str) -> str:
    """Send a link to the new address, which is returned as accounts keep it. What was asked for before is off."""
    email = check_email(email)
    person = await require_password(forum, user, password)
    if email == person.email:
        raise Invalid({"email": "This is your address already."})
    async with forum.write():
        await use_up_links(forum, user.id, "address")
        await user_now(user)
        link_id, token = await make_link(forum, "address", user.id, email)
        await post_letter(forum, "address-link", email, str(link_id), name=person.name, token=token)
        await post_letter(forum, "address-asked", person.email, str(link_id), name=person.name, at=forum.clock())
        await record(forum, user, "ask_address", "person", user.id)
    return email


@action
async def change_address(forum: Forum, token: str) -> tuple[int, str]:
    """Whose address changed, and to what. NotFound when the link does not work (any longer)."""
    found = await find_link(forum, "address", token)
    if found is None:
        raise NotFound
    link, person = found
    try:
        async with forum.write():
            if not await use_link(forum, link.id):
                raise NotFound
            if await Person.exists(email=link.email):
                raise Invalid(TAKEN)
            await Person.filter(id=person.id).update(email=link.email)
            for number, address in enumerate((person.email, link.email)):
                key = f"{link.id}:{number}"
                await post_letter(forum, "address-changed", address, key, name=person.name, at=forum.clock())
            await record(forum, person, "change_address", "person", person.id)
    except IntegrityError:  # somebody else took it in this moment
        raise Invalid(TAKEN) from None
    return person.id, link.email
