"""What people do. An action is a plain async function that says it: it asks permissions, then changes models inside
forum.write, forum.change or forum.end_right.

Every action is marked `@action`, which runs it to its end whatever happens to its caller and answers a repeated form as
the first time. Expensive work (hashing, Markdown) comes before the transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from forum.context import Forum
from forum.database import select
from forum.errors import Invalid
from forum.permissions import User

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Act = Callable[Concatenate[Forum, Arguments], Coroutine[Any, Any, Result]]


class Repeated(Exception):
    """This form was sent before: the transaction is undone and the first answer given again."""

    def __init__(self, answer: int) -> None:
        self.answer = answer


def action(act: Act[Arguments, Result]) -> Act[Arguments, Result]:
    @wraps(act)
    async def to_the_end(forum: Forum, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await forum.to_the_end(act(forum, *args, **kwargs))  # type: ignore[no-any-return]
        except Repeated as repeated:
            return repeated.answer  # type: ignore[return-value]

    return to_the_end


def check_key(key: str) -> None:
    """Invalid unless `key` is 22 to 64 URL-safe characters."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{22,64}", key):
        raise Invalid({"key": "This form has no valid key. Open the page again and send it from there."})


async def first_time(forum: Forum, user: User, key: str, words: tuple[Any, ...], answer: int) -> None:
    """Inside a transaction: keep that this person sent these words with this key, to be answered with `answer`.

    Repeated when they were sent before; Invalid when the key came with other words. Of two at once the second
    waits on the unique key until the first is committed.
    """
    words_hash = hashlib.sha256(msgspec.msgpack.encode(words)).hexdigest()
    inserted = await select(
        """INSERT INTO submission (person_id, key, words_hash, answer, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (person_id, key) DO NOTHING RETURNING id""",
        user.id,
        key,
        words_hash,
        answer,
        forum.clock(),
    )
    if inserted:
        return
    [earlier] = await select(
        "SELECT words_hash, answer FROM submission WHERE person_id = $1 AND key = $2", user.id, key
    )
    if earlier["words_hash"] != words_hash:
        raise Invalid(
            {"key": "This form was sent before with other words. Open the page again and send it from there."}
        )
    raise Repeated(earlier["answer"])
