"""`forum group`: groups and who is in them, from a terminal, beside a running service."""

from __future__ import annotations

import argparse
import re
from typing import Any

from forum.actions import groups
from forum.cli.account import act
from forum.errors import Invalid


def add_commands(commands: Any) -> None:
    acts = commands.add_parser("group", help="groups and who is in them").add_subparsers(required=True, metavar="ACT")
    create = acts.add_parser("create", help="make a group")
    create.add_argument("slug")
    create.add_argument("--name", required=True)
    create.add_argument("--purpose", default="")
    create.add_argument("--hidden", action="store_true", help="for anyone outside it does not exist")
    create.set_defaults(run=create_group)
    add = acts.add_parser("add", help="put a person into a group, or give them another role in it")
    add.add_argument("slug")
    add.add_argument("email")
    add.add_argument("--role", choices=groups.ROLES, default="member")
    add.set_defaults(run=add_member)
    remove = acts.add_parser("remove", help="take a person out of a group")
    remove.add_argument("slug")
    remove.add_argument("email")
    remove.add_argument("--reason", default="")
    remove.set_defaults(run=remove_member)


def create_group(arguments: argparse.Namespace) -> int:
    if not re.fullmatch("[a-z0-9][a-z0-9-]{0,59}", arguments.slug):
        raise Invalid("A group's slug has small letters, digits and hyphens only, such as adult-social-care.")
    visibility = "hidden" if arguments.hidden else "listed"
    act(lambda forum: groups.create_group(forum, arguments.slug, arguments.name, arguments.purpose, visibility))
    print(f"Made the group {arguments.slug}.")
    return 0


def add_member(arguments: argparse.Namespace) -> int:
    act(lambda forum: groups.add_member(forum, arguments.slug, arguments.email.lower(), arguments.role))
    print(f"{arguments.email} is {arguments.role} in {arguments.slug}.")
    return 0


def remove_member(arguments: argparse.Namespace) -> int:
    email, reason = arguments.email.lower(), arguments.reason or "removed from the terminal"
    act(lambda forum: groups.remove_member_by_email(forum, arguments.slug, email, reason))
    print(f"{arguments.email} is no longer in {arguments.slug}.")
    return 0
