"""A release leaves the house by steps that nobody can skip: drafted, checked, signed off by somebody else, issued."""

import asyncio
import hashlib
import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from forum.actions.candidates import tag_with_candidate
from forum.actions.codebook_merging import merge_theme
from forum.actions.groups import add_member
from forum.actions.quotes import approve_quote
from forum.actions.releases import check_release, draft_release, issue_release, sign_off_release
from forum.errors import Invalid, NotAllowed, NotFound
from forum.intelligence.quotes import usable_quotes
from forum.intelligence.release_files import placed_quotes
from forum.models import AuditRow, Finding, Notice, Person, Post, Quote, Release, ReleaseFile, ReleaseQuote, Theme
from tests.cast import Browser, group, new_key, posts_in, thread_in, user
from tests.intelligence.worlds import NOON, councillors, say

PAPER = {
    "purpose": "To say what councillors told us about homes.",
    "summary": "Temporary accommodation costs more than councils have.",
    "recommendation": "Agree to gather what worked.",
    "action": "Officers to write a guide by March.",
    "financial_implications": "None: it is within the budget.",
    "next_steps": "The guide goes to the group.",
}
TITLE = "What councillors say about homes"


@pytest.fixture
async def talk(forum) -> None:
    """Twelve councillors of four councils say that homes are an issue, and seven of them that they have an idea."""
    for place, person in enumerate(await councillors(12, 4)):
        post = await say(person, "housing", "HOU-1", *(["HOU-2"] if place < 7 else []))
        await Post.filter(id=post.id).update(quotable=True)


async def step(browser: Browser, address: str, name: str, **fields: str) -> None:
    answer = await browser.act(f"{address}/{name}", **fields)
    assert answer.status_code == 303, answer.text


async def draft(browser: Browser, **changed: str) -> str:
    """The address of a new draft."""
    answer = await browser.act("/releases", **{"title": TITLE, **PAPER, **changed})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def issue(tom: Browser, nadia: Browser, **changed: str) -> str:
    """The address of a new release, all the way."""
    address = await draft(tom, **changed)
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await step(tom, address, "issue")
    return address


async def figures(address: str) -> dict[str, list[object]]:
    """The rows of the table of themes by their codes, as the release has them."""
    release = await Release.get(id=address.rsplit("/", 1)[1])
    [table] = [table for table in json.loads(release.figures)["tables"] if table["name"] == "Themes"]
    return {row[0]: row for row in table["rows"]}


async def test_tom_drafts_nadia_signs_off_and_the_files_stay_as_they_are(signed_in, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    address = await issue(tom, nadia)
    page = (await nadia.get(address)).text
    assert "Issued: Tom" in page
    assert "Signed off: Nadia" in page
    files = await ReleaseFile.filter(release_id=address.rsplit("/", 1)[1])
    assert {file.name.rsplit(".", 1)[1] for file in files} == {
        "docx", "odt", "html", "pdf", "xlsx", "ods", "csv", "json", "qdc", "qdpx",
    }  # fmt: skip
    manifest = json.loads((await Release.get(id=address.rsplit("/", 1)[1])).manifest)
    sums = {file["name"]: file["sha256"] for file in manifest["files"]}
    for file in files:
        answer = await nadia.get(f"{address}/files/{file.name}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == file.sha256 == sums[file.name]
        again = await tom.get(f"{address}/files/{file.name}")
        assert again.content == answer.content
    assert [each["step"] for each in manifest["steps"]] == ["drafted", "checked", "signed off", "issued"]
    assert manifest["rules"] == {"people": 10, "councils": 3, "rounded_to": 5}
    acts = await AuditRow.all().order_by("number").values_list("act", flat=True)
    steps = [act for act in acts if act.endswith("_release")]
    assert steps[:4] == ["draft_release", "check_release", "sign_off_release", "issue_release"]
    assert steps.count("export_release") == 2 * len(files)


async def test_what_leaves_follows_the_stricter_rule(signed_in, talk):
    rows = await figures(await draft(await signed_in("tom")))
    assert rows["HOU-1"][3:6] == [12, 12, 4]
    assert rows["HOU-2"][3:6] == [None, None, None]  # seven people: enough inside, too few to leave
    assert rows["HOU-3"][3:6] == [0, 0, 0]
    release = await Release.first()
    assert dict(json.loads(release.figures)["method"])["Rounding"].startswith("Where a row is the whole of others")


async def test_no_file_names_anybody(signed_in, talk):
    address = await issue(await signed_in("tom"), await signed_in("nadia"))
    packed = ("docx", "odt", "xlsx", "ods", "qdpx", "pdf")  # their own tests open them
    for file in await ReleaseFile.filter(release_id=address.rsplit("/", 1)[1]):
        if file.name.endswith(packed):
            assert b"/Author" not in file.content, file.name
            continue
        words = file.content.decode("utf-8", "ignore")
        for secret in ("Councillor ", "@demo.example", "Leeds", "Tom", "Nadia", "T12:00"):
            assert secret not in words, (file.name, secret)


async def test_who_drafted_it_cannot_sign_it_off(signed_in, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    address = await draft(tom)
    assert (await nadia.act(f"{address}/sign-off")).status_code == 422  # it is not checked yet
    await step(tom, address, "check")
    assert (await tom.act(f"{address}/sign-off")).status_code == 403
    assert (await nadia.act(f"{address}/issue")).status_code == 422
    assert (await Release.get(id=address.rsplit("/", 1)[1])).signed_off_at is None


async def test_only_who_drafted_it_writes_it(signed_in, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    address = await draft(tom)
    assert (await nadia.get(f"{address}/edit")).status_code == 403
    assert (await nadia.act(f"{address}/edit", title="Mine", **PAPER)).status_code == 403
    assert (await nadia.act(f"{address}/discard")).status_code == 403
    assert (await Release.get(id=address.rsplit("/", 1)[1])).title == TITLE


async def test_nadia_returns_it_and_says_why(signed_in, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    address = await draft(tom)
    await step(tom, address, "check")
    empty = await nadia.act(f"{address}/return", reason=" ")
    assert empty.status_code == 422
    assert "Say what has to change." in empty.text
    await step(nadia, address, "return", reason="The summary says more than the figures.")
    assert "The summary says more than the figures." in (await tom.get(address)).text
    await step(tom, address, "check")  # it can go the same way again


async def test_each_finding_is_cleared_before_it_is_checked(signed_in, talk):
    tom = await signed_in("tom")
    address = await draft(tom, summary="Leeds City Council told us. Call 0113 496 0000. May is a good month.")
    found = await Finding.filter(release_id=address.rsplit("/", 1)[1], cleared_at=None)
    assert {"council", "phone"} <= {finding.kind for finding in found}
    refused = await tom.act(f"{address}/check")
    assert refused.status_code == 422
    assert "Clear what the scan found" in refused.text
    for finding in found:
        where = f"{address}/findings/{finding.id}"
        if finding.kind == "phone":
            assert (await tom.act(where, how="keep", why="")).status_code == 422
            assert (await tom.act(where, how="keep", why="It is the number of the LGA's desk.")).status_code == 303
        else:
            assert (await tom.act(where, how="replace")).status_code == 303
    summary = json.loads((await Release.get(id=address.rsplit("/", 1)[1])).paper)["summary"]
    assert "Leeds" not in summary
    assert "[council] told us" in summary
    assert "0113 496 0000" in summary
    await step(tom, address, "check")


async def test_a_paper_that_is_not_written_is_not_checked(signed_in, talk):
    tom = await signed_in("tom")
    address = await draft(tom, next_steps="")
    refused = await tom.act(f"{address}/check")
    assert refused.status_code == 422
    assert "Write this part of the paper." in refused.text


async def test_the_same_form_twice_makes_one_draft(signed_in, talk):
    tom, key = await signed_in("tom"), new_key()
    first = await tom.send_form("/releases", title=TITLE, key=key, **PAPER)
    second = await tom.send_form("/releases", title=TITLE, key=key, **PAPER)
    assert first.headers["location"] == second.headers["location"]
    assert await Release.all().count() == 1


async def test_what_was_typed_is_there_again_when_it_is_refused(signed_in, talk):
    answer = await (await signed_in("tom")).act("/releases", title="", **{"from": "soon"}, **PAPER)
    assert answer.status_code == 422
    assert PAPER["recommendation"] in answer.text
    assert "soon" in answer.text


@pytest.mark.parametrize("name", ["amina", "ruth", "priya", "olu"])
async def test_releases_are_for_analysts(signed_in, talk, name):
    address = await draft(await signed_in("tom"))
    somebody = await signed_in(name)
    for path in "/releases", "/releases/new", address, "/releases/1", f"{address}/files/figures.csv":
        assert (await somebody.get(path)).status_code == 403, path
    assert (await somebody.act("/releases", title=TITLE, **PAPER)).status_code == 403


async def test_figures_of_a_hidden_group_are_for_analysts_with_a_role_in_it(signed_in, forum, talk):
    await add_member(forum, "whistleblowing", "tom@demo.example", "observer")
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    address = await draft(tom)
    assert (await tom.get(address)).status_code == 200
    there, not_there = await nadia.get(address), await nadia.get("/releases/1")
    assert there.status_code == not_there.status_code == 404
    assert re.sub("nonce-[^']+", "", str(there.headers)) == re.sub("nonce-[^']+", "", str(not_there.headers))
    assert TITLE not in (await nadia.get("/releases")).text
    assert (await nadia.act(f"{address}/sign-off")).status_code == 404


async def test_a_monthly_update_does_not_tell_who_joined_since(signed_in, talk):
    """Of two releases the second would tell of the three people who came in between: it says nothing of that theme.
    Once there are ten of them it does."""
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    assert (await figures(await issue(tom, nadia)))["HOU-1"][4] == 12
    for person in await councillors(3, 3):
        await say(person, "housing", "HOU-1")
    second = await issue(tom, nadia)
    assert (await figures(second))["HOU-1"][3:6] == [None, None, None]
    for person in await councillors(8, 4):
        await say(person, "housing", "HOU-1")
    assert (await figures(await issue(tom, nadia)))["HOU-1"][3:6] == [23, 23, 4]


async def test_two_drafts_at_once_cannot_both_go_out(signed_in, talk):
    """Each was counted when the other was not out: the second is stopped when it is issued."""
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    early = await draft(tom)
    for person in await councillors(3, 3):
        await say(person, "housing", "HOU-1")
    late = await draft(tom)
    for address in early, late:
        await step(tom, address, "check")
        await step(nadia, address, "sign-off")
    await step(tom, early, "issue")
    refused = await tom.act(f"{late}/issue")
    assert refused.status_code == 422
    assert "count again" in refused.text
    await step(tom, late, "return", reason="Count again.")
    await step(tom, late, "count-again")
    assert (await figures(late))["HOU-1"][3:6] == [None, None, None]


async def approved(forum, body: str = "Homes come first for us.") -> Quote:
    """A quote from a post by one of the twelve, approved by Tom."""
    post = await Post.filter(quotable=True, thread__group__slug="housing").exclude(author__name="Mohammed").first()
    await Post.filter(id=post.id).update(body=body)
    tom = await user("tom")
    await approve_quote(forum, tom, post.id, "HOU-1", 0, len(body), post.revision, body, new_key())
    return await Quote.get(post_id=post.id)


async def test_a_quote_goes_out_and_is_marked_when_its_author_changes_their_mind(signed_in, forum, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    quote = await approved(forum)
    address = await draft(tom)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await step(tom, address, "issue")
    [paper] = await ReleaseFile.filter(name="board-paper.html")
    assert b"Homes come first for us." in paper.content
    await Quote.filter(id=quote.id).update(withdrawn_at=forum.clock(), withdrawn_why="permission")
    assert "do not use it again" in (await nadia.get(address)).text
    assert "Homes come first" not in (await tom.get(f"{address}/edit")).text


async def test_a_quote_that_was_withdrawn_does_not_go_out(signed_in, forum, talk):
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    quote = await approved(forum)
    address = await draft(tom)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await Quote.filter(id=quote.id).update(withdrawn_at=forum.clock(), withdrawn_why="permission")
    await step(tom, address, "issue")
    for file in await ReleaseFile.all():
        assert b"Homes come first" not in file.content, file.name
    assert await ReleaseQuote.all().count() == 0


async def test_a_finding_in_a_quote_cannot_stay(signed_in, forum, talk):
    """The name was not known when the quote was approved: somebody of that name has come since."""
    tom = await signed_in("tom")
    quote = await approved(forum, "Ask Wilhelmina how homes are built.")
    [newcomer] = await councillors(1, 1)
    newcomer.name = "Wilhelmina Strangeways"
    await newcomer.save(update_fields=["name"])
    address = await draft(tom)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    [finding] = await Finding.filter(kind="name")
    where = f"{address}/findings/{finding.id}"
    assert (await tom.act(where, how="keep", why="Nobody knows her.")).status_code == 422
    assert (await tom.act(where, how="replace")).status_code == 303
    assert (await ReleaseQuote.get(quote_id=quote.id)).words == "Ask [name] how homes are built."
    await step(tom, address, "check")


async def test_of_two_people_who_sign_off_at_once_one_does(forum, talk):
    tom, nadia = await user("tom"), await user("nadia")
    release_id = await draft_release(forum, tom, TITLE, {}, PAPER, new_key())
    with pytest.raises(Invalid):
        await sign_off_release(forum, nadia, release_id, new_key())
    with pytest.raises(NotAllowed):
        await draft_release(forum, await user("ruth"), TITLE, {}, PAPER, new_key())
    with pytest.raises(NotFound):
        await issue_release(forum, tom, 1, new_key())
    await check_release(forum, tom, release_id, new_key())
    answers = await asyncio.gather(
        *(sign_off_release(forum, nadia, release_id, new_key()) for _ in range(20)), return_exceptions=True
    )
    assert [answer for answer in answers if answer == release_id] == [release_id]


async def test_who_raised_it_is_told_and_nobody_else(signed_in, talk):
    tom, nadia, eve = await signed_in("tom"), await signed_in("nadia"), await signed_in("eve")
    [first, *_] = await posts_in("housing")
    await say(await first.author, "housing", "HOU-1")
    address = await draft(tom)
    release_id = address.rsplit("/", 1)[1]
    said = {"words": "We write a guide with those who cut the cost.", "owner": "Housing team", "state": "under-way"}
    assert (await tom.act("/commitments", theme="HOU", release=release_id, **said)).status_code == 303
    assert await Notice.all().count() == 0
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await step(tom, address, "issue")
    author = await first.author
    assert author.name == "Eve"
    home = (await eve.get("/")).text
    assert said["words"] in home
    assert "HOU" not in home
    assert said["words"] not in (await (await signed_in("mohammed")).get("/")).text
    [notice] = await Notice.filter(person_id=author.id)
    assert (await (await signed_in("mohammed")).act(f"/notices/{notice.id}/put-away")).status_code == 404
    assert (await eve.act(f"/notices/{notice.id}/put-away")).status_code == 303
    assert said["words"] not in (await eve.get("/")).text


async def test_a_commitment_names_nobody(signed_in, talk):
    tom = await signed_in("tom")
    said = {"words": "We visit Leeds City Council.", "owner": "Housing team", "state": "planned"}
    answer = await tom.act("/commitments", theme="HOU", **said)
    assert answer.status_code == 422
    assert "Leeds" in answer.text
    assert (await (await signed_in("ruth")).act("/commitments", theme="HOU", **said)).status_code == 403
    assert (await (await signed_in("ruth")).get("/commitments")).status_code == 200
    assert (await (await signed_in("amina")).get("/commitments")).status_code == 403


async def test_a_thread_of_hidden_words_is_not_counted(signed_in, talk):
    await Post.filter(thread_id=(await thread_in("housing")).id).update(hidden_at=NOON)
    rows = await figures(await draft(await signed_in("tom")))
    assert rows["HOU-1"][3:6] == [0, 0, 0]


async def test_a_quote_goes_with_its_theme_when_that_is_merged(signed_in, forum, talk):
    tom, quote = await signed_in("tom"), await approved(forum)
    theme = await Theme.get(code="HOU-1")
    await merge_theme(forum, await user("tom"), theme.id, "CARE-1", "It is about care.", new_key())
    address = await draft(tom)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    [placed] = await placed_quotes(int(address.rsplit("/", 1)[1]))
    assert placed.theme == "CARE"
    housing, into = (await group("housing")).id, (await Theme.get(code="CARE-1")).id
    assert [each.id for each in await usable_quotes([housing], [into])] == [quote.id]
    assert await usable_quotes([housing], [theme.id]) == []


async def test_a_release_is_about_all_themes(signed_in, talk):
    answer = await (await signed_in("tom")).act("/releases", title=TITLE, theme="HOU", **PAPER)
    assert answer.status_code == 422
    assert "A release is about all themes." in answer.text


async def test_a_project_of_quotes_tells_of_no_theme_that_is_hidden(signed_in, forum, talk):
    """HOU-2 is hidden in what leaves: that a quote carries it must not show either."""
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    quote = await approved(forum)
    theme = await Theme.get(code="HOU-2")
    await Quote.filter(id=quote.id).update(theme_id=theme.id)
    address = await draft(tom)
    await step(tom, address, "edit", title=TITLE, quote=str(quote.id), **PAPER)
    await step(tom, address, "check")
    await step(nadia, address, "sign-off")
    await step(tom, address, "issue")
    [project] = await ReleaseFile.filter(name="quotes.qdpx")
    with ZipFile(BytesIO(project.content)) as parts:
        written = parts.read("project.qde").decode()
    assert theme.name not in written
    assert str(theme.guid) not in written
    assert (await Theme.get(code="HOU-1")).name in written


async def test_what_one_person_proposes_does_not_leave(signed_in, forum, talk):
    """Ruth's candidate is named after Amina: it is no theme of the codebook yet, and in no file."""
    [post, *_] = await Post.filter(thread__group__slug="adult-social-care")
    named = ("Amina of Leeds", "Why not.")
    await tag_with_candidate(forum, await user("ruth"), post.id, *named, "issue", None, post.revision, new_key())
    await issue(await signed_in("tom"), await signed_in("nadia"))
    for file in await ReleaseFile.filter(name__in=["figures.csv", "figures.json", "codebook.qdc", "board-paper.html"]):
        assert b"Amina" not in file.content, file.name


async def test_a_theme_that_names_somebody_is_found(signed_in, talk):
    tom = await signed_in("tom")
    await Theme.filter(code="HOU-1").update(definition="What Leeds City Council told us.")
    address = await draft(tom)
    [finding] = await Finding.filter(place="theme-HOU-1")
    assert (await tom.act(f"{address}/findings/{finding.id}", how="replace")).status_code == 422
    assert (await tom.act(f"{address}/check")).status_code == 422
    assert 'href="/codebook#HOU-1"' in (await tom.get(address)).text
    await Theme.filter(code="HOU-1").update(definition="What a council told us.")
    await step(tom, address, "check")


async def test_one_more_post_between_two_releases_is_not_told(signed_in, talk):
    """The same twelve people: but one of them wrote once more, and 12 beside 13 posts would say so."""
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    first = await issue(tom, nadia)
    again = await issue(tom, nadia)
    assert (await figures(again))["HOU-1"][3:6] == (await figures(first))["HOU-1"][3:6] == [12, 12, 4]
    person = await Person.get(name="Councillor 11")
    await say(person, "housing", "HOU-1")
    assert (await figures(await issue(tom, nadia)))["HOU-1"][3:6] == [None, None, None]


async def test_another_filter_with_nearly_the_same_posts_is_not_told(signed_in, talk):
    """All groups from April, and one group at any time: neither filter lies within the other, but their posts do."""
    tom, nadia = await signed_in("tom"), await signed_in("nadia")
    for person in await councillors(3, 3):
        await say(person, "finance", "HOU-1")
    assert (await figures(await issue(tom, nadia, group="housing")))["HOU-1"][4] == 12
    everywhere = await figures(await draft(tom, **{"from": "2026-04"}))
    assert everywhere["HOU-1"][3:6] == [None, None, None]


async def test_no_row_has_more_councils_than_people(signed_in, talk):
    """Twenty-two people, each on a council of their own, are 20 people of 20 councils in a paper, not of 22."""
    for person in await councillors(22, 22):
        await say(person, "finance", "FIN-1", "FIN-2")
    address = await draft(await signed_in("tom"))
    rows = await figures(address)
    assert rows["FIN"][3:6] == [22, 20, 20]
    assert rows["HOU"][3:6] == [12, 10, 5]
    [bases] = [table for table in json.loads((await Release.first()).figures)["tables"] if table["name"] == "Bases"]
    assert all(people >= councils for _, _, people, councils in bases["rows"] if people is not None)
