"""`forum account`: what an administrator does with accounts from a terminal, beside a running service."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from forum.actions import deciding, people, standing
from forum.context import Forum, open_forum
from forum.models import Application
from forum.settings import load


def add_commands(commands: Any) -> None:
    acts = commands.add_parser("account", help="accounts of people").add_subparsers(required=True, metavar="ACT")
    create = acts.add_parser("create", help="make an account")
    create.add_argument("email")
    create.add_argument("--name", required=True)
    create.add_argument("--council", help="the council's name, for a councillor")
    roles = create.add_mutually_exclusive_group()
    roles.add_argument("--role", choices=people.SITE_ROLES)
    roles.add_argument("--administrator", dest="role", action="store_const", const="administrator")
    create.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    create.set_defaults(run=create_account)
    password = acts.add_parser("set-password", help="give an account another password and sign it out")
    password.add_argument("email")
    password.add_argument("--password-stdin", action="store_true", required=True)
    password.set_defaults(run=set_password)
    role = acts.add_parser("role", help="give an account a role on the service, or with none take it")
    role.add_argument("email")
    role.add_argument("role", choices=(*people.SITE_ROLES, "none"))
    role.add_argument("--reason", default="")
    role.set_defaults(run=set_role)
    for name, run, help_words in (
        ("sign-out", sign_out, "sign an account out in all browsers"),
        ("reset-factors", reset_factors, "take the second factor of somebody who lost it, and sign them out"),
    ):
        parser = acts.add_parser(name, help=help_words)
        parser.add_argument("email")
        parser.add_argument("--reason", default="")
        parser.set_defaults(run=run)
    listed = acts.add_parser("list", help="list accounts, or those whose name or address has these words in it")
    listed.add_argument("words", nargs="*")
    listed.set_defaults(run=list_accounts)
    for step, help_words in (
        ("suspend", "shut an account out at once"),
        ("reinstate", "let a suspended account in again"),
        ("deactivate", "end an account for whoever left; what they wrote stays"),
        ("reactivate", "begin it again, with its groups as before"),
    ):
        parser = acts.add_parser(step, help=help_words)
        parser.add_argument("email")
        parser.add_argument("--reason", default="")
        parser.set_defaults(run=decide, step=step)
    acts.add_parser("applications", help="list the sign-ups that wait for a decision").set_defaults(run=applications)
    for decision, help_words in (
        ("approve", "let in who signed up: they get an invitation"),
        ("refuse", "refuse a sign-up: the person is told the reason"),
    ):
        parser = acts.add_parser(decision, help=help_words)
        parser.add_argument("email")
        parser.add_argument("--reason", default="")
        parser.set_defaults(run=decide_application, decision=decision)


def create_account(arguments: argparse.Namespace) -> int:
    password = read_password() if arguments.password_stdin else None
    details = (arguments.name, arguments.council, arguments.role, password)
    act(lambda forum: people.create_account(forum, arguments.email, *details))
    print(f"Made the account {arguments.email}.")
    if password is None:
        print("It has no password yet: `forum invite` sends a link to choose one, or use `forum account set-password`.")
    return 0


def set_password(arguments: argparse.Namespace) -> int:
    password = read_password()
    act(lambda forum: people.set_password(forum, arguments.email, password))
    print(f"Set the password of {arguments.email} and signed it out.")
    return 0


def set_role(arguments: argparse.Namespace) -> int:
    role = None if arguments.role == "none" else arguments.role
    act(lambda forum: standing.set_site_role(forum, None, arguments.email, role, arguments.reason))
    print(f"{arguments.email} has {'no role' if role is None else f'the role {role}'} on the service.")
    return 0


def reset_factors(arguments: argparse.Namespace) -> int:
    act(lambda forum: standing.reset_factors(forum, None, arguments.email, arguments.reason))
    print(f"{arguments.email} has no second factor any longer, and can set up another.")
    return 0


def sign_out(arguments: argparse.Namespace) -> int:
    act(lambda forum: standing.sign_out_everywhere(forum, None, arguments.email, arguments.reason))
    print(f"Signed {arguments.email} out everywhere.")
    return 0


def list_accounts(arguments: argparse.Namespace) -> int:
    async def show(forum: Forum) -> None:
        async for person in people.people_named(arguments.words).order_by("email").select_related("council"):
            state = "deactivated" if person.deactivated_at else "suspended" if person.suspended_at else "active"
            council = person.council.name if person.council else "no council"
            print(f"{person.email}  {person.name}, {council}, {person.site_role or 'no role on the service'}, {state}")

    act(show)
    return 0


def decide(arguments: argparse.Namespace) -> int:
    act(lambda forum: standing.decide(forum, None, arguments.email, arguments.step, arguments.reason))
    print(f"{arguments.step.capitalize()}{'d' if arguments.step.endswith('e') else 'ed'} {arguments.email}.")
    return 0


def applications(arguments: argparse.Namespace) -> int:
    def known_by(application: Application) -> str:
        if application.matches_domain:
            return "domain match"
        return "a member vouched" if application.sponsored_at else "known by nobody yet"

    async def show(forum: Forum) -> None:
        for one in await deciding.waiting_applications():
            council = one.council.name if one.council else "not on a council"
            print(f"{one.created_at:%Y-%m-%d}  {one.email}  {one.name}, {council}, {one.position}: {known_by(one)}")

    act(show)
    return 0


def decide_application(arguments: argparse.Namespace) -> int:
    words = (arguments.email, arguments.decision, arguments.reason)
    act(lambda forum: deciding.decide_application(forum, None, *words))
    print(f"{deciding.DECISIONS[arguments.decision].capitalize()} {arguments.email}.")
    return 0


def read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def act(what: Callable[[Forum], Coroutine[Any, Any, Any]]) -> None:
    """Open the service's database, do one thing, and let open pages feel it."""

    async def do() -> None:
        async with open_forum(load()) as forum:
            await what(forum)

    asyncio.run(do())
