"""The command line. Commands call the same actions as the pages; exit status 2: words or a setting are wrong."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import NoReturn

from tortoise.exceptions import BaseORMException, ValidationError

from forum.cli import account, archive, audit, council, database, demo, group, invite, serve, terms
from forum.errors import Invalid, Misconfigured, NotFound


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(words: list[str] | None = None) -> int:
    parser = Parser(prog="forum", description="The councillors' hub.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for module in (serve, demo, database, account, group, council, invite, terms, archive, audit):
        module.add_commands(commands)
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        return int(arguments.run(arguments))
    except (Misconfigured, Invalid) as fault:
        return _say(str(fault), 2)
    except NotFound:
        return _say("There is no such thing, or it has ended already.", 2)
    except (ValidationError, UnicodeEncodeError) as fault:
        return _say(f"A word is too long, or not UTF-8: {fault}", 2)
    except (BaseORMException, OSError) as fault:
        return _say(f"It failed: {fault}", 1)
    except KeyboardInterrupt:
        return 130


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status
