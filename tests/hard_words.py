"""People, groups and threads whose words are hard to set on a page: as long and as short as may be, from right to left,
without a space to break at.

All of it is in two hidden groups, so that nobody else's pages change. Siân facilitates both; in `quiet-corner` nobody
has said anything yet.
"""

from forum.actions.groups import add_member, create_group
from forum.actions.people import create_account
from forum.actions.posts import hide_post, write_post
from forum.actions.threads import start_thread
from forum.context import Forum
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
