"""`forum invite`: invitations from a terminal, one or a list, by the same actions as the pages. A link is in its letter
only: it is not printed.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from forum.actions.groups import ROLES
from forum.actions.invitations import invite
from forum.actions.invited_lines import decoded
from forum.actions.inviting import door_of_service
from forum.actions.inviting_lists import Plan, find_council, invite_list, plan_list, read_list
from forum.context import open_forum
from forum.errors import Invalid
from forum.settings import load


def add_commands(commands: Any) -> None:
    parser = commands.add_parser("invite", help="let somebody in by a letter, or a list of people")
    parser.add_argument("email", nargs="?", help="the address of one person")
    parser.add_argument("--name", help="the name of that person")
    parser.add_argument("--council", help="the council's name, for a councillor")
    parser.add_argument("--list", type=Path, metavar="FILE", help="CSV or text: email, name and council of many")
    parser.add_argument("--dry-run", action="store_true", help="with --list: only say what would happen")
    parser.add_argument("--group", default="", help="the slug of the group that they come into")
    parser.add_argument("--role", choices=ROLES, default="member")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    is_list = arguments.list is not None
    if is_list == (arguments.email is not None):
        raise Invalid("Give the address of one person, or a list with --list FILE.")
    if is_list and (arguments.name or arguments.council):
        raise Invalid("In a list each line says the name and the council.")
    if not is_list and (arguments.dry_run or not arguments.name):
        raise Invalid("--dry-run goes with --list." if arguments.dry_run else "Give the name with --name.")
    return asyncio.run(_many(arguments) if is_list else _one(arguments))


async def _one(arguments: argparse.Namespace) -> int:
    async with open_forum(load()) as forum:
        council_id = await find_council(arguments.council) if arguments.council else None
        who = (arguments.email, arguments.name, council_id, arguments.role)
        await invite(forum, None, arguments.group, False, *who)
    print(f"Invited {arguments.email}. The letter is on its way.")
    return 0


async def _many(arguments: argparse.Namespace) -> int:
    text = decoded(arguments.list.read_bytes())
    async with open_forum(load()) as forum:
        door = await door_of_service(None, arguments.group)
        plan = await plan_list(forum, door, await read_list(text))
        _print(plan)
        if faults := plan.count("fault"):
            raise Invalid(f"Nobody was invited: {faults} {'line has a fault' if faults == 1 else 'lines have faults'}.")
        if arguments.dry_run:
            print(f"{_people(len(plan.invited))} would be invited.")
            return 0
        invited = await invite_list(forum, None, arguments.group, False, text, arguments.role, plan.shown)
    print(f"Invited {_people(invited)}. The letters are on their way.")
    return 0


def _print(plan: Plan) -> None:
    for step in plan.steps:
        said = step.standing.words if step.standing.is_invited else f"Not invited. {step.standing.words}"
        end = "" if said.endswith("?") else "."
        print(f"Line {step.line.number}: {step.line.email or step.line.name}: {said}{end}")


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
