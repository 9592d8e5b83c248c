"""The codebook as work: themes are proposed, added, edited, moved, retired and brought back.

Every change asks for a reason and leaves a revision: see codebook_changes. Merging and importing have modules of their
own.
"""

from __future__ import annotations

from collections.abc import Mapping

from forum.actions import action, check_key
from forum.actions.codebook_changes import (
    Change,
    add_last,
    arrange,
    as_json,
    begin,
    last_version,
    order_now,
    state_of,
    theme_here,
)
from forum.actions.codebook_rules import (
    check_reason,
    check_words,
    code_problem,
    new_codes,
    parent_called,
    parent_or_problem,
    read_words,
    require_none_below,
    require_parent_in_use,
)
from forum.context import Forum
from forum.errors import Invalid
from forum.models import Theme
from forum.models.themes import IN_USE, STATUSES
from forum.permissions import User, can_see_codebook

WHO_PROPOSES = "Only facilitators and analysts may propose a theme."


@action
async def propose_theme(forum: Forum, user: User, name: str, note: str, parent_code: str, key: str) -> int:
    """A candidate that facilitators and analysts may put on posts at once; an analyst accepts or merges it later.

    Its code is made up, `note` is its definition. Returns the id of the theme.
    """
    check_key(key)
    words = check_candidate(name, note)
    async with forum.write():
        may = (can_see_codebook, WHO_PROPOSES)
        change = await begin(forum, user, key, words["definition"], "propose", words["name"], parent_code, may=may)
        return await add_candidate(change, words, parent_code)


def check_candidate(name: str, note: str) -> dict[str, str]:
    """The words of a candidate as they will be stored, or Invalid."""
    problems: dict[str, str] = {}
    words = read_words({"name": name, "definition": note}, problems)
    if "definition" in problems:
        problems["note"] = problems.pop("definition")
    elif not words["definition"]:
        problems["note"] = "Say what this theme would hold that no other does."
    if problems:
        raise Invalid(problems)
    return words


async def add_candidate(change: Change, words: Mapping[str, str], parent_code: str) -> int:
    """Inside a change: the candidate with these words; returns its id."""
    [code] = await new_codes(1)
    parent_id = await parent_called(parent_code)
    return await _add(change, "propose", {**words, "code": code, "status": "candidate"}, parent_id)


@action
async def create_theme(forum: Forum, user: User, values: Mapping[str, str], reason: str, key: str) -> int:
    """A new theme, in use at once; returns its id. `values` are words by field, with the code of its `parent`."""
    check_key(key)
    words, reason = check_words(values, reason)
    async with forum.write():
        change = await begin(forum, user, key, reason, "create", sorted(values.items()))
        problems = await code_problem(words["code"], None)
        parent_id = await parent_or_problem(values.get("parent", ""), None, problems)
        if problems:
            raise Invalid(problems)
        return await _add(change, "create", words, parent_id)


@action
async def edit_theme(
    forum: Forum, user: User, theme_id: int, values: Mapping[str, str], revision: int, reason: str, key: str
) -> int:
    """Give a theme other words; returns its id. `revision` is the version of its last change that the person had read.

    When it has changed since, Invalid carries what it says now as JSON (`newer`) and the version of that (`revision`).
    """
    check_key(key)
    words, reason = check_words(values, reason)
    async with forum.write():
        change = await begin(
            forum, user, key, reason, "edit", theme_id, sorted(values.items()), revision, answer=theme_id
        )
        theme = await theme_here(theme_id)
        before = await state_of(theme_id)
        if revision != (last := await last_version(theme_id)):
            raise Invalid(
                {
                    "revision": "Somebody changed this theme while you did. What it says now stands below; what you "
                    "wrote is still in the form. Save again to put your words in its place."
                },
                newer=as_json(before),
                revision=str(last),
            )
        problems = await code_problem(words["code"], theme)
        parent_id = await parent_or_problem(values.get("parent", ""), theme, problems)
        if problems:
            raise Invalid(problems)
        await Theme.filter(id=theme_id).update(**words)
        if parent_id != theme.parent_id:
            await _put_below(theme_id, parent_id)
        await change.keep("edit", theme_id, before)
        await change.record("edit_theme", theme_id)
    return theme_id


@action
async def move_theme(forum: Forum, user: User, theme_id: int, where: str, reason: str, key: str) -> int:
    """Move a theme `up` or `down` among its neighbours in use, to the `top` level, or `below CODE`; returns its id."""
    check_key(key)
    reason = check_reason(reason)
    async with forum.write():
        change = await begin(forum, user, key, reason, "move", theme_id, where, answer=theme_id)
        theme = await theme_here(theme_id)
        before = await state_of(theme_id)
        if where in ("up", "down"):
            await _pass_a_neighbour(theme, -1 if where == "up" else 1)
        elif where == "top" or where.startswith("below "):
            problems: dict[str, str] = {}
            parent_id = await parent_or_problem(where[len("below ") :], theme, problems)
            if problems:
                raise Invalid({"where": problems["parent"]})
            if parent_id == theme.parent_id:
                raise Invalid({"where": "It stands there already."})
            await _put_below(theme_id, parent_id)
        else:
            raise Invalid({"where": "Choose where to."})
        await change.keep("move", theme_id, before)
        await change.record("move_theme", theme_id)
    return theme_id


@action
async def change_status(forum: Forum, user: User, theme_id: int, act: str, reason: str, key: str) -> int:
    """`accept` a candidate, `retire` a theme or `revive` a retired one; returns its id. Its taggings stay."""
    check_key(key)
    reason = check_reason(reason)
    async with forum.write():
        change = await begin(forum, user, key, reason, "status", theme_id, act, answer=theme_id)
        theme = await theme_here(theme_id)
        before = await state_of(theme_id)
        if act == "accept" and theme.status == "candidate":
            status = "active"
        elif act == "retire" and theme.status in IN_USE:
            await require_none_below(theme_id)
            status = "retired"
        elif act == "revive" and theme.status == "retired":
            await require_parent_in_use(theme)
            status = "active"
        else:
            raise Invalid(f"This theme is {STATUSES[theme.status].lower()} now. Look at it again.")
        await Theme.filter(id=theme_id).update(status=status)
        await change.keep(act, theme_id, before)
        await change.record(f"{act}_theme", theme_id)
    return theme_id


async def _add(change: Change, act: str, words: Mapping[str, str], parent_id: int | None) -> int:
    theme = await add_last(words, parent_id)
    await arrange(await order_now())
    await change.keep(act, theme.id, None)
    await change.answers(theme.id)
    await change.record(f"{act}_theme", theme.id)
    return theme.id


async def _put_below(theme_id: int, parent_id: int | None) -> None:
    """As the last of its new level."""
    last = await Theme.all().order_by("-position").first()
    await Theme.filter(id=theme_id).update(parent_id=parent_id, position=last.position + 1 if last else 1)
    await arrange(await order_now())


async def _pass_a_neighbour(theme: Theme, step: int) -> None:
    order = await order_now()
    level = order[theme.parent_id]
    in_use = {other.id for other in await Theme.filter(status__in=IN_USE)}
    place = level.index(theme.id)
    passed = next((at for at in range(place + step, len(level) if step > 0 else -1, step) if level[at] in in_use), None)
    if passed is None:
        raise Invalid({"where": f"It is the {'first' if step < 0 else 'last'} of its level already."})
    level.insert(passed, level.pop(place))
    await arrange(order)
