"""Every page, whoever looks at it: nothing that axe finds fault with, on a phone and on a desk, in light and dark; no
sideways scroll; not a complaint in the console; nothing asked of another host."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import open_thread
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
THREAD = ("Adult social care", "What has eased discharge from hospital locally?")
FAULTS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) ${target}: ${failureSummary}`));
}"""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > room + 1)
    .map((it) => `${it.tagName} ${it.className}`);
}"""
