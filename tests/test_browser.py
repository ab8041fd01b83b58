"""Pages in a real browser: no sideways scrolling at 320 px, nothing asked from elsewhere, all without JavaScript."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PAGES = [
    "/en/",
    "/fi/document",
    "/sv/themes-by-city",
    "/fi/city/six-cities-091",
    "/en/document/six-cities-d001",
    "/sv/assessment/six-cities-e12",
    "/en/record/six-cities-Documents-d009",
    "/en/graph/six-cities?incoming=http%3A%2F%2Fpurl.org%2Fdc%2Fterms%2FisPartOf",
    "/data/?lang=fi",
    "/releases/?lang=fi",
    "/diff/current/current?lang=sv",
    "/def?lang=sv",
    "/sparql?lang=en",
    "/sparql?lang=fi&query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%2020",
    "/sparql?lang=sv&query=DESCRIBE%20%3Chttps%3A%2F%2Fw3id.org%2Fverkosto%2Fid%2Fcity%2Fsix-cities-091%3E",
    "/sparql?lang=en&query=SELEC",
    "/api/?lang=fi",
    "/api/documents-by-theme-and-city?lang=sv",
    "/api/parts-of-a-service?lang=en",
    "/en/document/nothing-here",
]


@pytest.fixture(scope="module")
def address(served: Callable[..., AbstractContextManager[str]], data: Path) -> Iterator[str]:
    """A running server."""
    with served(data) as address:
        yield address


@pytest.fixture
def browser(chromium: Path) -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [320, 400, 1280])
def test_every_page_fits_its_window_and_asks_nothing_from_elsewhere(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status in (200, 400, 404), path
        # Without scripts in the page, its size is asked of the browser itself.
        metrics = context.new_cdp_session(page).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] <= width, path
        assert page.locator("h1").count() == 1, path
    assert {url for url in asked if not url.startswith(address)} == set()
    context.close()


def test_a_reader_walks_from_the_home_page_to_the_source_and_back_by_keyboard_and_links(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/en/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Themes by city").click()
    page.get_by_role("row", name="Participation and co-development").get_by_role("link", name="6", exact=True).click()
    page.get_by_role("link", name="Model of co-development").click()
    page.get_by_role("link", name="Table 2, Helsinki").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Table 2, Helsinki"
    page.get_by_role("link", name="svenska").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tabell 2, Helsingfors"
    page.close()


def test_what_is_below_a_form_does_not_touch_its_button(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/sparql?lang=en&query=SELEC")
    button, alert = page.get_by_role("button", name="Ask").bounding_box(), page.get_by_role("alert").bounding_box()
    assert button is not None and alert is not None and button["y"] + button["height"] + 16 <= alert["y"]
    page.close()


def test_a_query_is_asked_in_the_form_and_answered_below_it(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/sparql?lang=en")
    page.get_by_role("button", name="Ask").click()
    rows = page.get_by_role("row")
    assert rows.count() == 37
    assert rows.nth(1).inner_text().split("\t")[0] == "City of Espoo"
    page.close()
