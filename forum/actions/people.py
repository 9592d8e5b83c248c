"""Accounts, as the terminal makes and ends them."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from forum.actions import action
from forum.context import Forum
from forum.errors import Invalid
from forum.markup import as_text
from forum.models import Council, Person, Session
from forum.models.ids import new_id

SITE_ROLES = ("analyst", "administrator")
PASSWORD = (12, 128)


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


def check_password(password: str) -> str:
    if not PASSWORD[0] <= len(password) <= PASSWORD[1]:
        raise Invalid({"password": f"Choose a password of {PASSWORD[0]} to {PASSWORD[1]} characters."})
    return password


@action
async def create_account(
    forum: Forum, email: str, name: str, council: str | None, site_role: str | None, password: str | None
) -> int:
    """A new account and its id. `council` is a council's name; without a password nobody can sign in to it yet."""
    email, name = check_email(email), check_name(name)
    password_hash = await forum.passwords.hash(check_password(password)) if password is not None else None
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
    return person_id


@action
async def set_password(forum: Forum, email: str, password: str) -> None:
    """Another password; whoever is signed in to the account is signed out."""
    password_hash = await forum.passwords.hash(check_password(password))
    async with forum.end_right():
        person_id = await _account(email)
        await Person.filter(id=person_id).update(password_hash=password_hash)
        await Session.filter(person_id=person_id, ended_at=None).update(ended_at=forum.clock())


@action
async def suspend_account(forum: Forum, email: str) -> None:
    """Shut an account out at once, everywhere."""
    async with forum.end_right():
        person_id = await _account(email)
        await Person.filter(id=person_id).update(suspended_at=forum.clock())
        await Session.filter(person_id=person_id, ended_at=None).update(ended_at=forum.clock())


async def _account(email: str) -> int:
    person = await Person.get_or_none(email=email.lower())
    if person is None:
        raise Invalid(f"There is no account {email}.")
    return int(person.id)
