"""`forum account`: what an administrator does with accounts from a terminal, beside a running service."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from forum.actions import people, standing
from forum.context import Forum, open_forum
from forum.settings import load


def add_commands(commands: Any) -> None:
    acts = commands.add_parser("account", help="accounts of people").add_subparsers(required=True, metavar="ACT")
    create = acts.add_parser("create", help="make an account")
    create.add_argument("email")
    create.add_argument("--name", required=True)
    create.add_argument("--council", help="the council's name, for a councillor")
    create.add_argument("--role", choices=people.SITE_ROLES)
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


def create_account(arguments: argparse.Namespace) -> int:
    password = read_password() if arguments.password_stdin else None
    details = (arguments.name, arguments.council, arguments.role, password)
    act(lambda forum: people.create_account(forum, arguments.email, *details))
    print(f"Made the account {arguments.email}.")
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


def decide(arguments: argparse.Namespace) -> int:
    act(lambda forum: standing.decide(forum, None, arguments.email, arguments.step, arguments.reason))
    print(f"{arguments.step.capitalize()}{'d' if arguments.step.endswith('e') else 'ed'} {arguments.email}.")
    return 0


def read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def act(what: Callable[[Forum], Coroutine[Any, Any, Any]]) -> None:
    """Open the service's database, do one thing, and let open pages feel it."""

    async def do() -> None:
        async with open_forum(load()) as forum:
            await what(forum)

    asyncio.run(do())
