"""The thread in which members introduce themselves: three hundred posts, of which no two are alike."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from forum.demo.compose import Composer, Message
from forum.demo.times import MOMENT, member_time, office_time
from forum.demo.words import Hellos, Line
from forum.models import Council, Group, Membership, Person

TITLE = "Introduce yourself: where you serve and one thing you want to learn"
WELCOME = (
    "Welcome to the group. Please tell us in a few lines **what sort of place you serve** and **one thing you want to "
    "learn**. No need for a CV.\n\nIf somebody's question is one you can answer, quote it and say so. Many of you will "
    "move on to other groups once you have found your feet, and that is how it should be."
)
POSTS = 300
AGE, SPAN = 268, 264
LATER = (0, 0, 0, 1, 1, 2)  # days between a hello and its answers


def add_hellos(
    composer: Composer,
    group: Group,
    words: Hellos,
    host: Person,
    newcomers: Sequence[Person],
    render: Callable[[str], str],
) -> None:
    """Each newcomer says hello once, and members of the group answer. Newcomers who are not (or no longer) members were
    members for a time, and left again."""
    rng = composer.rng
    members = {membership.person_id for membership in composer.world.memberships if membership.group_id == group.id}
    welcomers = [person for person in composer.world.people if person.id in members and person.council_id]
    councils = {council.id: council for council in composer.places.councils.values()}
    says = _Introductions(rng, words)
    written: list[tuple[Person, str]] = []
    times: list[datetime] = []
    answers = _spread(rng, POSTS - 1 - len(newcomers), len(newcomers))
    for number, (person, answered) in enumerate(zip(newcomers, answers, strict=True)):
        hello, want = says.hello(councils[person.council_id or 0])
        written.append((person, hello))
        repliers = rng.sample([other for other in welcomers if other.id != person.id], answered)
        written += [(replier, f"> {want}\n\n{says.reply(want)}") for replier in repliers]
        days_ago = AGE - 1 - SPAN * number // len(newcomers)
        times += [member_time(rng, composer.now, days_ago - rng.choice(LATER)) for _ in range(1 + answered)]
    opening = Message(host, office_time(rng, composer.now, AGE), WELCOME, render(WELCOME))
    messages = [opening] + [
        Message(person, at, body, render(body), quotable=rng.random() < 0.3)
        for (person, body), at in zip(written, sorted(times), strict=True)
    ]
    composer.add_thread(group, TITLE, messages)
    for message in messages:
        if message.by.id not in members and message.by is not host:
            _let_go(composer, composer.join(group, message.by, "member"), message.at)


class _Introductions:
    """Puts the parts together so that nothing is said twice."""

    def __init__(self, rng: random.Random, words: Hellos) -> None:
        self.rng = rng
        self.words = words
        self.said: set[str] = set()
        self.used: Counter[str] = Counter()

    def hello(self, council: Council) -> tuple[str, str]:
        """An introduction, and what it wants to learn."""
        want = self._pick(self.words.wants)
        parts = [
            self._pick(_for(council, self.words.openings)),
            self._pick(_for(council, self.words.roles)),
            want,
            self._pick(self.words.extras),
        ]
        return " ".join(part for part in parts if part), want

    def reply(self, want: str) -> str:
        """An answer that nobody has given to the same wish."""
        reply = self._pick([reply for reply in self.words.replies if f"{want} {reply}" not in self.said])
        self.said.add(f"{want} {reply}")
        return reply

    def _pick(self, lines: Sequence[str]) -> str:
        """One of those that were used least."""
        fewest = min(self.used[line] for line in lines)
        line = self.rng.choice([line for line in lines if self.used[line] == fewest])
        self.used[line] += 1
        return line


def _for(council: Council, lines: Sequence[Line | str]) -> list[str]:
    """Those lines that somebody of this council could say."""
    plain = [line for line in lines if isinstance(line, str)]
    return plain + [line.text for line in lines if isinstance(line, Line) and {council.name, council.type} & {*line.of}]


def _spread(rng: random.Random, total: int, places: int) -> list[int]:
    """`total` things over `places`, from none to five each."""
    counts = [total // places] * places
    for _ in range(total - sum(counts)):
        counts[counts.index(min(counts))] += 1
    for _ in range(places * 2):
        giver, taker = rng.randrange(places), rng.randrange(places)
        if counts[giver] > 0 and counts[taker] < 5:
            counts[giver] -= 1
            counts[taker] += 1
    return counts


def _let_go(composer: Composer, membership: Membership, spoke_at: datetime) -> None:
    """They left some time after they had said hello."""
    membership.created_at = min(membership.created_at, spoke_at - MOMENT)
    membership.ended_at = spoke_at + (composer.now - spoke_at) * 0.6
    membership.ended_by_id = membership.person_id
    membership.ended_reason = "left"
