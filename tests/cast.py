"""The people that tests tell stories about, in a world small enough to keep in mind.

adult-social-care: amina and gareth members, ruth facilitator, olu observer. finance: bethan and gareth members, ruth
facilitator. housing: eve and mohammed members, sam facilitator. whistleblowing (hidden): bethan member, ruth
facilitator. tom and nadia are analysts, priya is an administrator. In each group one thread with two posts.
"""

import secrets
from typing import Any

import httpx2

from forum.actions.groups import add_member, create_group
from forum.actions.people import create_account
from forum.actions.posts import write_post
from forum.actions.reference import load_reference
from forum.actions.terms import in_force
from forum.actions.threads import start_thread
from forum.context import Forum
from forum.models import Acceptance, Group, Membership, Person, Post, Thread
from forum.permissions import User
from forum.web.middleware import Entered

PASSWORD = "a long enough password"
COUNCILS = {
    "amina": "Leeds",
    "gareth": "Gwynedd",
    "bethan": "Cardiff",
    "mohammed": "Luton",
    "eve": "Stroud",
    "olu": "Hackney",
}
STAFF = {"ruth": None, "sam": None, "tom": "analyst", "nadia": "analyst", "priya": "administrator"}
GROUPS = {
    "adult-social-care": {"amina": "member", "gareth": "member", "ruth": "facilitator", "olu": "observer"},
    "finance": {"bethan": "member", "gareth": "member", "ruth": "facilitator"},
    "housing": {"eve": "member", "mohammed": "member", "sam": "facilitator"},
    "whistleblowing": {"bethan": "member", "ruth": "facilitator"},
}
EVERYONE = [*COUNCILS, *STAFF]


async def build_empty(forum: Forum) -> None:
    await load_reference(forum)


async def build_cast(forum: Forum) -> None:
    await load_reference(forum)
    for name in EVERYONE:
        await create_account(
            forum, f"{name}@demo.example", name.capitalize(), COUNCILS.get(name), STAFF.get(name), PASSWORD
        )
    for slug, roles in GROUPS.items():
        visibility = "hidden" if slug == "whistleblowing" else "listed"
        await create_group(forum, slug, slug.replace("-", " ").capitalize(), "Where we talk.", visibility)
        for name, role in roles.items():
            await add_member(forum, slug, f"{name}@demo.example", role)
        first, *others = (name for name, role in roles.items() if role != "observer")
        thread_id = await start_thread(
            forum, await user(first), slug, f"What works in {slug}?", "Tell us.", False, new_key()
        )
        await write_post(forum, await user(others[0]), thread_id, f"Much works in {slug}.", True, new_key())


async def build_demo(forum: Forum) -> None:
    from forum.demo.world import build_world

    await load_reference(forum)
    await build_world(forum, await forum.passwords.hash(PASSWORD), report=lambda words: None)


async def accept_terms(forum: Forum) -> None:
    """Everybody says yes to all that is in force."""
    for terms in (await in_force()).values():
        answered = await Acceptance.filter(terms_id=terms.id).values_list("person_id", flat=True)
        people = await Person.exclude(id__in=list(answered) or [0])
        answers = [Acceptance(person_id=each.id, terms_id=terms.id, accepted_at=forum.clock()) for each in people]
        await Acceptance.bulk_create(answers)


def new_key() -> str:
    return secrets.token_urlsafe(18)


async def user(name: str) -> User:
    """The person as permissions see them, without a session."""
    person = await Person.get(email=f"{name}@demo.example")
    roles = await Membership.filter(person_id=person.id, ended_at=None).values_list("group_id", "role")
    return User(person.id, person.name, person.council_id, person.site_role, dict(roles))


async def thread_in(slug: str) -> Thread:
    """The oldest thread of a group, with the group."""
    return await Thread.filter(group__slug=slug).order_by("created_at").first().select_related("group")


async def posts_in(slug: str) -> list[Post]:
    return await Post.filter(thread_id=(await thread_in(slug)).id).order_by("number")


async def group(slug: str) -> Group:
    return await Group.get(slug=slug)


class Browser(httpx2.AsyncClient):
    """A browser on the app in the test's own event loop; it sends its forms from this site and follows nothing."""

    def __init__(self, app: Entered, site: str, address: str = "127.0.0.1") -> None:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1234))
        super().__init__(transport=transport, base_url=site)
        self.site = site

    async def send_form(self, path: str, **fields: Any) -> httpx2.Response:
        """POST a form as the page would. Give `key` yourself to send the same form twice."""
        return await self.post(path, data=fields, headers={"origin": self.site})

    async def act(self, path: str, **fields: Any) -> httpx2.Response:
        """POST a form with a fresh key."""
        return await self.send_form(path, **{"key": new_key(), **fields})

    async def write(self, thread_id: int, body: str, **fields: Any) -> int:
        """Post a reply and return the new post's id."""
        answer = await self.send_form(f"/threads/{thread_id}/posts", **{"body": body, "key": new_key(), **fields})
        assert answer.status_code == 303, answer.text
        return int(answer.headers["location"].rsplit("-", 1)[1])
