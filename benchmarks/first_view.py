"""First view: a thread page of 50 posts in a phone's browser, on a slow line and with a slow processor, nothing in its
cache; all by the browser's own timings. What every page brings is counted in tests/browser. Needs `chromium` on the
PATH."""

import asyncio
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from benchmarks.measuring import claim
from forum.context import open_forum
from forum.models import Membership, Thread
from tests.browser.stage import PHONE, Service, chromium
from tests.cast import PASSWORD, build_demo
from tests.conftest import settings_for

VISITS = 7
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4

PAINTS = """() => new Promise((tell) => {
  new PerformanceObserver((list) => {
    const [page] = performance.getEntriesByType("navigation");
    const [first] = performance.getEntriesByName("first-contentful-paint");
    tell({
      "first contentful paint": first.startTime,
      "largest contentful paint": list.getEntries().at(-1).startTime,
      "DOMContentLoaded": page.domContentLoadedEventEnd,
    });
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""
# What the page itself brings, not what its scripts ask for later, with its icon, which may come late or not at all.
BROUGHT = """() => [
  ...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource").filter(({ initiatorType }) => ["link", "script"].includes(initiatorType)),
].map(({ name, transferSize, decodedBodySize }) => ({
  kind: new URL(name).pathname.match(/^\\/static\\/.*\\.(\\w+)$/)?.[1] ?? "html",
  wire: transferSize,
  bytes: decodedBodySize,
})).concat([...document.querySelectorAll("link[rel=icon]")].map(() => ({ kind: "icon", wire: 0, bytes: 0 })))"""


async def fill(url: str, folder: Path) -> tuple[str, str]:
    """Make the demo world. A member of the group with the longest thread, and the address of that thread."""
    async with open_forum(settings_for(url, folder), migrate=True) as forum:
        await build_demo(forum)
        thread = await Thread.all().order_by("-posts").first()
        assert thread is not None
        members = Membership.filter(group_id=thread.group_id, role="member", ended_at=None).order_by("id")
        [email, *_] = await members.values_list("person__email", flat=True)
        return str(email), f"/threads/{thread.id}?page=1"


def first_view(context: BrowserContext, address: str) -> tuple[dict[str, float], list[dict[str, Any]]]:
    page = context.new_page()
    browser = context.new_cdp_session(page)
    browser.send("Network.enable")
    browser.send("Network.emulateNetworkConditions", LINE)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    assert page.locator("#posts > *").count() == 50, "this is no page of 50 posts"
    return page.evaluate(PAINTS), page.evaluate(BROUGHT)


def visits(browser: Browser, where: str, email: str, address: str) -> tuple[float, list[dict[str, Any]]]:
    """Seconds until the content is visible, and what the page brings."""
    seen = []
    for _ in range(VISITS + 1):
        context = browser.new_context(base_url=where, locale="en-GB", **PHONE)
        form = {"email": email, "password": PASSWORD}
        assert context.request.post("/sign-in", form=form, headers={"origin": where}, max_redirects=0).status == 303
        seen.append(first_view(context, address))
        context.close()
    _, *timed = [timings for timings, _ in seen]  # the first visit warms the service up
    for name in timed[0]:
        times = sorted(timings[name] for timings in timed)
        print(f"  {name}: {statistics.median(times):.0f} ms ({times[0]:.0f} to {times[-1]:.0f} in {VISITS} visits)")
    brought = seen[-1][1]
    for kind in "html", "css", "js":
        parts = [part for part in brought if part["kind"] == kind]
        wire, whole = (sum(part[name] for part in parts) / 1000 for name in ("wire", "bytes"))
        print(f"  {kind}: {wire:.1f} kB on the wire, {whole:.1f} kB uncompressed")
    return statistics.median(timings["largest contentful paint"] for timings in timed) / 1000, brought


def main() -> bool:
    print("First view. Repeat with: python3 dev.py bench first_view", flush=True)
    if shutil.which("chromium") is None:
        print("  There is no `chromium` on the PATH, and only a browser can say. On Debian: apt install chromium.")
        return False
    with tempfile.TemporaryDirectory() as data:
        url = f"sqlite://{data}/forum.sqlite3"
        email, address = asyncio.run(fill(url, Path(data)))
        with Service(url, Path(data)) as service, chromium() as browser:
            visible, brought = visits(browser, service.where, email, address)
    whole = sum(part["bytes"] for part in brought) / 1000
    scripts = sum(part["bytes"] for part in brought if part["kind"] == "js") / 1000
    return all(
        [
            claim("content visible on a thread of 50 posts", visible, 1.5, "s"),
            claim("the page with its styles and scripts", whole, 100, "kB"),
            claim("its scripts", scripts, 20, "kB"),
            claim("its requests", len(brought), 6, ""),
        ]
    )
