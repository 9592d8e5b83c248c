"""Another address for one's account: asked with a fresh proof, proven by a link, told to the old and the new one.

Whether an address belongs to somebody else is not said before who holds it has followed the link. Invitations to the
address that was given up end with it: its mailbox may be somebody else's by then.
"""

from __future__ import annotations

from tortoise.exceptions import IntegrityError

from forum.actions import action
from forum.actions.inviting import open_invitations
from forum.actions.letters import post_letter
from forum.actions.links import find_link, make_link, use_link, use_up_links
from forum.actions.people import check_email
from forum.actions.proofs import require_proof
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid, NotFound
from forum.models import Person
from forum.permissions import User, user_now

TAKEN = "There is another account with this address. Ask for the change again, with an address of your own."


@action
async def ask_address(forum: Forum, user: User, email: str) -> str:
    """Send a link to the new address, which is returned as accounts keep it. What was asked for before is off."""
    require_proof(forum, user)
    email = check_email(email)
    person = await Person.get(id=user.id)
    if email == person.email:
        raise Invalid({"email": "This is your address already."})
    async with forum.write():
        await use_up_links(forum, user.id, "address")
        await user_now(user)
        link_id, token = await make_link(forum, "address", user.id, email)
        await post_letter(forum, "address-link", email, str(link_id), token=token)
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
            # Before the person: who comes in by one locks them in this order.
            await open_invitations().filter(email=person.email).update(withdrawn_at=forum.clock())
            await Person.filter(id=person.id).update(email=link.email)
            for number, address in enumerate((person.email, link.email)):
                key = f"{link.id}:{number}"
                await post_letter(forum, "address-changed", address, key, name=person.name, at=forum.clock())
            await record(forum, person, "change_address", "person", person.id)
    except IntegrityError:  # somebody else took it in this moment
        raise Invalid(TAKEN) from None
    return person.id, link.email
