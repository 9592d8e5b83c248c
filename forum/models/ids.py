"""Random ids: counting up would tell an outsider how much there is."""

import secrets


def new_id() -> int:
    """A random whole number of 52 bits, never 0: exact in JavaScript too."""
    return secrets.randbits(52) or 1
