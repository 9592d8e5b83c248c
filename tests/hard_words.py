"""People, groups and threads whose words are hard to set on a page: as long and as short as may be, from right to left,
without a space to break at.

All of it is in two hidden groups, so that nobody else's pages change, but for what is done about it, which all staff
see. Siân facilitates both; in `quiet-corner` nobody has said anything yet.
"""

from forum.actions.commitments import commit
from forum.actions.groups import add_member, create_group
from forum.actions.memos import write_memo
from forum.actions.people import create_account
from forum.actions.posts import hide_post, write_post
from forum.actions.releases import PAPER, check_release, draft_release, issue_release, sign_off_release
from forum.actions.second_readings import answer_sampled, draw_sample
from forum.actions.taggings import say_no_theme, tag_post
from forum.actions.threads import start_thread
from forum.context import Forum
from forum.models import Post, SampledPost
from tests.cast import PASSWORD, new_key, user

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
NAMES = {
    "sian": "Siân Ap Llŷr",
    "lukasz": "Łukasz Dąbrowski",
    "amina.r": "أمينة رحمن",
    "zoe": "Zoë O’Brien-D'Arcy",
    "long": "W" * 120,
}
GROUP, PURPOSE = "Ł" * 120, f"{LONG * 3} <b>&amp;</b> " + "p" * 200
TITLES = ("Why", "T" * 200, "لماذا تأخر خروج المرضى؟", f"<b>{LONG}</b> & 'so' \"on\"")


async def build_hard_words(forum: Forum) -> None:
    for name, words in NAMES.items():
        council = "East Riding of Yorkshire" if name == "long" else None
        await create_account(forum, f"{name}@demo.example", words, council, None, PASSWORD)
    await create_group(forum, "hard-words", GROUP, PURPOSE, "hidden")
    await create_group(forum, "quiet-corner", "Quiet corner", "", "hidden")
    for name in NAMES:
        await add_member(forum, "hard-words", f"{name}@demo.example", "facilitator" if name == "sian" else "member")
    await add_member(forum, "quiet-corner", "sian@demo.example", "facilitator")
    for title in TITLES:
        thread_id = await start_thread(forum, await user("long"), "hard-words", title, title, False, new_key())
        for name in NAMES:
            await write_post(forum, await user(name), thread_id, f"{LONG * 4}\n\n    {LONG * 2}", False, new_key())
    hidden = await write_post(forum, await user("zoe"), thread_id, LONG, False, new_key())
    await hide_post(forum, await user("sian"), hidden, "other", LONG * 4, new_key())


async def build_hard_tags(forum: Forum) -> None:
    """Themes and memos that Owen put on these posts, one of them edited since; two second readings of Siân's: the first
    is done and agrees in part, the other is begun."""
    await create_account(forum, "owen@demo.example", f"Owen {LONG}", None, "analyst", PASSWORD)
    await add_member(forum, "hard-words", "owen@demo.example", "observer")
    owen, sian = await user("owen"), await user("sian")
    posts = await Post.filter(thread__group__slug="hard-words", hidden_at=None).order_by("created_at", "number")
    for place, post in enumerate(posts):
        if place % 5 == 4:
            await say_no_theme(forum, owen, post.id, post.revision, new_key())
            continue
        code = f"CARE-{place % 5 + 1}"
        passage = (0, len(post.body)) if place % 2 else None
        tagging_id = await tag_post(forum, owen, post.id, code, "barrier", passage, post.revision, new_key())
        await write_memo(forum, owen, "tagging", tagging_id, f"{LONG}\n{LONG}", new_key())
    await write_memo(forum, sian, "thread", posts[0].thread_id, LONG * 3, new_key())
    done = await draw_sample(forum, sian, "hard-words", 12, sian.id, new_key())
    for sampled in await SampledPost.filter(second_reading_id=done):
        codes = ["CARE-1", "CARE-2"] if sampled.number % 2 else []
        await answer_sampled(forum, sian, done, sampled.number, codes, new_key())
    begun = await draw_sample(forum, sian, "hard-words", 4, sian.id, new_key())
    await answer_sampled(forum, sian, begun, 1, ["FIN"], new_key())


async def build_hard_releases(forum: Forum) -> None:
    """Three releases of Owen's: one is out and its authors are told what is done, Ines may sign one off, and in one the
    scan found something."""
    await create_account(forum, "ines@demo.example", f"Ines {LONG}", None, "analyst", PASSWORD)
    await add_member(forum, "hard-words", "ines@demo.example", "observer")
    owen, ines = await user("owen"), await user("ines")
    filters, hard = {"group": "hard-words"}, dict.fromkeys(PAPER, f"{'m' * 150}\n\n{TITLES[2]} <b>&amp;</b>")
    issued = await draft_release(forum, owen, "T" * 200, filters, hard, new_key())
    said = ("m" * 200 + "<b>" + "m" * 200, "m" * 120)
    await commit(forum, owen, "CARE-1", issued, *said, "under-way", new_key())
    await check_release(forum, owen, issued, new_key())
    await sign_off_release(forum, ines, issued, new_key())
    await issue_release(forum, owen, issued, new_key())
    checked = await draft_release(forum, owen, "C" * 200, filters, hard, new_key())
    await check_release(forum, owen, checked, new_key())
    found = {"purpose": "m" * 200 + " " + "0" * 11, "summary": f"{'m' * 90} https://{LONG}.example/{LONG}"}
    await draft_release(forum, owen, "D" * 200, filters, hard | found, new_key())
