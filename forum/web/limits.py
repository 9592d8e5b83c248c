"""How often somebody may try to sign in: slowed by account and by network address. Whatever strangers do, the owner may
still try: from a browser or place where the account was signed in before, and from a place that has not tried yet."""

from __future__ import annotations

import contextlib
import ipaddress
import logging

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from forum.settings import Settings

QUARTER_HOUR = 15
TRIES_OF_A_NEW_PLACE = 2
TRIES_OF_A_KNOWN_PLACE = 4  # times those of one that no account was signed in from
RESETS_PER_ADDRESS = 3
QUESTIONS_PER_TRY = 4
SIGN_UPS_PER_ADDRESS = 3
logger = logging.getLogger(__name__)


class SignInLimits:
    """Counts tries in this process, or in Redis for all processes when the settings name one. While Redis is away each
    process counts by itself: nobody is kept out, and tries are still few."""

    def __init__(self, settings: Settings) -> None:
        storage = _storage(settings.redis.url)
        away = storage.base_exceptions
        self._away = away if isinstance(away, tuple) else (away,)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._per_account = RateLimitItemPerMinute(settings.sign_in.tries_per_account, QUARTER_HOUR, "account")
        self._per_new_place = RateLimitItemPerMinute(TRIES_OF_A_NEW_PLACE, QUARTER_HOUR, "new place")
        self._per_address = RateLimitItemPerMinute(settings.sign_in.tries_per_address, QUARTER_HOUR, "address")
        self._per_known_place = RateLimitItemPerMinute(
            settings.sign_in.tries_per_address * TRIES_OF_A_KNOWN_PLACE, QUARTER_HOUR, "known place"
        )
        self._per_reset = RateLimitItemPerMinute(RESETS_PER_ADDRESS, QUARTER_HOUR, "reset")
        self._per_sign_up = RateLimitItemPerMinute(SIGN_UPS_PER_ADDRESS, QUARTER_HOUR, "sign-up")
        self._per_asking_place = RateLimitItemPerMinute(settings.sign_in.tries_per_address, QUARTER_HOUR, "asking")
        self._per_factor = RateLimitItemPerMinute(settings.sign_in.tries_per_account, QUARTER_HOUR, "factor")
        self._per_passkey = RateLimitItemPerMinute(settings.sign_in.tries_per_address, QUARTER_HOUR, "passkey")
        self._per_question = RateLimitItemPerMinute(
            settings.sign_in.tries_per_address * QUESTIONS_PER_TRY, QUARTER_HOUR, "question"
        )
        self._per_person = RateLimitItemPerMinute(settings.sign_in.tries_per_account, QUARTER_HOUR, "person")

    async def allow(self, email: str, place: str, known_by: str) -> bool:
        """Count one try and say whether it may go on. What the account is known by has a count of its own; the tries
        of all strangers are counted together. When a count is used up, a place still has the first two of its own. A
        place where many have signed in, such as a council's, has more tries for their accounts, but not any number."""
        if known_by != "device" and not await self._hit(
            self._per_known_place if known_by else self._per_address, place
        ):
            return False
        is_new = await self._hit(self._per_new_place, email, place)
        return await self._hit(self._per_account, email, known_by or "strangers") or is_new

    async def allow_reset(self, email: str, place: str) -> bool:
        """Count that somebody asks for a link to this address, whether it has an account or not. Who is kept from
        asking by strangers has the strangers' links in their letters."""
        return await self._hit(self._per_asking_place, place) and await self._hit(self._per_reset, email)

    async def allow_sign_up(self, email: str, place: str) -> bool:
        """As allow_reset, for who asks to join."""
        return await self._hit(self._per_asking_place, place) and await self._hit(self._per_sign_up, email)

    async def allow_proof(self, session_id: int) -> bool:
        """Count that somebody who is signed in shows their password again: it may be who found their browser open. It
        keeps the owner from nothing in another browser."""
        return await self._hit(self._per_person, str(session_id))

    async def allow_letter(self, person_id: int) -> bool:
        """Count that somebody who is signed in has a letter sent to whatever address they type."""
        return await self._hit(self._per_person, str(person_id))

    async def allow_factor(self, person_id: int, known_by: str) -> bool:
        """Count that somebody who knows the password shows a second factor. Strangers share one count wherever they
        are, so that they do not guess one; what got past it before has a count of its own."""
        return await self._hit(self._per_factor, str(person_id), known_by or "strangers")

    async def allow_passkey(self, *whose: str) -> bool:
        """Count that somebody answers with a passkey: a place, or what the account is known by. It cannot be guessed,
        so tries of strangers keep nobody else from theirs."""
        return await self._hit(self._per_passkey, *whose)

    async def allow_asking_passkey(self, place: str) -> bool:
        """Count that somebody wants to be asked for a passkey. Not all who are asked have one at hand."""
        return await self._hit(self._per_question, place)

    async def forget_factor(self, person_id: int, known_by: str) -> None:
        """As forget."""
        await self._clear(self._per_factor, str(person_id), known_by)

    async def forget(self, email: str, known_by: str) -> None:
        """A try was right: the count there begins anew. The strangers' count does not, or the owner's coming and going
        would give them new tries."""
        await self._clear(self._per_account, email, known_by)

    async def _clear(self, limit: RateLimitItem, whose: str, known_by: str) -> None:
        if known_by:
            await self._own.clear(limit, whose, known_by)
            with contextlib.suppress(*self._away):
                await self._limiter.clear(limit, whose, known_by)

    async def _hit(self, limit: RateLimitItem, *names: str) -> bool:
        try:
            return await self._limiter.hit(limit, *names)
        except self._away as fault:
            logger.warning("Sign-in limits cannot reach Redis: %s", fault)
            return await self._own.hit(limit, *names)


def network_of(address: str) -> str:
    """What counts as one address: for IPv6 the network of 2^64, which is one household or office."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped  # how a socket for both versions names an IPv4 address
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


def _storage(redis_url: str) -> Storage:
    if not redis_url:
        return MemoryStorage()
    from limits.aio.storage import RedisStorage

    return RedisStorage(f"async+{redis_url}", implementation="redispy")
