"""Who waits to be let into the demo world: an address of a council's own domain, and a member's word for the other."""

from __future__ import annotations

from datetime import timedelta

from forum.actions.applications import SHOWN_FOR
from forum.demo.compose import Composer
from forum.demo.times import MOMENT, on_day
from forum.models import Application, CouncilDomain

DOMAIN = "leeds.demo.example"


def add_sign_ups(composer: Composer) -> None:
    world, councils = composer.world, composer.places.councils
    [gareth] = [person for person in world.people if person.email == "gareth@demo.example"]
    world.domains.append(CouncilDomain(council_id=councils["Leeds"].id, domain=DOMAIN))
    siobhan = _waiting(composer, f"siobhan.keane@{DOMAIN}", "Siobhan Keane", "Leeds", "Councillor, licensing", 2)
    siobhan.why = "Amina told me about the adult social care group. My ward has three care homes and I want to learn."
    siobhan.matches_domain = True
    rhodri = _waiting(composer, "rhodri@demo.example", "Rhodri Pryce", "Gwynedd", "Cabinet member for finance", 1)
    rhodri.why = "We set our first budget in May. I would like to ask how others talked to residents about theirs."
    rhodri.sponsor_email, rhodri.sponsor_id = gareth.email, gareth.id
    rhodri.sponsored_at = rhodri.created_at + timedelta(hours=2)


def _waiting(composer: Composer, email: str, name: str, council: str, position: str, days_ago: int) -> Application:
    asked_at = on_day(composer.now, days_ago, 20, 40)
    application = Application(
        id=composer.new_id(),
        email=email,
        name=name,
        council_id=composer.places.councils[council].id,
        position=position,
        token_hash=f"demo {email}",  # no link leads to it
        created_at=asked_at,
        proven_at=asked_at + MOMENT,
        expires_at=asked_at + SHOWN_FOR,
    )
    composer.world.applications.append(application)
    return application
