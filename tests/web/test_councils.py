"""Councils and their approved domains: one council each, in lower case, by administrators."""

import asyncio

import pytest

from forum.actions.councils import add_domain, check_domain
from forum.errors import Invalid
from forum.models import AuditRow, Council, CouncilDomain
from tests.cast import new_key, user


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Leeds.Gov.UK ", "leeds.gov.uk"),
        ("@example.gov.uk", "example.gov.uk"),
        ("a-b.example.wales.", "a-b.example.wales"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
    ],
)
def test_a_domain_is_kept_in_lower_case(typed, kept):
    assert check_domain(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "uk", "localhost", "a@b.uk", "-a.uk", "a-.uk", "a..uk", ".a.uk", "a b.uk", "a.uk/x", "*.gov.uk", "1.2.3.4",
     "https://a.uk", "a\n.uk", "münchen.example", "x" * 64 + ".uk", "x." * 130 + "uk"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(typed):
    with pytest.raises(Invalid):
        check_domain(typed)


async def test_a_domain_is_added_belongs_to_one_council_and_goes_again(signed_in):
    priya = await signed_in("priya")
    leeds, luton = await Council.get(name="Leeds"), await Council.get(name="Luton")
    answer = await priya.act(f"/councils/{leeds.id}/domains", domain="Leeds.gov.uk")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/councils/{leeds.id}")
    for address in "/councils", f"/councils/{leeds.id}":
        assert "leeds.gov.uk" in (await priya.get(address)).text
    for council in leeds, luton:
        answer = await priya.act(f"/councils/{council.id}/domains", domain="leeds.gov.uk")
        assert answer.status_code == 422 and "belongs to Leeds already" in answer.text
    answer = await priya.act(f"/councils/{luton.id}/domains", domain="no domain")
    assert answer.status_code == 422 and 'value="no domain"' in answer.text
    [domain] = await CouncilDomain.all()
    assert (await priya.act(f"/councils/{luton.id}/domains/{domain.id}/remove")).status_code == 404
    key = new_key()
    for _ in range(2):
        answer = await priya.send_form(f"/councils/{leeds.id}/domains/{domain.id}/remove", key=key)
        assert answer.status_code == 303
    assert not await CouncilDomain.exists()
    rows = await AuditRow.filter(act__in=["add_domain", "remove_domain"]).order_by("number")
    assert [(row.act, row.subject_id, row.details) for row in rows] == [
        ("add_domain", leeds.id, '{"domain":"leeds.gov.uk"}'),
        ("remove_domain", leeds.id, '{"domain":"leeds.gov.uk"}'),
    ]
    assert (await priya.get("/councils/99999")).status_code == 404


async def test_of_two_who_add_a_domain_at_once_one_does(forum):
    priya = await user("priya")
    councils = await Council.all().limit(2)
    barrier = asyncio.Barrier(2)

    async def add(council: Council) -> bool:
        await barrier.wait()
        try:
            await add_domain(forum, priya, council.id, "example.gov.uk", new_key())
        except Invalid:
            return False
        return True

    assert sorted(await asyncio.gather(*map(add, councils))) == [False, True]
    assert await CouncilDomain.all().count() == 1
