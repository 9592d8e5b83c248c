"""What a browser keeps: addresses right for a year, scripts joined and small; and what is compressed on its way."""

import re
import shutil

import pytest

import forum.app as forum_app
from forum.errors import Misconfigured
from forum.settings import beside_package
from forum.web.assets import SCRIPTS, Assets, bundle
from tests.cast import posts_in, thread_in

STATIC = beside_package("static")
IN_PAGE = re.compile('(?:href|src)="(/static/[^"]*)"')
MOST_SCRIPT = 20_000


@pytest.fixture
def folder(tmp_path):
    """A copy of the files, to change."""
    return shutil.copytree(STATIC, tmp_path / "static")


def addresses(folder):
    assets = Assets(folder)
    return {
        name: assets.address(name)
        for name in ("site.css", "staff.css", "dark.css", "icon.svg", *map("{}.js".format, SCRIPTS))
    }


# Kept for a year


async def test_aminas_phone_keeps_the_look_for_a_year(signed_in):
    amina = await signed_in("amina")
    thread = await thread_in("adult-social-care")
    for page in "/", "/groups", f"/threads/{thread.id}", "/groups/adult-social-care/threads/new", "/nowhere":
        named = set(IN_PAGE.findall((await amina.get(page)).text))
        assert {address.split("/")[2].split(".")[0] for address in named} > {"icon", "site"}, page
        for address in named:
            answer = await amina.get(address)
            assert answer.status_code == 200, (page, address)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[address.rsplit(".")[-1]]
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_who_tags_has_one_script_a_page_too(signed_in):
    thread, [post, _] = await thread_in("adult-social-care"), await posts_in("adult-social-care")
    amina, ruth = await signed_in("amina"), await signed_in("ruth")
    for browser, page, name in [
        (amina, "/", "site"),
        (amina, f"/threads/{thread.id}", "thread"),
        (amina, f"/posts/{post.id}/edit", "writing"),
        (ruth, f"/threads/{thread.id}", "thread"),
        (ruth, f"/threads/{thread.id}/taggings", "tagging"),
    ]:
        text = (await browser.get(page)).text
        [script] = re.findall('<script type="module" src="([^"]+)"', text)
        assert re.fullmatch(f"/static/{name}[.][0-9a-f]{{12}}[.]js", script), page


async def test_what_no_page_names_is_not_there(signed_in):
    stranger = await signed_in(None)
    [now] = [address for address in IN_PAGE.findall((await stranger.get("/sign-in")).text) if "/site." in address]
    other = now.replace(now.split(".")[1], "0123456789ab")
    for path in other, "/static/site.css", "/static/live.js", "/static/config.toml", now + "x":
        answer = await stranger.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["cache-control"] == "no-store"


def test_what_changes_gets_a_new_address_and_nothing_else_does(folder):
    before = addresses(folder)
    assert addresses(folder) == addresses(STATIC) == before
    for file, changed in [
        ("taggings.css", {"staff.css"}),
        ("threads.css", {"site.css", "staff.css"}),
        ("dark.css", {"dark.css"}),
        ("icon.svg", {"icon.svg"}),
        ("live.js", {"thread.js"}),
        ("times.js", {f"{name}.js" for name in SCRIPTS if name not in ("dialogs", "passkeys")}),
    ]:
        whole = (folder / file).read_text()
        end = {"css": "p { margin: 0; }\n", "js": "start();\n", "svg": "\n"}[file.rsplit(".")[-1]]
        (folder / file).write_text(whole + end)
        after = addresses(folder)
        assert {name for name in before if before[name] != after[name]} == changed
        (folder / file).write_text(whole)


def test_styles_are_one_file_that_begins_with_the_order_of_layers(folder):
    (folder / "a.css").write_text("/* What this is:\n   a test. */\n\n  q { content: '/* kept */'; } /* kept too */\n")
    (folder / "dark.css").write_text("@layer tokens { }\n")
    assets = Assets(folder)
    site = assets.answer(assets.address("site.css").split("/")[2]).body.decode()
    assert site.startswith("@layer tokens, ")
    assert "}q { content: '/* kept */'; } /* kept too */" in site
    assert "What this is" not in site
    assert "@layer tokens {}" not in site
    assert assets.answer(assets.address("dark.css").split("/")[2]).body == b"@layer tokens {}"


def test_a_page_cannot_name_what_is_not_made():
    with pytest.raises(KeyError):
        Assets(STATIC).address("nothing.css")


# Scripts


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bundle_is_one_small_module_with_each_source_once(name):
    text = bundle(STATIC, SCRIPTS[name])
    modules = re.findall(r"^const \$(\w+) = ", text, re.MULTILINE)
    assert len(modules) == len(set(modules))
    assert set(SCRIPTS[name]) <= set(modules)
    for place, module in enumerate(modules):
        used = re.findall(r"^const .* = \$(\w+);$", text.split(f"const ${module} = ")[1].split("\n})();")[0], re.M)
        assert set(used) <= set(modules[:place]), f"{module} comes before what it needs"
    assert not re.search(r"^\s*(import|export|//|/\*)|^\s+\S", text, re.MULTILINE)
    assert len(text.encode()) < MOST_SCRIPT


TOOLS = """const own = 1;

export const two = own + 1;
export function three() {}
"""
FIRST = """import { two } from "./tools.js";

const own = two;
"""
SECOND = """// What this is.

import { three, two } from "./tools.js";

/**
 * Words.
 */
export async function go() {
  return three(two, "https://example.org", `${two}`);
}
"""
JOINED = """const $tools = (() => {
const own = 1;
const two = own + 1;
function three() {}
return { two, three };
})();
const $first = (() => {
const { two } = $tools;
const own = two;
return {  };
})();
const $second = (() => {
const { three, two } = $tools;
async function go() {
return three(two, "https://example.org", `${two}`);
}
return { go };
})();
"""


def test_names_stay_a_modules_own(tmp_path):
    for name, text in ("tools", TOOLS), ("first", FIRST), ("second", SECOND):
        (tmp_path / f"{name}.js").write_text(text)
    assert bundle(tmp_path, ["first", "second"]) == JOINED


BROKEN = {
    'import { make } from "./nowhere.js";': "There is no .*nowhere.js",
    'import { nothing } from "./pages.js";': "times.js imports nothing that pages.js does not export",
    'import { tellTimes } from "./times.js";': "times.js imports itself",
    'import { make as build } from "./pages.js";': "cannot be joined",
    'import {\n  make,\n} from "./pages.js";': "cannot be joined",
    'import pages from "./pages.js";': "cannot be joined",
    'import * as pages from "./pages.js";': "cannot be joined",
    'import "./pages.js";': "cannot be joined",
    'import { make } from "https://example.org/make.js";': "cannot be joined",
    'const pages = import("./pages.js");': "cannot be joined",
    "const where = import.meta.url;": "cannot be joined",
    "export { words };": "cannot be joined",
    "export default words;": "cannot be joined",
    "export let changes = 1;": "cannot be joined",
    "const text = `one\n  two`;": "cannot be joined",
    'const text = "one \\\n  two";': "cannot be joined",
}


@pytest.mark.parametrize("line", BROKEN)
def test_what_cannot_be_joined_is_named(folder, line):
    script = folder / "times.js"
    script.write_text(f"{line}\n{script.read_text()}")
    with pytest.raises(Misconfigured, match=BROKEN[line]):
        Assets(folder)


def test_a_circle_by_way_of_another_is_named(folder):
    (folder / "pages.js").write_text(f'import {{ tellTimes }} from "./times.js";\n{(folder / "pages.js").read_text()}')
    (folder / "times.js").write_text(f'import {{ make }} from "./pages.js";\n{(folder / "times.js").read_text()}')
    with pytest.raises(Misconfigured, match=r"times\.js imports itself, by way of pages\.js"):
        Assets(folder)


async def test_a_broken_script_stops_the_start(forum, folder, monkeypatch):
    (folder / "live.js").write_text('import { make } from "./nowhere.js";\n')
    monkeypatch.setattr("forum.app.beside_package", lambda name: folder.parent / name)
    with pytest.raises(Misconfigured, match="nowhere"):
        forum_app.create_app(forum)


# Compressed where it is safe


async def test_what_nobody_sent_is_compressed(signed_in):
    ruth, thread = await signed_in("ruth"), await thread_in("adult-social-care")
    [first, _] = await posts_in("adult-social-care")
    page = await ruth.get(f"/threads/{thread.id}")
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < len(page.content) / 2
    assert page.headers["content-security-policy"]
    for path in (
        "/", "/groups", f"/threads/{thread.id}?page=1", f"/threads/{thread.id}/taggings?post={first.id}&page=1",
        *IN_PAGE.findall(page.text),
    ):  # fmt: skip
        answer = await ruth.get(path)
        assert answer.status_code == 200, path
        if len(answer.content) >= 500:
            assert answer.headers["content-encoding"] == "gzip", path
            assert "accept-encoding" in answer.headers["vary"].lower(), path


async def test_who_cannot_unpack_gets_it_plain(signed_in):
    amina, thread = await signed_in("amina"), await thread_in("adult-social-care")
    page = await amina.get(f"/threads/{thread.id}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in page.headers
    assert "accept-encoding" in page.headers["vary"].lower()  # so that no cache hands it the other


async def test_what_may_show_again_what_was_sent_is_never_compressed(signed_in):
    amina, ruth, thread = await signed_in("amina"), await signed_in("ruth"), await thread_in("adult-social-care")
    post = f"/threads/{thread.id}/posts"
    long = "Guess the secret. " * 100
    answers = {
        "a post refused": await amina.send_form(post, body=long),
        "a preview": await amina.act(post, body=long, preview="yes"),
        "a sign-in refused": await (await signed_in(None)).send_form("/sign-in", email=long[:200], password="no"),
        "an address with words": await ruth.get("/intelligence?theme=CARE-3"),
        "an address with wrong words": await ruth.get("/intelligence?from=spring"),
        "words among numbers": await ruth.get(f"/threads/{thread.id}?page=1&q=secret"),
        "an encoded word": await ruth.get(f"/threads/{thread.id}?page=%73ecret"),
        "a way back": await (await signed_in(None)).get("/sign-in?next=/groups/secret"),
        "a page that is not there": await amina.get("/nowhere"),
        "what came since": await amina.get(f"/threads/{thread.id}/changes?since=0&epoch=secret"),
    }
    statuses = {what: answer.status_code for what, answer in answers.items()}
    assert set(statuses.values()) == {200, 404, 422}, statuses
    for what, answer in answers.items():
        assert len(answer.content) >= 500 or what == "what came since", what  # else nobody would compress it anyway
        assert "content-encoding" not in answer.headers, what
