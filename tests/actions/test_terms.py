"""What people agree to: versions that never change, an answer to each, and consent that can be taken back."""

import asyncio

import pytest

from forum.actions.people import create_account
from forum.actions.posts import edit_post, write_post
from forum.actions.terms import (
    answer_questions,
    in_force,
    last_answers,
    open_questions,
    publish_terms,
    set_consent,
)
from forum.actions.threads import start_thread
from forum.errors import Invalid, NotAllowed
from forum.models import Acceptance, AuditRow, Person, Post, Terms
from forum.permissions import NO_CONSENT, user_now
from tests.cast import EVERYONE, accept_terms, new_key, posts_in, thread_in, user
from tests.post_office import empty_the_queue, kept_letters, text_of

YES = {"terms": "yes", "terms_version": "1", "consent": "yes", "consent_version": "1"}
NO = YES | {"consent": "no"}


async def publish_both(forum) -> None:
    await publish_terms(forum, None, "terms", "Be kind.")
    await publish_terms(forum, None, "consent", "We count opinions.")


async def asked(name: str) -> list[tuple[str, int, int | None]]:
    questions = await open_questions((await user(name)).id)
    return [(question.terms.kind, question.terms.version, question.before) for question in questions]


async def test_a_version_takes_the_next_number_and_asks_everybody(forum):
    assert await asked("amina") == []
    priya = await user("priya")
    assert await publish_terms(forum, priya, "terms", " Be kind.\r\n\r\nStay kind. ", 0, new_key()) == 1
    assert await publish_terms(forum, priya, "consent", "We count opinions.", 0, new_key()) == 1
    assert await asked("amina") == [("terms", 1, None), ("consent", 1, None)]
    assert await publish_terms(forum, None, "terms", "Be kinder.") == 2
    assert {kind: (one.version, one.body, one.by_id) for kind, one in (await in_force()).items()} == {
        "terms": (2, "Be kinder.", None),
        "consent": (1, "We count opinions.", priya.id),
    }
    assert (await Terms.get(kind="terms", version=1)).body == "Be kind.\n\nStay kind."
    rows = await AuditRow.filter(act="publish_terms").order_by("number")
    assert [(row.actor_id, row.details) for row in rows] == [
        (priya.id, '{"kind":"terms","version":1}'),
        (priya.id, '{"kind":"consent","version":1}'),
        (None, '{"kind":"terms","version":2}'),
    ]


@pytest.mark.parametrize("name", [name for name in EVERYONE if name != "priya"])
async def test_only_administrators_publish(forum, name):
    with pytest.raises(NotAllowed):
        await publish_terms(forum, await user(name), "terms", "Mine.", 0, new_key())
    assert not await Terms.exists()


async def test_words_that_cannot_be_published(forum):
    await publish_terms(forum, None, "terms", "Be kind.")
    priya = await user("priya")
    for body, words in (
        ("", "Write the words"),
        ("[](https://x.example)\n\n>", "Write the words"),
        ("x" * 20_001, "Shorten it"),
        ("A\0b", "Take it out"),
        (" Be kind.\n", "stands already"),
    ):
        with pytest.raises(Invalid, match=words):
            await publish_terms(forum, priya, "terms", body, 1, new_key())
    with pytest.raises(Invalid, match="key"):
        await publish_terms(forum, priya, "terms", "Other.", 1, "short")
    assert await Terms.all().count() == 1


async def test_who_wrote_after_an_older_version_is_shown_what_stands_now(forum):
    priya = await user("priya")
    await publish_terms(forum, priya, "terms", "First.", 0, new_key())
    with pytest.raises(Invalid, match="another version") as refused:
        await publish_terms(forum, priya, "terms", "Also first.", 0, new_key())
    assert refused.value.values == {"newer": "First.", "since": "1"}
    assert await publish_terms(forum, priya, "terms", "Both.", 1, new_key()) == 2


async def test_of_twenty_who_publish_at_once_one_does_and_the_same_form_counts_once(forum):
    priya, key = await user("priya"), new_key()
    tries = [publish_terms(forum, priya, "terms", f"Words {number}.", 0, new_key()) for number in range(20)]
    told = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in told) == ["Invalid"] * 19 + ["int"]
    terminals = [publish_terms(forum, None, "terms", f"More words {number}.") for number in range(10)]
    assert sorted(await asyncio.gather(*terminals)) == list(range(2, 12))
    again = [publish_terms(forum, priya, "terms", "The same.", 11, key) for _ in range(5)]
    assert await asyncio.gather(*again) == [12] * 5
    assert sorted(await Terms.all().values_list("version", flat=True)) == list(range(1, 13))


async def test_amina_says_yes_and_is_asked_only_about_what_changes(forum):
    await publish_both(forum)
    amina = await user("amina")
    await answer_questions(forum, amina, YES, new_key())
    assert await asked("amina") == [] and (await user_now(amina)).consents
    assert await asked("gareth") != []
    await publish_terms(forum, None, "terms", "Be kinder.")
    assert await asked("amina") == [("terms", 2, 1)]
    await answer_questions(forum, amina, {"terms": "yes", "terms_version": "2"}, new_key())
    assert await asked("amina") == []
    rows = await AuditRow.filter(actor_id=amina.id).order_by("number")
    assert [(row.act, row.details) for row in rows] == [
        ("accept_terms", '{"kind":"terms","version":1}'),
        ("give_consent", '{"kind":"consent","version":1}'),
        ("accept_terms", '{"kind":"terms","version":2}'),
    ]


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, ["terms", "consent"]),
        ({"terms": "no", "consent": "perhaps"}, ["terms", "consent"]),
        ({"terms": "yes"}, ["consent"]),
        ({"consent": "no"}, ["terms"]),
        ({"terms": "yes", "consent": "yes", "terms_version": "2"}, ["terms"]),
        ({"terms": "yes", "consent": "yes", "consent_version": ""}, ["consent"]),
    ],
)
async def test_an_answer_is_whole_and_about_what_was_read(forum, said, fields):
    await publish_both(forum)
    with pytest.raises(Invalid) as refused:
        await answer_questions(forum, await user("amina"), YES | {"terms": "", "consent": ""} | said, new_key())
    assert sorted(refused.value.problems) == sorted(fields)
    assert not await Acceptance.exists() and len(await asked("amina")) == 2


async def test_answering_in_two_windows_at_once_is_one_answer(forum):
    await publish_both(forum)
    amina = await user("amina")
    await asyncio.gather(*[answer_questions(forum, amina, YES, new_key()) for _ in range(20)])
    assert await Acceptance.filter(person_id=amina.id).count() == 2
    assert await AuditRow.filter(actor_id=amina.id, act="give_consent").count() == 1


async def test_consent_is_withdrawn_and_given_again_with_a_letter_each_time(letters_by_hand, forum):
    await publish_both(forum)
    amina = await user("amina")
    await answer_questions(forum, amina, NO, new_key())
    assert await asked("amina") == []  # no is an answer
    her = await Person.get(id=amina.id)
    assert her.consent_withdrawn_at == (await last_answers(amina.id))["consent"].withdrawn_at is not None
    await set_consent(forum, amina, True, new_key())
    assert (await Person.get(id=amina.id)).consent_withdrawn_at is None
    for _ in range(2):
        await set_consent(forum, amina, False, new_key())
    answer = (await last_answers(amina.id))["consent"]
    assert answer.accepted_at and answer.withdrawn_at and not (await user_now(amina)).consents
    acts = await AuditRow.filter(actor_id=amina.id).order_by("number").values_list("act", flat=True)
    assert acts == ["accept_terms", "withdraw_consent", "give_consent", "withdraw_consent"]
    await empty_the_queue(forum)
    letters = kept_letters(forum)
    assert sorted(letter["Subject"] for letter in letters) == ["You consent again", *["You do not consent"] * 2]
    assert {letter["To"] for letter in letters} == {her.email}
    for letter in letters:
        said = "You can post again" if "again" in letter["Subject"] else "You cannot post or edit"
        assert said in text_of(letter) and "/account/consent" in text_of(letter)


async def test_where_nothing_was_published_there_is_nothing_to_withdraw(forum):
    with pytest.raises(Invalid, match="nothing to consent to"):
        await set_consent(forum, await user("amina"), False, new_key())
    assert (await user_now(await user("amina"))).consents


async def test_a_new_version_leaves_who_withdrew_out_until_they_say_yes(forum):
    await publish_both(forum)
    amina = await user("amina")
    await answer_questions(forum, amina, NO, new_key())
    await publish_terms(forum, None, "consent", "We count opinions with care.")
    assert await asked("amina") == [("consent", 2, 1)] and not (await user_now(amina)).consents
    await answer_questions(forum, amina, {"consent": "yes", "consent_version": "2"}, new_key())
    assert (await user_now(amina)).consents
    assert await Acceptance.filter(person_id=amina.id).count() == 3


async def test_who_withdrew_reads_and_writes_nothing(forum):
    await publish_both(forum)
    await accept_terms(forum)
    amina, thread = await user("amina"), await thread_in("adult-social-care")
    [mine, _] = await posts_in("adult-social-care")
    await set_consent(forum, amina, False, new_key())
    for refused in (
        write_post(forum, amina, thread.id, "Still here.", False, new_key()),
        start_thread(forum, amina, "adult-social-care", "A thread", "Words.", False, new_key()),
        edit_post(forum, amina, mine.id, "Changed.", False, mine.revision, new_key()),
    ):
        with pytest.raises(NotAllowed) as told:
            await refused
        assert str(told.value) == NO_CONSENT
    with pytest.raises(NotAllowed, match="Only its author"):
        await edit_post(forum, await user("gareth"), mine.id, "Not his.", False, mine.revision, new_key())
    assert await Post.filter(author_id=amina.id).count() == 1
    await set_consent(forum, amina, True, new_key())
    assert await write_post(forum, amina, thread.id, "Here again.", False, new_key())


async def test_writing_and_withdrawing_at_once_leaves_no_post_behind_the_withdrawal(forum):
    await publish_both(forum)
    await accept_terms(forum)
    amina, thread = await user("amina"), await thread_in("adult-social-care")
    posts = [write_post(forum, amina, thread.id, f"Post {number}.", False, new_key()) for number in range(10)]
    told = await asyncio.gather(*posts, set_consent(forum, amina, False, new_key()), return_exceptions=True)
    assert all(isinstance(one, int | NotAllowed) for one in told)
    written = await Post.filter(author_id=amina.id).count()
    with pytest.raises(NotAllowed):
        await write_post(forum, amina, thread.id, "Afterwards.", False, new_key())
    assert await Post.filter(author_id=amina.id).count() == written


async def test_a_new_account_is_asked_like_everybody(forum):
    await publish_both(forum)
    await accept_terms(forum)
    await create_account(forum, "dilys@demo.example", "Dilys", "Gwynedd", None, None)
    assert [kind for kind, _, _ in await asked("dilys")] == ["terms", "consent"]
