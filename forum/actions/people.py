"""Accounts, as the terminal makes and ends them."""

from __future__ import annotations

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from forum.actions import action
from forum.actions.passwords import hash_for, new_hash, put_password
from forum.audit import record
from forum.context import Forum
from forum.errors import Invalid
from forum.markup import as_text
from forum.models import Council, Person
from forum.models.ids import new_id

SITE_ROLES = ("analyst", "administrator")


def people_named(words: Iterable[str]) -> QuerySet[Person]:
    """Those whose name or address has each of these words in it."""
    found = Person.all()
    for typed in words:
        found = found.filter(Q(name__icontains=typed) | Q(email__icontains=typed))
    return found


def check_email(email: str) -> str:
    """The address as accounts keep it, in lower case, or Invalid."""
    try:
        found = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid({"email": "Enter an email address such as name@example.org."}) from None
    return found.normalized.lower()


def check_name(name: str) -> str:
    """The name of a person or a group on one line, or Invalid."""
    try:
        name = " ".join(as_text(name).split())
    except ValueError as fault:
        raise Invalid({"name": f"The name {fault}."}) from None
    if not 1 <= len(name) <= 120:
        raise Invalid({"name": "Give a name of 1 to 120 characters."})
    return name


@action
async def create_account(
    forum: Forum, email: str, name: str, council: str | None, site_role: str | None, password: str | None
) -> int:
    """A new account and its id. `council` is a council's name; without a password nobody can sign in to it yet."""
    email, name = check_email(email), check_name(name)
    password_hash = await new_hash(forum, password, name, email, council) if password is not None else None
    async with forum.write():
        if await Person.exists(email=email):
            raise Invalid({"email": f"There is an account {email} already."})
        sits_on = await Council.get_or_none(name=council) if council else None
        if council and sits_on is None:
            raise Invalid({"council": f"There is no council {council} in the list."})
        person_id = new_id()
        await Person.create(
            id=person_id,
            email=email,
            name=name,
            council_id=sits_on.id if sits_on else None,
            site_role=site_role,
            password_hash=password_hash,
            created_at=forum.clock(),
        )
        await record(forum, None, "create_account", "person", person_id, role=site_role)
    return person_id


@action
async def set_password(forum: Forum, email: str, password: str) -> None:
    """Another password; whoever is signed in to the account is signed out."""
    person = await Person.get_or_none(email=email.lower()).select_related("council")
    password_hash = await (hash_for(forum, person, password) if person else new_hash(forum, password))
    if person is None:
        raise Invalid(f"There is no account {email}.")
    async with forum.end_right():
        await put_password(forum, person, password_hash)
        await record(forum, None, "set_password", "person", person.id)
