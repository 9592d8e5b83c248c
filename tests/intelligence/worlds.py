"""Talk to count: councillors, their posts and tags, put straight into the tables: a summary asks no more of them."""

import random
from datetime import UTC, datetime, timedelta

from forum.intelligence.disclosure import Rule
from forum.intelligence.filters import Choices, Filters, choices_for
from forum.intelligence.summary import Summary, summarise
from forum.models import Council, Group, NoTheme, Person, Post, Tagging, Theme, Thread
from forum.models.taggings import KINDS
from forum.permissions import User
from tests.cast import thread_in

RULE = Rule(people=5, councils=3)
NOON = datetime(2026, 4, 15, 12, tzinfo=UTC)
# The edges of April 2026 in the United Kingdom, an hour before those of UTC, and of a winter month.
EDGES = [
    datetime(2026, 3, 31, 22, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 31, 23, tzinfo=UTC),
    datetime(2026, 4, 30, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 4, 30, 23, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 2, 1, tzinfo=UTC),
]


async def councillors(number: int, councils: int) -> list[Person]:
    """New people who sit, in turn, on this many councils; with 0 councils they sit on none."""
    known = await Council.all().order_by("id").limit(councils)
    people = []
    for place in range(number):
        council_id = known[place % councils].id if councils else None
        name = f"Councillor {await Person.all().count()}"
        email = f"{name.replace(' ', '')}@demo.example"
        people.append(await Person.create(email=email, name=name, council_id=council_id, created_at=NOON))
    return people


async def say(
    person: Person, slug: str, *themes: str, kind: str = "issue", at: datetime = NOON, hidden: bool = False
) -> Post:
    """A post by this person in the group's thread, tagged with these themes."""
    thread = await thread_in(slug)
    last = await Post.filter(thread_id=thread.id).order_by("-number").first()
    number = last.number + 1 if last else 1
    post = await Post.create(
        thread_id=thread.id,
        number=number,
        revision=number,
        author_id=person.id,
        council_id=person.council_id,
        body="We see this too.",
        html="<p>We see this too.</p>",
        created_at=at,
        hidden_at=at if hidden else None,
    )
    for theme in themes:
        await tag(post, theme, kind)
    return post


async def tag(post: Post, theme: str, kind: str = "issue") -> None:
    await Tagging.create(
        post_id=post.id,
        post_revision=post.revision,
        theme_id=(await Theme.get(code=theme)).id,
        kind=kind,
        by_id=post.author_id,
        created_at=NOON,
    )


async def hear(forum, user: User, **filters) -> Summary:
    """What the summary tells this person."""
    choices = await choices_for(user)
    async with forum.database.reader() as select:
        return await summarise(select, choices, Filters(**filters), RULE)


def figures(summary: Summary, code: str) -> tuple[int | None, int | None, int | None]:
    [row] = [row for row in summary.themes if row.theme.code == code]
    return row.counts.posts, row.counts.people, row.counts.councils


async def random_talk(seed: int) -> None:
    """Posts and tags by chance: in all groups, some hidden, by people with no council and people who moved to another,
    on the edges of months, with the same theme several times on a post, with themes that are in use no longer, and
    posts that were found to have none. Some of the threads were opened by a facilitator, and some people, one of them
    without a council, do not consent to being counted."""
    chance = random.Random(seed)
    people = await councillors(chance.randint(6, 30), chance.randint(2, 9)) + await councillors(2, 0)
    withdrew = [people[1].id, people[-1].id]
    await Person.filter(id__in=withdrew).update(consent_withdrawn_at=NOON)
    councils = await Council.all().order_by("id").limit(10)
    groups = await Group.all().order_by("slug")
    themes = chance.sample(await Theme.all().order_by("position"), 25)
    threads = [
        await Thread.create(
            group_id=chance.choice(groups).id, author_id=people[0].id, title="T", created_at=NOON, last_post_at=NOON
        )
        for _ in range(8)
    ]
    posts = []
    last = {thread.id: 0 for thread in threads}
    for _ in range(150):
        author, thread = chance.choice(people), chance.choice(threads)
        number = last[thread.id] = last[thread.id] + 1
        at = chance.choice([*EDGES, NOON + timedelta(days=chance.randint(-150, 150))])
        posts.append(
            Post(
                thread_id=thread.id,
                number=number,
                revision=number,
                role="facilitator" if thread in threads[::2] else "member",
                author_id=author.id,
                council_id=chance.choice(councils).id if chance.random() < 0.1 else author.council_id,
                body="…",
                html="…",
                created_at=at,
                hidden_at=at if chance.random() < 0.15 else None,
            )
        )
    await Post.bulk_create(posts)
    await Tagging.bulk_create(
        [
            Tagging(
                post_id=chance.choice(posts).id,
                post_revision=1,
                theme_id=chance.choice(themes).id,
                kind=chance.choice(list(KINDS)),
                by_id=people[0].id,
                created_at=NOON,
            )
            for _ in range(250)
        ]
    )
    await NoTheme.bulk_create(
        [NoTheme(post_id=post.id, post_revision=1, by_id=people[0].id, created_at=NOON) for post in posts[::7]]
    )
    await Theme.filter(id__in=[theme.id for theme in themes[:2]]).update(status="retired")
    await Theme.filter(id=themes[2].id).update(status="candidate")


def random_filters(chance: random.Random, choices: Choices) -> dict[str, str]:
    """Some filters by chance, as words."""
    months = sorted(f"2026-{chance.randint(1, 9):02}" for _ in range(2))
    words = {
        "group": chance.choice(choices.groups).slug,
        "region": chance.choice(choices.regions),
        "council_type": chance.choice(choices.council_types),
        "kind": chance.choice(list(KINDS)),
        "theme": chance.choice(choices.themes).code,
        "facilitated": "yes",
        "from": months[0],
        "to": months[1],
    }
    del words[chance.choice(("region", "council_type"))]  # never both
    return {name: word for name, word in words.items() if chance.random() < 0.3}
