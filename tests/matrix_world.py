"""A world with something of each kind in each group, for the matrix of rights."""

from datetime import timedelta

from forum.actions.commitments import commit
from forum.actions.councils import add_domain
from forum.actions.groups import add_member, remove_member_by_email
from forum.actions.memos import write_memo
from forum.actions.posts import write_post
from forum.actions.quotes import approve_quote
from forum.actions.releases import PAPER, draft_release
from forum.actions.second_readings import draw_sample
from forum.actions.taggings import tag_post
from forum.context import Forum
from forum.models import (
    Application,
    Commitment,
    Finding,
    Invitation,
    Membership,
    Memo,
    Notice,
    Passkey,
    Person,
    Post,
    Quote,
    Release,
    SecondReading,
    Session,
    Tagging,
    Theme,
)
from tests.cast import EVERYONE, GROUPS, build_cast, new_key, posts_in, thread_in, user
from tests.sign_ups import waiting_application

FACILITATORS = {"adult-social-care": "ruth", "finance": "ruth", "housing": "sam", "whistleblowing": "ruth"}


async def build_matrix(forum: Forum) -> None:
    """The cast's world with something of each kind in each group: `things_in` finds it again."""
    await build_cast(forum)
    nadia, priya, now = await user("nadia"), await user("priya"), forum.clock()
    for slug, facilitator in FACILITATORS.items():
        host, member = await user(facilitator), next(name for name, role in GROUPS[slug].items() if role == "member")
        thread = await thread_in(slug)
        post_id = await write_post(forum, await user(member), thread.id, "Carers wait for months.", True, new_key())
        await write_post(forum, host, thread.id, "Thank you all.", False, new_key())
        post = await Post.get(id=post_id)
        tagging_id = await tag_post(forum, host, post.id, "FIN", "issue", None, post.revision, new_key())
        await write_memo(forum, host, "tagging", tagging_id, "For staff", new_key())
        await approve_quote(forum, host, post.id, "FIN", 0, len(post.body), post.revision, post.body, new_key())
        helper = "sam" if facilitator == "ruth" else "ruth"
        await add_member(forum, slug, f"{helper}@demo.example", "facilitator")
        first, *_ = await posts_in(slug)
        await tag_post(forum, await user(helper), first.id, "FIN-1", "issue", None, first.revision, new_key())
        await draw_sample(forum, host, slug, 1, host.id, new_key())
        await remove_member_by_email(forum, slug, f"{helper}@demo.example", "Helped for a day")
        await add_member(forum, slug, "nadia@demo.example", "observer")
        paper = dict.fromkeys(PAPER, "Words about Leeds.")
        await Invitation.create(
            email=f"new@{slug}.example", name="New", group_id=thread.group_id, by_id=host.id, token_hash=slug,
            created_at=now, expires_at=now + timedelta(days=9),
        )  # fmt: skip
        await draft_release(forum, await user("nadia"), slug, {"group": slug}, paper, new_key())
        await remove_member_by_email(forum, slug, "nadia@demo.example", "Helped for a day")
    commitment_id = await commit(forum, nadia, "FIN", None, "We do it.", "A team", "done", new_key())
    for name in EVERYONE:
        person = await user(name)
        await waiting_application(forum, name)
        await Notice.create(person_id=person.id, commitment_id=commitment_id, created_at=now)
        await Session.create(person_id=person.id, token_hash=name, place="", created_at=now, seen_at=now)
        await Passkey.create(person_id=person.id, credential_id=name, public_key="", name="Phone", created_at=now)
    await add_domain(forum, priya, 1, "leeds.example", new_key())


async def things_in(slug: str | None, name: str, is_theirs: bool) -> dict[str, object]:
    """Ids of what is in a group, for the parameters of routes: what can be somebody's own is theirs where
    the group is, and somebody else's where not. None for what is not there."""
    if slug is None:
        ids = [
            "thread", "post", "tagging", "memo", "reading", "release", "commitment", "notice", "quote", "finding",
            "session", "person", "theme", "council", "domain", "invitation", "passkey", "application",
        ]  # fmt: skip
        words = dict.fromkeys(("slug", "name", "code", "step", "token", "kind"), "no-such-thing")
        return {f"{each}_id": 555 for each in ids} | words
    thread = await thread_in(slug)
    owner = await user(name if is_theirs else FACILITATORS[slug])
    tagging = await Tagging.get(post__thread_id=thread.id, theme__code="FIN")
    own_post = await Post.filter(thread_id=thread.id, author_id=owner.id).first()
    release = await Release.get(title=slug)
    found = {
        "thread": thread,
        "post": own_post or await Post.get(id=tagging.post_id),
        "tagging": tagging,
        "memo": await Memo.get(tagging_id=tagging.id),
        "reading": await SecondReading.get(group_id=thread.group_id),
        "release": release,
        "finding": await Finding.filter(release_id=release.id).first(),
        "quote": await Quote.get(post_id=tagging.post_id),
        "commitment": await Commitment.get(),
        "notice": await Notice.get(person_id=owner.id),
        "invitation": await Invitation.get(group_id=thread.group_id),
        "passkey": await Passkey.get(person_id=owner.id),
        "session": await Session.filter(person_id=owner.id).order_by("created_at").first(),
        "theme": await Theme.get(code="FIN"),
        "application": await Application.get(sponsor_email=(await Person.get(id=owner.id)).email),
    }
    words = {"slug": slug, "name": "figures.csv", "code": "FIN", "step": "check", "token": "x", "kind": "terms"}
    member = await Membership.filter(group_id=thread.group_id, role="member").order_by("created_at").first()
    places = {"person_id": member.person_id if member else 0, "council_id": 1, "domain_id": 1}
    return {f"{each}_id": thing.id for each, thing in found.items()} | places | words
