"""What the staff of the demo world have done at their desks: the codebook kept, posts read twice, quotes approved, a
paper issued and another on its way. They did it by the same actions as people do, a moment ago.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from forum.actions.candidates import tag_with_candidate
from forum.actions.codebook import change_status, create_theme
from forum.actions.codebook_merging import merge_theme
from forum.actions.commitments import commit, tell
from forum.actions.matrix import write_cell
from forum.actions.memos import write_memo
from forum.actions.quotes import approve_quote
from forum.actions.releases import check_release, draft_release, edit_release, issue_release, sign_off_release
from forum.actions.second_readings import answer_sampled, draw_sample
from forum.actions.taggings import say_no_theme, tag_post
from forum.actions.visits import end_visit, visit_group
from forum.context import Forum
from forum.database import select
from forum.intelligence.known import known_names
from forum.intelligence.proposing import plain_words
from forum.intelligence.scan import redact, scan
from forum.models import Person, Post, Quote, SampledPost, Theme
from forum.permissions import User, user_now

CARE = "adult-social-care"
QUOTED = 5
PAPER = {
    "purpose": "To tell the board what councillors in the adult social care group say about leaving hospital.",
    "summary": "Councillors describe small things that get people home: a purchase card, a key safe, a housing officer "
    "in the hub. What holds them up is care that does not start at night, and money that ends in March.",
    "recommendation": "That the board agree to gather these practices into a short guide.",
    "action": "Officers to write the guide with members of the group, for the spring meeting.",
    "financial_implications": "None. The work is within the improvement programme's budget.",
    "next_steps": "The guide goes to the group in draft, and to the board in May.",
}
ON_ITS_WAY = PAPER | {
    "purpose": "To tell the board what councillors say about their budgets.",
    "summary": "Reserves are lower than a year ago. Leeds told us so first.",
    "recommendation": "That the board note the report.",
}


async def do_desk_work(forum: Forum) -> None:
    """All of it, in a world that has its posts and tags."""
    ruth, tom, nadia = [await _user(name) for name in ("ruth", "tom", "nadia")]
    await _keep_codebook(forum, ruth, tom)
    await _read_for_themes(forum, ruth, tom)
    await _fill_matrix(forum, ruth)
    quotes = await _approve_quotes(forum, tom)
    theme = "CARE"
    care = {"group": CARE}
    release = await draft_release(forum, tom, "Leaving hospital: what councillors say", care, PAPER, _key())
    await edit_release(forum, tom, release, "Leaving hospital: what councillors say", PAPER, quotes, _key())
    said = ("We are writing a short guide from what councillors told us works.", "Care and health improvement")
    await commit(forum, tom, theme, release, *said, "under-way", _key())
    await check_release(forum, tom, release, _key())
    await sign_off_release(forum, nadia, release, _key())
    await issue_release(forum, tom, release, _key())
    asked = ("We have put the case for settlements of three years to the department.", "Local government finance")
    await tell(forum, tom, await commit(forum, tom, "FIN", None, *asked, "done", _key()), _key())
    await draft_release(forum, tom, "Budgets: what councillors say", {"group": "finance"}, ON_ITS_WAY, _key())
    await _look_in(forum, await _user("priya"))


async def _look_in(forum: Forum, priya: User) -> None:
    """A visit of the administrator, over by now."""
    reason = "A member asked for a copy of what they wrote here, and I checked that it was whole."
    await visit_group(forum, priya, CARE, reason, _key())
    await end_visit(forum, priya, CARE)


async def _keep_codebook(forum: Forum, ruth: User, tom: User) -> None:
    """A theme that was merged into another with its taggings, one that was retired, and a candidate."""
    delayed = {"code": "CARE-9", "name": "Delayed transfers", "parent": "CARE", "definition": "Waiting for the NHS."}
    delayed_id = await create_theme(forum, tom, delayed, "People speak of it often.", _key())
    for post in await _posts(CARE, tagged=True, most=3):
        await tag_post(forum, tom, post.id, "CARE-9", "issue", None, post.revision, _key())
    await merge_theme(forum, tom, delayed_id, "CARE-2", "It is the same as leaving hospital.", _key())
    diaries = {"code": "CLLR-9", "name": "Paper diaries", "parent": "CLLR", "definition": "Who still keeps one."}
    diaries_id = await create_theme(forum, tom, diaries, "It came up once.", _key())
    await change_status(forum, tom, diaries_id, "retire", "Nobody raised it again.", _key())
    [post] = await _posts("finance", tagged=True, most=1)
    note = "Officers who leave for agencies and come back at three times the price."
    await tag_with_candidate(forum, ruth, post.id, "Agency staff", note, "issue", None, post.revision, _key())


async def _read_for_themes(forum: Forum, ruth: User, tom: User) -> None:
    """Posts without a theme, notes, and a sample that Tom read a second time: he sees some posts otherwise."""
    for post in await _posts(CARE, tagged=False, most=6):
        await say_no_theme(forum, ruth, post.id, post.revision, _key())
    [first] = await _posts(CARE, tagged=True, most=1)
    await write_memo(forum, ruth, "thread", first.thread_id, "Ask who pays for the night care. Nobody says.", _key())
    theme = await Theme.get(code="CARE-2")
    await write_memo(forum, ruth, "theme", theme.id, "Does this take in people who go home without care?", _key())
    reading = await draw_sample(forum, ruth, CARE, 12, tom.id, _key())
    for sampled in await SampledPost.filter(second_reading_id=reading).order_by("number"):
        ids: list[int] = msgspec.json.decode(sampled.first_themes)
        codes = await Theme.filter(id__in=ids or [0]).order_by("position").values_list("code", flat=True)
        second = codes[:-1] if sampled.number % 4 == 0 else codes
        await answer_sampled(forum, tom, reading, sampled.number, [str(code) for code in second], _key())


async def _fill_matrix(forum: Forum, ruth: User) -> None:
    for slug, code, words in (
        (CARE, "CARE", "Small sums and one phone number do more than meetings. Nights are where it stops."),
        (CARE, "WRK", "Care workers leave for supermarkets. Nobody has an answer that lasts."),
        ("finance", "FIN", "Reserves are spoken of as days now. Settlements come too late to plan by."),
    ):
        await write_cell(forum, ruth, slug, None, (await Theme.get(code=code)).id, words, 0, _key())


async def _approve_quotes(forum: Forum, tom: User) -> Sequence[int]:
    """Quotes on leaving hospital, with what the scan finds taken out: one of them names a council."""
    known = await known_names()
    rows = await select(
        """SELECT DISTINCT p.id, p.number, p.created_at FROM post p JOIN tagging g ON g.post_id = p.id
        JOIN theme h ON h.id = g.theme_id JOIN thread t ON t.id = p.thread_id JOIN "group" u ON u.id = t.group_id
        WHERE h.code = 'CARE-2' AND u.slug = $1 AND p.quotable AND p.hidden_at IS NULL AND p.edited_at IS NULL
        AND p.council_id IS NOT NULL ORDER BY p.created_at""",
        CARE,
    )
    posts = [await Post.get(id=row["id"]) for row in rows]
    posts.sort(key=lambda post: not post.body.startswith("In Dorset"))
    quotes, authors = [], set()
    for post in posts:
        end = len(post.body.split("\n\n")[0])
        words = plain_words(post.body[:end])
        if post.author_id in authors or not 40 < len(words) < 400:
            continue
        redacted = redact(words, scan(words, known))
        place = (post.id, "CARE-2", 0, end, post.revision)
        quotes.append(await approve_quote(forum, tom, *place, redacted, _key()))
        authors.add(post.author_id)
        if len(quotes) == QUOTED:
            break
    return [quote.id for quote in await Quote.filter(id__in=quotes)]


async def _posts(slug: str, *, tagged: bool, most: int) -> list[Post]:
    """The first visible posts of a group that carry a tag, or none."""
    rows = await select(
        f"""SELECT p.id FROM post p JOIN thread t ON t.id = p.thread_id JOIN "group" u ON u.id = t.group_id
        WHERE u.slug = $1 AND p.hidden_at IS NULL AND p.edited_at IS NULL
        AND {"" if tagged else "NOT"} EXISTS (SELECT 1 FROM tagging g WHERE g.post_id = p.id)
        ORDER BY p.created_at, p.id LIMIT {most}""",
        slug,
    )
    return [await Post.get(id=row["id"]) for row in rows]


async def _user(name: str) -> User:
    person = await Person.get(email=f"{name}@demo.example")
    return await user_now(User(person.id, person.name))


def _key() -> str:
    return secrets.token_urlsafe(18)
