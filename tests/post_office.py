"""A mail server as a test wants it: it takes letters, refuses them, or hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from forum.actions.jobs import do_one
from forum.actions.letters import send_letter
from forum.context import Forum

HANDLERS = {"letter": send_letter}


class PostOffice:
    """`letters` are those it took. `answers` are what it says to the next addresses instead of taking them; while
    `hangs` it says nothing at all, and it thinks `slowness` seconds before it says anything."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.hangs = False
        self.slowness = 0.0
        self.patience = 20.0  # of who sends to it
        self.port = 0
        self._is_let_go = asyncio.Event()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        await asyncio.sleep(self.slowness)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        await asyncio.sleep(self.slowness)
        if self.hangs:
            await self._is_let_go.wait()
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.slowness)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert [letter["To"]] == envelope.rcpt_tos
        self.letters.append(letter)
        return "250 OK"

    def let_go(self) -> None:
        self._is_let_go.set()

    @property
    def settings(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "security": "none", "timeout_seconds": self.patience}


@asynccontextmanager
async def open_post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(office), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        office.let_go()
        server.close()


async def empty_the_queue(forum: Forum, **more: Any) -> int:
    """Do all that is due, and say how many jobs that were."""
    done = 0
    while await do_one(forum, HANDLERS | more):
        done += 1
    return done


def kept_letters(forum: Forum) -> list[EmailMessage]:
    """The letters in the folder of a service without a mail server."""
    paths = Path(forum.settings.data / "mail").glob("*.eml")
    return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")
