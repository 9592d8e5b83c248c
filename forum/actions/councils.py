"""The domains that a council gives its councillors and staff addresses in. A domain belongs to one council."""

from __future__ import annotations

import re

from forum.actions import action, check_key, first_time
from forum.actions.people import check_name
from forum.audit import record
from forum.context import Forum
from forum.database import select
from forum.errors import Invalid, NotFound
from forum.models import Council, CouncilDomain
from forum.permissions import User, can_administer, require, user_now

WHO = "Only administrators may see and change councils' domains."
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")


ANYBODYS = {
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "live.co.uk", "msn.com",
    "yahoo.com", "yahoo.co.uk", "icloud.com", "me.com", "aol.com", "btinternet.com", "sky.com", "talktalk.net",
    "virginmedia.com", "proton.me", "protonmail.com", "gmx.com", "mail.com", "zoho.com",
}  # fmt: skip


def check_domain(typed: str) -> str:
    """The domain in lower case, or Invalid. One in other letters than a to z is written as its addresses are sent."""
    domain = typed.strip().lower().removeprefix("@").rstrip(".")
    if len(domain) > 253 or not DOMAIN.fullmatch(domain):
        raise Invalid({"domain": "Enter what stands behind the @ of an address, such as example.gov.uk."})
    if domain in ANYBODYS:
        raise Invalid({"domain": f"Anybody can have an address at {domain}: it says nothing about a council."})
    return domain


@action
async def add_council(forum: Forum, name: str, type: str, region: str) -> int:
    """One more council, from the terminal; its id. `type` and `region` are those that others have: figures are counted
    by them."""
    name = check_name(name)
    async with forum.write():
        for field, word in ("type", type), ("region", region):
            known = {getattr(council, field) for council in await Council.all()}
            if word not in known:
                raise Invalid(f"There is no {field} {word}: choose one of {', '.join(sorted(known))}.")
        if await Council.exists(name=name):
            raise Invalid(f"There is a council {name} already.")
        council = await Council.create(name=name, type=type, region=region)
        await record(forum, None, "add_council", "council", council.id)
    return int(council.id)


@action
async def add_domain(forum: Forum, user: User | None, council_id: int, domain: str, key: str = "") -> int:
    """Approve a domain: sign-ups from it are marked as matching this council. `user` is None for the terminal."""
    async with forum.write():
        if user is not None:
            require(can_administer(await user_now(user)), WHO)
        council = await Council.get_or_none(id=council_id)
        if council is None:
            raise NotFound
        domain = check_domain(domain)
        if user is not None:
            check_key(key)
            await first_time(forum, user, key, ("add domain", council_id, domain), council_id)
        added = await select(
            """INSERT INTO council_domain (council_id, domain) VALUES ($1, $2)
            ON CONFLICT (domain) DO NOTHING RETURNING id""",
            council_id,
            domain,
        )
        if not added:  # of two at once, too
            other = await CouncilDomain.get(domain=domain).select_related("council")
            raise Invalid({"domain": f"{domain} belongs to {other.council.name} already."})
        await record(forum, user, "add_domain", "council", council_id, domain=domain[:64])
    return council_id


@action
async def remove_domain(forum: Forum, user: User | None, council_id: int, domain_id: int, key: str = "") -> int:
    """Approve it no longer. Accounts that have an address in it stay."""
    async with forum.write():
        if user is not None:
            require(can_administer(await user_now(user)), WHO)
            check_key(key)
            await first_time(forum, user, key, ("remove domain", council_id, domain_id), council_id)
        removed = await CouncilDomain.get_or_none(id=domain_id, council_id=council_id)
        if removed is None:
            raise NotFound
        await removed.delete()
        await record(forum, user, "remove_domain", "council", council_id, domain=removed.domain[:64])
    return council_id
