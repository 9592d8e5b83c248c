"""What a request brings, read with care: forms, words, numbers. Whatever cannot be read is refused in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request

from forum.context import Forum
from forum.errors import Invalid
from forum.markup import as_text
from forum.permissions import User

MOST_FIELDS = 200
MOST_PARTS, MOST_PART_BYTES = 20, 2**20


class IdConvertor(Convertor[int]):
    """Ids in addresses: what no database can hold matches no route."""

    regex = "[1-9][0-9]{0,15}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class SlugConvertor(Convertor[str]):
    regex = "[a-z0-9][a-z0-9-]{0,59}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id", IdConvertor())
register_url_convertor("slug", SlugConvertor())


def forum_of(request: Request) -> Forum:
    return request.app.state.forum  # type: ignore[no-any-return]


def user_of(request: Request) -> User:
    return request.scope["user"]  # type: ignore[no-any-return]


class Form(dict[str, str]):
    """The fields of a form, each once; `ticked` holds the values of the one field that may come several times."""

    ticked: list[str]

    def word(self, name: str) -> str:
        """A value that is looked up rather than stored: trimmed, "" when absent. Invalid for unreadable characters."""
        return word(self, name)

    def number(self, name: str) -> int | None:
        """A whole number from 0, or None when the field is absent or empty. Invalid for anything else."""
        return number(self, name)

    @property
    def key(self) -> str:
        return self.word("key")

    @property
    def quotable(self) -> bool:
        return self.get("quotable") == "yes"


async def read_form(request: Request, ticks: str = "") -> Form:
    """The form of a request. 415 unless it is URL-encoded; Invalid for a field that comes twice, except `ticks`."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if content_type != "application/x-www-form-urlencoded" and body:
        raise HTTPException(415, "Send this form as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS, separator="&"
        )
    except ValueError:
        raise Invalid("This form cannot be read: it has too many fields, or characters that are not UTF-8.") from None
    form = Form()
    form.ticked = []
    for name, value in pairs:
        if ticks and name == ticks:
            form.ticked.append(value)
        elif name in form:
            raise Invalid(f"The field “{name[:40]}” came more than once. Send it once.")
        else:
            form[name] = value
    return form


async def read_upload(request: Request, field: str) -> tuple[Form, bytes]:
    """The fields of a form that carries a file, and the file; b"" when none was chosen. Each field comes once.

    415 unless it is multipart; Invalid for one that cannot be read. How long it may be all in all, BodyLimit says.
    """
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "multipart/form-data":
        raise HTTPException(415, "Send this form as multipart/form-data.")
    form, content = Form(), b""
    form.ticked = []
    try:
        async with request.form(max_files=1, max_fields=MOST_PARTS, max_part_size=MOST_PART_BYTES) as parts:
            for name, value in parts.multi_items():
                if name in form or (not isinstance(value, str) and (content or name != field)):
                    raise Invalid(f"The field “{name[:40]}” came more than once, or with a file. Send it once.")
                if isinstance(value, str):
                    form[name] = value
                else:
                    content = await value.read()
    except HTTPException as fault:
        if fault.status_code != 400:
            raise  # it is too long
        raise Invalid("This form cannot be read: open the page again and send it from there.") from None
    return form, content


def word(values: Mapping[str, str], name: str) -> str:
    try:
        return as_text(values.get(name, "")).strip()
    except ValueError as fault:
        raise Invalid({name: f"This {fault}."}) from None


def number(values: Mapping[str, str], name: str) -> int | None:
    value = word(values, name)
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,16}", value):
        raise Invalid({name: "This must be a whole number."})
    return int(value)
