"""Who may do what, as data: every route × everybody × a group of theirs, another listed group, a hidden one, nothing.

`RIGHTS` is what tests/web/test_every_right.py holds the service to: a route that it does not name fails there.
An answer is one word: `see` (200), `may` (a form is taken, or asked to be mended), `no` (403: they may not, and know
it), `none` (404: for them there is no such thing), `on` (303: sent elsewhere).
"""

import re
from dataclasses import dataclass

from starlette.routing import Route

from tests.cast import GROUPS

# A group of their own, or for analysts and administrators a listed one; then another listed group.
PLACES = {
    "amina": ("adult-social-care", "housing"),
    "gareth": ("adult-social-care", "housing"),
    "bethan": ("finance", "housing"),
    "mohammed": ("housing", "finance"),
    "eve": ("housing", "finance"),
    "olu": ("adult-social-care", "finance"),
    "ruth": ("adult-social-care", "housing"),
    "sam": ("housing", "finance"),
    "tom": ("adult-social-care", "housing"),
    "nadia": ("adult-social-care", "housing"),
    "priya": ("adult-social-care", "housing"),
    "mallory": ("finance", "housing"),
}
HIDDEN = "whistleblowing"
ANALYSTS = {"tom": "analyst", "nadia": "drafter"}
INSIDE = ("member", "observer", "facilitator", *ANALYSTS.values())  # in the group, or reading it
OUTSIDE = ("councillor", "colleague", "analyst", "administrator")  # a colleague facilitates other groups
STAFF = {"ruth": "colleague", "sam": "colleague", "tom": "analyst", "nadia": "analyst", "priya": "administrator"}
OF_A_GROUP = {
    "slug", "thread_id", "post_id", "tagging_id", "memo_id", "reading_id", "release_id", "quote_id", "finding_id",
    "session_id", "notice_id", "invitation_id", "passkey_id",
}  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """What those inside of a group get; those outside; and those for whom it is not there, or hidden."""

    inside: dict[str, str]
    outside: dict[str, str]
    nothing: dict[str, str]


def answers(words: str) -> Answers:
    """A line of the table. Without a third part, what is not theirs is answered as what is not there."""
    inside, outside, *more = (part.split() for part in words.split("|"))
    others = dict(zip(OUTSIDE, outside, strict=True))
    nothing = dict(zip(OUTSIDE, more[0], strict=True)) if more else others
    return Answers(dict(zip(INSIDE, inside, strict=True)), others, nothing)


def names_of(route: Route) -> list[str]:
    """What the table calls a route, for each of its methods."""
    path = re.sub(r":[a-z]+}", "}", route.path)
    return [f"{method} {path}" for method in sorted((route.methods or set()) - {"HEAD"})]


def is_inside(person: str, slug: str | None) -> bool:
    return slug is not None and (person in GROUPS[slug] or (person in ANALYSTS and slug != HIDDEN))


def expected(name: str, person: str, slug: str | None) -> str:
    """The answer of this route to a person about something in this group; None for what is not there."""
    row = answers(RIGHTS[name])
    if slug and is_inside(person, slug):
        return row.inside[GROUPS[slug].get(person) or ANALYSTS[person]]
    is_nothing = slug is None or (slug == HIDDEN and OF_A_GROUP & set(re.findall(r"{(\w+)}", name)))
    return (row.nothing if is_nothing else row.outside)[STAFF.get(person, "councillor")]


# What is typed into every form: who may send it gets further than who may not, however far that is.
FORM = {
    "body": "My words", "title": "A title", "reason": "off-topic", "theme": "FIN", "kind": "issue", "start": "0",
    "end": "4", "revision": "1",
}  # fmt: skip

RIGHTS = {
    #  member observer facilitator analyst drafter | councillor colleague analyst administrator | the same of nothing
    "POST /sign-out": "may may may may may | may may may may",
    "GET /stay-signed-in": "see see see see see | see see see see",
    "POST /stay-signed-in": "may may may may may | may may may may",
    "GET /prove": "see see see see see | see see see see",
    "POST /prove": "may may may may may | may may may may",
    "GET /account": "see see see see see | see see see see",
    "GET /account/password": "see see see see see | see see see see",
    "POST /account/password": "may may may may may | may may may may",
    "GET /account/address": "see see see see see | see see see see",
    "POST /account/address": "may may may may may | may may may may | may may may may",
    "GET /account/sessions": "see see see see see | see see see see",
    "POST /account/sessions/end-others": "may may may may may | may may may may",
    "POST /account/sessions/{session_id}/end": "may may may may may | none none none none",
    "GET /": "see see see see see | see see see see",
    "GET /groups": "see see see see see | see see see see",
    "GET /groups/{slug}": "see see see see see | see see none see | none none none none",
    "POST /groups/{slug}/leave": "may may may no no | none none none none",
    "GET /groups/{slug}/members": "see see see see see | none none none none",
    "GET /groups/{slug}/members/{person_id}/remove": "no no see no no | none none none none",
    "POST /groups/{slug}/members/{person_id}/remove": "no no may no no | none none none none",
    "GET /groups/{slug}/members/{person_id}/last-day": "no no see no no | none none none none",
    "POST /groups/{slug}/members/{person_id}/last-day": "no no may no no | none none none none",
    "GET /groups/{slug}/threads/new": "see no see no no | no no none no | none none none none",
    "POST /groups/{slug}/threads": "may no may no no | no no none no | none none none none",
    "GET /threads/{thread_id}": "see see see see see | none none none none",
    "POST /threads/{thread_id}/posts": "may no may no no | none none none none",
    "GET /threads/{thread_id}/changes": "see see see see see | none none none none",
    "GET /threads/{thread_id}/taggings": "no no see see see | none none none none",
    "GET /posts/{post_id}/edit": "see no see no no | none none none none",
    "POST /posts/{post_id}/edit": "may no may no no | none none none none",
    "GET /posts/{post_id}/hide": "no no see no no | none none none none",
    "POST /posts/{post_id}/hide": "no no may no no | none none none none",
    "POST /posts/{post_id}/restore": "no no may no no | none none none none",
    "POST /posts/{post_id}/taggings": "no no may may may | none none none none",
    "POST /posts/{post_id}/no-theme": "no no may may may | none none none none",
    "POST /posts/{post_id}/no-theme/undo": "no no may may may | none none none none",
    "POST /taggings/{tagging_id}/remove": "none none may no no | none none none none",
    "POST /taggings/{tagging_id}/confirm": "none none may no no | none none none none",
    "POST /taggings/{tagging_id}/memos": "none none may may may | none none none none",
    "POST /threads/{thread_id}/memos": "no no may may may | none none none none",
    "POST /memos/{memo_id}/remove": "no no may no no | no none none no",
    "GET /second-readings": "no no see see see | no see see no",
    "POST /second-readings": "no no may may may | no may may no",
    "GET /second-readings/{reading_id}": "no no see see see | no none none no",
    "GET /second-readings/{reading_id}/next": "no no see no no | no none none no",
    "POST /second-readings/{reading_id}/answers": "no no may no no | no none none no",
    "POST /second-readings/{reading_id}/stop": "no no may no no | no none none no",
    "GET /codebook/{theme_id}/memos": "no no see see see | no see see no | no none none no",
    "POST /codebook/{theme_id}/memos": "no no may may may | no may may no | no none none no",
    "GET /codebook": "no no see see see | no see see no",
    "GET /codebook.csv": "no no see see see | no see see no",
    "GET /codebook.qdc": "no no see see see | no see see no",
    "GET /codebook/history": "no no see see see | no see see no",
    "GET /codebook/propose": "no no see see see | no see see no",
    "POST /codebook/propose": "no no may may may | no may may no",
    "GET /codebook/new": "no no no see see | no no see no",
    "POST /codebook/new": "no no no may may | no no may no",
    "GET /codebook/import": "no no no see see | no no see no",
    "POST /codebook/import": "no no no see see | no no see no",
    "GET /codebook/{theme_id}/history": "no no see see see | no see see no | no none none no",
    "GET /codebook/{theme_id}/edit": "no no no see see | no no see no | no no none no",
    "POST /codebook/{theme_id}/edit": "no no no may may | no no may no | no no none no",
    "GET /codebook/{theme_id}/move": "no no no see see | no no see no | no no none no",
    "POST /codebook/{theme_id}/move": "no no no may may | no no may no | no no none no",
    "GET /codebook/{theme_id}/merge": "no no no see see | no no see no | no no none no",
    "POST /codebook/{theme_id}/merge": "no no no may may | no no may no | no no none no",
    "GET /codebook/{theme_id}/status": "no no no see see | no no see no | no no none no",
    "POST /codebook/{theme_id}/status": "no no no may may | no no may no | no no none no",
    "GET /intelligence": "no no see see see | no see see no",
    "GET /intelligence.csv": "no no see see see | no see see no",
    "GET /intelligence.json": "no no see see see | no see see no",
    "GET /intelligence.xlsx": "no no see see see | no see see no",
    "GET /intelligence.ods": "no no see see see | no see see no",
    "GET /intelligence/themes/{code}": "no no see see see | no see see no | no none none no",
    "GET /intelligence/matrix": "no no see see see | no see see no",
    "GET /intelligence/matrix/groups/{slug}/{code}": "no no see see see | no none none no",
    "POST /intelligence/matrix/groups/{slug}/{code}": "no no may may may | no none none no",
    "GET /intelligence/matrix/threads/{thread_id}/{code}": "no no see see see | no none none no",
    "POST /intelligence/matrix/threads/{thread_id}/{code}": "no no may may may | no none none no",
    "GET /audit": "no no no no no | no no no see",
    "GET /people": "no no no no no | no no no see",
    "GET /people/{person_id}": "no no no no no | no no no see | no no no none",
    "POST /people/{person_id}/decisions": "no no no no no | no no no may | no no no none",
    "GET /people/{person_id}/groups/{slug}": "no no no no no | no no no see | no no no none",
    "POST /people/{person_id}/groups/{slug}": "no no no no no | no no no may | no no no none",
    "GET /applications": "no no no no no | no no no see",
    "GET /applications/{application_id}": "no no no no no | no no no see | no no no none",
    "POST /applications/{application_id}/decision": "no no no no no | no no no may | no no no none",
    "GET /vouch/{application_id}": "see none see none none | none none none none",
    "POST /vouch/{application_id}": "may none may none none | none none none none",
    "GET /councils": "no no no no no | no no no see",
    "GET /councils/{council_id}": "no no no no no | no no no see | no no no none",
    "POST /councils/{council_id}/domains": "no no no no no | no no no may | no no no none",
    "POST /councils/{council_id}/domains/{domain_id}/remove": "no no no no no | no no no may | no no no none",
    "GET /quotes": "no no see see see | no see see no",
    "POST /quotes": "no no may may may | no may may no",
    "POST /quotes/{quote_id}/withdraw": "no no may may may | no none none no",
    "GET /releases": "no no no see see | no no see no",
    "POST /releases": "no no no may may | no no may no",
    "GET /releases/new": "no no no see see | no no see no",
    "GET /releases/{release_id}": "no no no see see | no no none no",
    "GET /releases/{release_id}/edit": "no no no no see | no no none no",
    "POST /releases/{release_id}/edit": "no no no no may | no no none no",
    "GET /releases/{release_id}/files/{name}": "no no no none none | no no none no",
    "POST /releases/{release_id}/findings/{finding_id}": "no no no no may | no no none no",
    "POST /releases/{release_id}/{step}": "no no no no may | no no none no",
    "GET /commitments": "no no see see see | no see see no",
    "POST /commitments": "no no no may may | no no may no",
    "GET /commitments/new": "no no no see see | no no see no",
    "GET /commitments/{commitment_id}/edit": "no no no see see | no no see no | no no none no",
    "POST /commitments/{commitment_id}/edit": "no no no may may | no no may no | no no none no",
    "POST /commitments/{commitment_id}/tell": "no no no may may | no no may no | no no none no",
    "POST /notices/{notice_id}/put-away": "may may may may may | none none none none",
    "GET /style": "see see see see see | see see see see",
    "GET /sign-in": "on on on on on | on on on on",
    "POST /sign-in": "may may may may may | may may may may",
    "GET /static/{name}": "none none none none none | none none none none",
    "GET /appearance": "see see see see see | see see see see",
    "POST /appearance": "may may may may may | may may may may",
    "GET /accessibility": "see see see see see | see see see see",
    "GET /reset": "see see see see see | see see see see",
    "POST /reset": "may may may may may | may may may may",
    "GET /reset/{token}": "none none none none none | none none none none",
    "POST /reset/{token}": "none none none none none | none none none none",
    "GET /sign-up": "see see see see see | see see see see",
    "POST /sign-up": "may may may may may | may may may may",
    "GET /sign-up/{token}": "none none none none none | none none none none",
    "POST /sign-up/{token}": "none none none none none | none none none none",
    "GET /address/{token}": "none none none none none | none none none none",
    "POST /address/{token}": "none none none none none | none none none none",
    "POST /prove/passkey": "may may may may may | may may may may",
    "POST /prove/passkey/options": "may may may may may | may may may may",
    "POST /second-factor/passkey": "on on on on on | on on on on",
    "POST /second-factor/passkey/options": "may may may may may | may may may may",
    "GET /account/second-factor/passkeys": "see see see see see | see see see see",
    "POST /account/second-factor/passkeys": "may may may may may | may may may may",
    "POST /account/second-factor/passkeys/options": "may may may may may | may may may may",
    "GET /account/second-factor/passkeys/{passkey_id}/remove": "see see see see see | none none none none",
    "POST /account/second-factor/passkeys/{passkey_id}/remove": "may may may may may | none none none none",
    "GET /second-factor": "on on on on on | on on on on",
    "POST /second-factor": "on on on on on | on on on on",
    "GET /account/second-factor": "see see see see see | see see see see",
    "POST /account/second-factor/app/begin": "may may may may may | may may may may",
    "GET /account/second-factor/app": "on on on on on | on on on on",
    "POST /account/second-factor/app": "may may may may may | may may may may",
    "POST /account/second-factor/app/remove": "may may may may may | may may may may",
    "POST /account/second-factor/codes": "may may may may may | may may may may",
    "GET /account/consent": "see see see see see | see see see see",
    "POST /account/consent": "may may may may may | may may may may",
    "GET /terms/edit": "no no no no no | no no no see",
    "GET /terms/edit/{kind}": "no no no no no | no no no see | no no no none",
    "POST /terms/edit/{kind}": "no no no no no | no no no may | no no no none",
    "GET /groups/{slug}/visit": "no no no no no | none none none see | none none none none",
    "POST /groups/{slug}/visit": "no no no no no | none none none may | none none none none",
    "POST /groups/{slug}/visit/end": "no no no no no | none none none none",
    "GET /visits": "no no no no no | no no no see",
    "GET /groups/{slug}/invitations": "no no see no no | none none none none",
    "POST /groups/{slug}/invitations/{invitation_id}/withdraw": "no no may no no | none none none none",
    "POST /groups/{slug}/invitations/{invitation_id}/again": "no no may no no | none none none none",
    "GET /groups/{slug}/invite": "no no see no no | none none none none",
    "POST /groups/{slug}/invite": "no no may no no | none none none none",
    "GET /groups/{slug}/invite/list": "no no see no no | none none none none",
    "POST /groups/{slug}/invite/list": "no no may no no | none none none none",
    "GET /invitations": "no no no no no | no no no see",
    "POST /invitations/{invitation_id}/withdraw": "no no no no no | no no no may | no no no none",
    "POST /invitations/{invitation_id}/again": "no no no no no | no no no may | no no no none",
    "GET /invite": "no no no no no | no no no see",
    "POST /invite": "no no no no no | no no no may",
    "GET /invite/list": "no no no no no | no no no see",
    "POST /invite/list": "no no no no no | no no no may",
    "POST /sign-in/passkey": "may may may may may | may may may may",
    "POST /sign-in/passkey/options": "may may may may may | may may may may",
    "GET /privacy": "see see see see see | see see see see",
    "GET /terms": "see see see see see | see see see see",
    "POST /terms": "on on on on on | on on on on",
    "GET /invitations/{token}": "none none none none none | none none none none",
    "POST /invitations/{token}": "none none none none none | none none none none",
}
