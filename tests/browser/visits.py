"""Visit the pages of a book as readers do, and list what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import ADDRESS, OF_THE_BROWSER, Site
from tests.chromium import CHROMIUM

WIDTHS = {"desktop": 1280, "phone": 360}
THEMES = "light", "dark"
VIEWS = [(device, theme) for device in WIDTHS for theme in THEMES]

_WELL = {"console log", "console info", "console debug", "status 200", "status 304"}
_STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"

_AXE = """async () => (await axe.run({resultTypes: ['violations']})).violations.flatMap(
  rule => rule.nodes.map(node => [rule.id, rule.impact, node.target.join(' ') + ': ' + node.html
    + ' ' + node.any.map(check => check.message).join(' ')]))"""

# The page as a whole may not be wider than the screen; parts of it may scroll sideways.
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const cut = each => each !== document.body
    && (getComputedStyle(each).overflowX !== 'visible' || cut(each.parentElement));
  const over = [...document.body.querySelectorAll('*')].filter(
    each => each.getBoundingClientRect().right > wide + 1 && !cut(each));
  return over.slice(0, 5).map(each => each.cloneNode().outerHTML);
}"""

# All that takes the focus and can be seen: Tab must lead to each, and each look different then.
_WATCH = """() => {
  const look = each => {
    const {outlineStyle, outlineWidth, boxShadow, backgroundColor, borderColor, color,
      textDecoration} = getComputedStyle(each);
    const outline = outlineStyle === 'none' ? 'none' : outlineStyle + outlineWidth;
    return [outline, boxShadow, backgroundColor, borderColor, color, textDecoration].join();
  };
  const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const seen = [...document.querySelectorAll(all)].filter(each => !each.disabled
    && each.tabIndex >= 0 && each !== document.activeElement
    && each.checkVisibility({visibilityProperty: true}));
  const plain = new Map(seen.map(each => [each, look(each)]));
  window.reach = {missed: new Set(seen), unmarked: new Set()};
  addEventListener('focusin', ({target}) => {
    window.reach.missed.delete(target);
    if (look(target) === plain.get(target)) window.reach.unmarked.add(target);
  });
  return seen.length;
}"""
_REACHED = """() => ['missed', 'unmarked'].map(kind => [...window.reach[kind]].map(
  each => each.cloneNode().outerHTML + ' ' + each.textContent.trim().slice(0, 40)))"""


@dataclass(frozen=True)
class Problem:
    """What is wrong: by which rule, on which page, in which view."""

    rule: str
    page: str
    view: str
    what: str


@contextmanager
def browser(site: Site) -> Iterator[Browser]:
    """Start a browser that has to ask the proxy of a site for everything."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                f"--gaia-url={OF_THE_BROWSER}",
                f"--component-updater=url-source={OF_THE_BROWSER}",
                f"--gcm-checkin-url={OF_THE_BROWSER}",
                f"--gcm-registration-url={OF_THE_BROWSER}",
            ],
            proxy={"server": site.proxy, "bypass": "<-loopback>"},
        )
        yield started
        started.close()


def visit(browser: Browser, page: str, device: str, theme: str, axe: str | None) -> list[Problem]:
    """Open one page in one view; return what is wrong with it."""
    found: list[tuple[str, str]] = []
    size = {"width": WIDTHS[device], "height": 800}
    context = browser.new_context(viewport=size, color_scheme=theme)
    with context:
        tab = context.new_page()
        tab.on("console", lambda said: found.append((f"console {said.type}", said.text)))
        tab.on("pageerror", lambda error: found.append(("console error", error.message)))
        tab.on("requestfailed", lambda request: found.append(("failed request", request.url)))
        tab.on("response", lambda answer: found.append((f"status {answer.status}", answer.url)))
        tab.goto(ADDRESS + page, wait_until="networkidle")
        tab.add_style_tag(content=_STILL)
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found += [("too wide", what) for what in tab.evaluate(_TOO_WIDE)]
        if axe:
            tab.evaluate(axe)
            broken = tab.evaluate(_AXE)
            found += [(f"axe {rule} ({impact})", what) for rule, impact, what in broken]
        found += _by_keyboard(tab)
    view = f"{device} {theme}"
    return [Problem(rule, page, view, what) for rule, what in found if rule not in _WELL]


def _by_keyboard(tab: Page) -> Iterator[tuple[str, str]]:
    """Walk through the page with Tab, with some steps to spare for parts that scroll."""
    for _ in range(tab.evaluate(_WATCH) + 20):
        tab.keyboard.press("Tab")
    missed, unmarked = tab.evaluate(_REACHED)
    yield from (("not reached by Tab", what) for what in missed)
    yield from (("focus not seen", what) for what in unmarked)


def weight(browser: Browser, page: str) -> dict[str, int]:
    """Return the bytes that a first visit of a page takes, by address."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab = context.new_page()
        loads: dict[str, int] = {}
        addresses: dict[str, str] = {}
        network = context.new_cdp_session(tab)
        network.send("Network.enable")
        network.on(
            "Network.requestWillBeSent",
            lambda event: addresses.update({event["requestId"]: event["request"]["url"]}),
        )
        network.on(
            "Network.loadingFinished",
            lambda event: loads.update(
                {addresses[event["requestId"]]: int(event["encodedDataLength"])}
            ),
        )
        tab.goto(ADDRESS + page, wait_until="networkidle")
        return loads
