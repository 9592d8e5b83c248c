"""Who may see and do what, asked here and nowhere else.

Each `can_*(user, thing)` that is about seeing has a list twin `visible_*(user)`; a test asserts that they agree for
everyone and everything in the demo world. What a person may not see raises NotFound, exactly like what is not there;
what they see and may not do raises NotAllowed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from forum.database import select
from forum.errors import NotAllowed, NotFound
from forum.models import Application, Group, Memo, Person, Post, Release, SecondReading, Tagging, Thread
from forum.models.releases import groups_of
from forum.reading import ShownThread, thread_by_id
from forum.users import CONSENTED
from forum.users import User as User
from forum.users import user_now as user_now

WRITERS = ("member", "facilitator")
ROLES_IN_GROUP = (*WRITERS, "observer")
OUTSIDERS = {
    "LGA analysts": User(0, "", site_role="analyst"),
    "administrators": User(0, "", site_role="administrator"),
    "everyone else who is signed in": User(0, ""),
}
VISITORS = "administrators who give a reason that members can see"

WHO_VISITS = "Only administrators may open a group that they do not belong to."
NO_CONSENT = "You cannot write while you do not consent. You can change that under Your account, Consent."
WHO_RELEASES = "Only analysts may read and make releases."

# Seeing: groups (their name and purpose), and the talk in them.


class AnyGroup(Protocol):
    """A group as a model or as a row that was read with its thread."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def visibility(self) -> str: ...


def can_see_group(user: User, group: AnyGroup) -> bool:
    return group.visibility == "listed" or group.id in user.roles


def visible_groups(user: User) -> QuerySet[Group]:
    return Group.filter(Q(visibility="listed") | Q(id__in=list(user.roles)))


def can_read_group(user: User, group: AnyGroup) -> bool:
    return group.id in user.roles or (user.is_analyst and group.visibility == "listed")


def readable_groups(user: User) -> QuerySet[Group]:
    mine = Q(id__in=list(user.roles))
    return Group.filter(mine | Q(visibility="listed") if user.is_analyst else mine)


def audience(group: AnyGroup) -> str:
    """Who reads what is written in a group, as the subject of a sentence: each kind of person is put to can_read_group,
    so that the words change with the rule."""
    inside = [f"{role}s" for role in ROLES_IN_GROUP if can_read_group(User(0, "", roles={group.id: role}), group)]
    outsiders = OUTSIDERS | {VISITORS: User(0, "", roles={group.id: "visitor"})}
    outside = [words for words, someone in outsiders.items() if can_read_group(someone, group)]
    people = f"{', '.join(inside[:-1])} and {inside[-1]} of {group.name}"
    if not outside:
        return f"Only {people}"
    *first, last = f"{people[0].upper()}{people[1:]}", *outside
    return f"{', '.join(first)}, and {last},"


def can_read_thread(user: User, thread: Thread | ShownThread) -> bool:
    return can_read_group(user, thread.group)


def visible_threads(user: User) -> QuerySet[Thread]:
    mine = Q(group_id__in=list(user.roles))
    return Thread.filter(mine | Q(group__visibility="listed") if user.is_analyst else mine)


async def visible_group(user: User, slug: str) -> Group:
    """The group whose name and purpose this person may see, or NotFound."""
    group = await visible_groups(user).get_or_none(slug=slug)
    if group is None:
        raise NotFound
    return group


async def readable_group(user: User, slug: str) -> Group:
    """The group whose talk and people this person may see, or NotFound."""
    group = await readable_groups(user).get_or_none(slug=slug)
    if group is None:
        raise NotFound
    return group


async def visitable_group(user: User, slug: str) -> Group:
    """The group that this administrator may visit for a reason, or NotFound. For everybody else as other things of a
    group that they may not do."""
    group = await (visible_group(user, slug) if can_administer(user) else readable_group(user, slug))
    require(can_administer(user), WHO_VISITS)
    return group


def can_visit(user: User, group: AnyGroup) -> bool:
    return can_administer(user) and not can_read_group(user, group)


async def visible_thread(user: User, thread_id: int) -> ShownThread:
    """The thread with its group, or NotFound."""
    thread = await thread_by_id(thread_id)
    if thread is None or not can_read_thread(user, thread):
        raise NotFound
    return thread


async def visible_post(user: User, post_id: int) -> Post:
    """The post with its thread and group, or NotFound."""
    post = await Post.get_or_none(id=post_id).select_related("thread__group")
    if post is None or not can_read_thread(user, post.thread):
        raise NotFound
    return post


# Doing: each answers for a thing that the person can see.


def can_post(user: User, group: AnyGroup) -> bool:
    """What somebody posts is a political opinion: it takes their consent."""
    return user.consents and user.roles.get(group.id) in WRITERS


def lacks_consent(user: User, group: AnyGroup) -> bool:
    """Whether their consent is all that keeps them from posting."""
    return not user.consents and user.roles.get(group.id) in WRITERS


def require_posting(user: User, group: AnyGroup, who: str) -> None:
    """As `require` of can_post; who lacks nothing but consent is told so."""
    require(not lacks_consent(user, group), NO_CONSENT)
    require(can_post(user, group), who)


def can_facilitate(user: User, group: AnyGroup) -> bool:
    return user.roles.get(group.id) == "facilitator"


def can_edit(user: User, post: Post) -> bool:
    return post.author_id == user.id and post.hidden_at is None and can_post(user, post.thread.group)


def require_editing(user: User, post: Post) -> None:
    """As `require` of can_edit; who lacks nothing but consent is told so."""
    require(post.author_id != user.id or not lacks_consent(user, post.thread.group), NO_CONSENT)
    require(can_edit(user, post), "Only its author may edit a post, and not while it is hidden.")


def can_tag(user: User, group: AnyGroup) -> bool:
    return can_facilitate(user, group) or (user.is_analyst and can_read_group(user, group))


def can_tag_post(user: User, post: Post) -> bool:
    """As can_tag, and for reading the words that one tags: those of a hidden post are for facilitators only."""
    return can_tag(user, post.thread.group) and (post.hidden_at is None or can_facilitate(user, post.thread.group))


async def visible_tagging(user: User, tagging_id: int) -> Tagging:
    """The tagging with its post, thread, group and coder, or NotFound: for who may not tag there, there is none."""
    tagging = await Tagging.get_or_none(id=tagging_id).select_related("post__thread__group", "by")
    return await _seen_tagging(user, tagging)


async def _seen_tagging(user: User, tagging: Tagging | None) -> Tagging:
    if tagging is None or not can_tag(user, tagging.post.thread.group):
        raise NotFound
    if tagging.by_id != user.id and tagging.post_id in await blind_posts(user, tagging.post.thread_id):
        raise NotFound
    return tagging


async def visible_memo(user: User, memo_id: int) -> Memo:
    """The memo, or NotFound unless this person reads memos on what it is about."""
    memo = await Memo.get_or_none(id=memo_id).select_related("tagging__post__thread__group", "thread__group")
    if memo is None:
        raise NotFound
    if memo.tagging is not None:
        await _seen_tagging(user, memo.tagging)
    elif memo.thread is not None:
        if not can_read_thread(user, memo.thread) or not can_tag(user, memo.thread.group):
            raise NotFound
    elif not can_see_codebook(user):
        raise NotFound
    return memo


def visible_second_readings(user: User) -> QuerySet[SecondReading]:
    """Those in groups where this person may tag."""
    return SecondReading.filter(group_id__in=Subquery(summarised_groups(user).values("id")))


async def visible_second_reading(user: User, reading_id: int) -> SecondReading:
    """The second reading with its group and people, or NotFound."""
    reading = await SecondReading.get_or_none(id=reading_id).select_related("group", "by", "reader")
    if reading is None or not can_tag(user, reading.group):
        raise NotFound
    return reading


async def blind_posts(user: User, thread_id: int | None = None) -> set[int]:
    """The posts (of a thread) that are in a second reading which this person has not finished: until then they see no
    tagging of anybody else on them."""
    rows = await select(
        f"""SELECT s.post_id FROM sampled_post s JOIN second_reading r ON r.id = s.second_reading_id
        JOIN post q ON q.id = s.post_id
        WHERE r.reader_id = $1 {"AND q.thread_id = $2" if thread_id else ""} AND EXISTS (
            SELECT 1 FROM sampled_post o JOIN post p ON p.id = o.post_id WHERE o.second_reading_id = r.id
            AND o.answered_at IS NULL AND p.hidden_at IS NULL AND {CONSENTED})""",
        user.id,
        *([thread_id] if thread_id else []),
    )
    return {row["post_id"] for row in rows}


def can_administer(user: User) -> bool:
    """People, their roles and sign-ups, councils, the audit log: never what is written in groups."""
    return user.site_role == "administrator"


def can_invite(user: User, group: AnyGroup | None) -> bool:
    """Into this group, or with None to the service: administrators into every group that they see."""
    if group is not None and can_facilitate(user, group):
        return True
    return can_administer(user) and (group is None or can_see_group(user, group))


async def application_to_vouch_for(user: User, application_id: int) -> Application:
    """The proven sign-up, with its council, that names this member as somebody who knows them, or NotFound."""
    person = await Person.get(id=user.id)
    naming = Application.filter(id=application_id, sponsor_email=person.email, proven_at__isnull=False)
    application = await naming.first().select_related("council")
    if application is None or not set(user.roles.values()) & set(WRITERS):
        raise NotFound
    return application


def can_read_audit(user: User) -> bool:
    return can_administer(user)


def can_see_codebook(user: User) -> bool:
    return user.is_analyst or bool(user.facilitated)


def can_edit_codebook(user: User) -> bool:
    return user.is_analyst


def can_summarise(user: User, group: AnyGroup) -> bool:
    return can_tag(user, group)


def summarised_groups(user: User) -> QuerySet[Group]:
    """The groups whose talk this person's summaries count."""
    return readable_groups(user) if user.is_analyst else Group.filter(id__in=user.facilitated)


def can_read_release(user: User, release: Release, readable: Collection[int]) -> bool:
    """`readable` are the ids of the groups whose talk this person's summaries count: of a hidden group that they have
    no role in they must not read figures either."""
    return user.is_analyst and set(groups_of(release)) <= set(readable)


async def summarised_ids(user: User) -> list[int]:
    return [group.id for group in await summarised_groups(user).only("id")]


async def visible_releases(user: User) -> list[Release]:
    """The releases and drafts that this person may see, newest first."""
    readable = await summarised_ids(user)
    releases = await Release.filter(discarded_at=None).order_by("-created_at")
    return [release for release in releases if can_read_release(user, release, readable)]


async def visible_release(user: User, release_id: int) -> Release:
    """The release, or NotFound. NotAllowed for all releases, there or not, for whoever is no analyst."""
    require(user.is_analyst, WHO_RELEASES)
    readable = await summarised_ids(user)
    release = await Release.get_or_none(id=release_id, discarded_at=None)
    if release is None or not can_read_release(user, release, readable):
        raise NotFound
    return release


def can_commit(user: User) -> bool:
    return user.is_analyst


def can_quote(user: User, group: AnyGroup) -> bool:
    """Choosing what is quoted of a group's talk, for who summarises it."""
    return can_summarise(user, group)


def require(allowed: bool, who: str) -> None:
    """Raise NotAllowed, with words that say who may, unless `allowed`."""
    if not allowed:
        raise NotAllowed(who)
