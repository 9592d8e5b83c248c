"""What everybody in the demo world has agreed to; one councillor has withdrawn their consent since."""

from __future__ import annotations

from forum.demo.compose import BEGAN, Composer
from forum.demo.people import HERE
from forum.demo.times import MOMENT, office_time, on_day
from forum.models import Acceptance, Terms

WITHDREW = "n.ridsdill@demo.example"
DAYS_AGO = 12


def add_terms(composer: Composer) -> None:
    """The first versions, and an answer of everybody who is in the world by now."""
    world = composer.world
    [priya] = [person for person in world.people if person.email == "priya@demo.example"]
    published_at = office_time(composer.rng, composer.now, BEGAN + 40)
    for kind in "terms", "consent":
        world.terms.append(
            Terms(
                id=composer.new_id(),
                kind=kind,
                version=1,
                body=(HERE / f"{kind}.md").read_text("utf-8").strip(),
                published_at=published_at,
                by_id=priya.id,
            )
        )
    withdrawn_at = on_day(composer.now, DAYS_AGO, 21, 20)
    for person in world.people:
        for terms in world.terms:
            answer = Acceptance(
                id=composer.new_id(),
                person_id=person.id,
                terms_id=terms.id,
                accepted_at=person.created_at + MOMENT,
            )
            if person.email == WITHDREW and terms.kind == "consent":
                answer.withdrawn_at = person.consent_withdrawn_at = withdrawn_at
            world.acceptances.append(answer)
