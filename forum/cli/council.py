"""`forum council`: councils and the domains of their addresses, from a terminal, beside a running service."""

from __future__ import annotations

import argparse
from typing import Any

from forum.actions import councils
from forum.cli.account import act
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Council, CouncilDomain


def add_commands(commands: Any) -> None:
    acts = commands.add_parser("council", help="councils and the domains of their addresses")
    acts = acts.add_subparsers(required=True, metavar="ACT")
    acts.add_parser("list", help="list councils with their domains").set_defaults(run=list_councils)
    new = acts.add_parser("add", help="add a council that is not in the list")
    new.add_argument("name")
    new.add_argument("--type", required=True, help="such as unitary")
    new.add_argument("--region", required=True, help="such as Wales")
    new.set_defaults(run=add_council)
    add = acts.add_parser("add-domain", help="approve a domain: sign-ups from it match this council")
    add.add_argument("council", help="its name")
    add.add_argument("domain")
    add.set_defaults(run=add_domain)
    remove = acts.add_parser("remove-domain", help="approve a domain no longer; accounts stay")
    remove.add_argument("domain")
    remove.set_defaults(run=remove_domain)


def list_councils(arguments: argparse.Namespace) -> int:
    async def show(forum: Forum) -> None:
        domains: dict[int, list[str]] = {}
        for domain in await CouncilDomain.all().order_by("domain"):
            domains.setdefault(domain.council_id, []).append(domain.domain)
        for council in await Council.all().order_by("name"):
            print(f"{council.name}  {', '.join(domains.get(council.id, [])) or 'no domain'}")

    act(show)
    return 0


def add_council(arguments: argparse.Namespace) -> int:
    act(lambda forum: councils.add_council(forum, arguments.name, arguments.type, arguments.region))
    print(f"Added {arguments.name}.")
    return 0


def add_domain(arguments: argparse.Namespace) -> int:
    async def add(forum: Forum) -> None:
        council = await Council.get_or_none(name=arguments.council)
        if council is None:
            raise Invalid(f"There is no council {arguments.council}.")
        await councils.add_domain(forum, None, council.id, arguments.domain)

    act(add)
    print(f"Approved {arguments.domain} for {arguments.council}.")
    return 0


def remove_domain(arguments: argparse.Namespace) -> int:
    async def remove(forum: Forum) -> None:
        domain = await CouncilDomain.get_or_none(domain=arguments.domain.lower())
        if domain is None:
            raise Invalid(f"No council has the domain {arguments.domain}.")
        await councils.remove_domain(forum, None, domain.council_id, domain.id)

    act(remove)
    print(f"{arguments.domain} is approved no longer.")
    return 0
