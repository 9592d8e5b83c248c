"""How often somebody may try to sign in: slowed by account and by network address, and never locked out of a place
where the account was signed in before."""

from __future__ import annotations

import ipaddress

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from forum.settings import Settings

QUARTER_HOUR = 15


class SignInLimits:
    """Counts tries in this process, or in Redis for all processes when the settings name one."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(_storage(settings.redis.url))
        self._per_account = RateLimitItemPerMinute(settings.sign_in.tries_per_account, QUARTER_HOUR, "account")
        self._per_address = RateLimitItemPerMinute(settings.sign_in.tries_per_address, QUARTER_HOUR, "address")

    async def allow(self, email: str, place: str, known: bool) -> bool:
        """Count one try and say whether it may go on. A `known` place of the account has a count of its own, so that
        nobody else's tries keep its owner out; the tries from all strange places are counted together."""
        return (known or await self._limiter.hit(self._per_address, place)) and await self._limiter.hit(
            self._per_account, email, place if known else "strangers"
        )

    async def forget(self, email: str, place: str, known: bool) -> None:
        """A try was right: the account's count from there begins anew."""
        await self._limiter.clear(self._per_account, email, place if known else "strangers")


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
