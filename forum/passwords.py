"""argon2id off the event loop, a few at once: each hash takes its memory and a core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forum.password_rules import LONGEST, normal
from forum.settings import Passwords as PasswordSettings

Result = TypeVar("Result")


class Passwords:
    def __init__(self, settings: PasswordSettings) -> None:
        self._hasher = PasswordHasher(time_cost=settings.passes, memory_cost=settings.memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash("the password of nobody")

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to the `stored` hash. Without one (an unknown address) it takes as long."""
        password = normal(password)
        if len(password) > LONGEST:  # it is nobody's: cut off, it might become somebody's
            stored, password = None, password[:LONGEST]
        try:
            await self._run(self._hasher.verify, stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the settings ask for a stronger hash than this one."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., Result], *arguments: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
