"""Letters: rendered from templates/mail, sent by SMTP, or put into a folder where no server is named.

A letter says what happened and where to look; it never holds what was written in a group. Whatever a person wrote that
is in it (a name) stands in one line.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forum.moments import moment
from forum.settings import Settings, beside_package


class Refused(Exception):
    """The mail server will not take this letter, however often it is sent."""


class Mail:
    """Makes and sends letters for one service. `send` raises Refused, or OSError when it may be tried again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(beside_package("templates") / "mail"),
            autoescape=False,  # plain text
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["moment"] = lambda time: moment(datetime.fromisoformat(time))

    def letter(self, template: str, to: str, key: str, words: dict[str, Any]) -> EmailMessage:
        """The letter of templates/mail/NAME.txt, whose first line is its subject. `key` names it for good: a server
        that gets it twice can tell."""
        site = self._settings.site
        text = self._templates.get_template(f"{template}.txt").render(
            {name: one_line(word) for name, word in words.items()}
            | {"site": one_line(site.name), "url": site.url, "contact": site.contact}
        )
        subject, _, body = text.partition("\n")
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = one_line(subject)
        letter["From"] = formataddr((one_line(site.name), self._settings.mail.sender))
        letter["To"] = to
        letter["Date"] = datetime.now(UTC)
        letter["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{urlsplit(site.url).hostname}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body.lstrip("\n"))
        return letter

    async def send(self, letter: EmailMessage) -> None:
        if not self._settings.mail.host:
            await asyncio.to_thread(self._keep, letter)
            return
        mail = self._settings.mail
        try:
            async with asyncio.timeout(mail.timeout_seconds):  # in all: the library's own limit is for each answer
                await aiosmtplib.send(
                    letter,
                    hostname=mail.host,
                    port=mail.port,
                    username=mail.username or None,
                    password=mail.password or None,
                    use_tls=mail.security == "tls",
                    start_tls=mail.security == "starttls",
                    tls_context=ssl.create_default_context() if mail.security != "none" else None,
                    timeout=mail.timeout_seconds,
                )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as fault:
            codes = [refused.code for refused in getattr(fault, "recipients", [fault])]
            if all(500 <= code < 600 for code in codes):
                raise Refused(f"The mail server answered {codes}.") from None
            raise OSError(f"The mail server answered {codes}.") from None
        except aiosmtplib.SMTPException as fault:  # even when it is for good: our settings may be mended meanwhile
            raise OSError(f"The mail server cannot be used: {type(fault).__name__}.") from None

    def _keep(self, letter: EmailMessage) -> None:
        folder = self._settings.data / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(letter["Message-ID"]).strip("<>").split("@")[0]
        path = Path(folder / f"{name}.eml")
        path.write_bytes(letter.as_bytes())
        path.chmod(0o600)


def one_line(word: Any) -> Any:
    """A word without the line breaks that would begin another header or paragraph."""
    return " ".join(word.split()) if isinstance(word, str) else word
