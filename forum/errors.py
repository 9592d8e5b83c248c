"""What can go wrong, in words a person can act on. Pages, sockets and commands each say it in their own way."""


class NotFound(Exception):
    """There is no such thing, or it is none of this person's business: nobody can tell which."""


class NotAllowed(Exception):
    """The person may see the thing and may not do this to it. The message says who may."""


class ProofNeeded(Exception):
    """They have to show afresh that it is them. Nothing was done; the same again does it, after that."""


class Invalid(Exception):
    """Input that a person can mend.

    `problems` maps a field's name ("" for the whole form) to a sentence; `values` are other texts that the page
    shows beside what was typed, such as the newer version of an edited post.
    """

    def __init__(self, problems: dict[str, str] | str, **values: str) -> None:
        self.problems = {"": problems} if isinstance(problems, str) else problems
        self.values = values
        super().__init__(" ".join(self.problems.values()))


class Misconfigured(Exception):
    """A setting, the database or the machine keeps the service from starting. One sentence that names it."""
