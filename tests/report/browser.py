"""A real browser, headless and without a network, and what a page does in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "there is no browser: install chromium (apt install chromium), chromium-browser or google-chrome"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


@dataclass
class Window:
    """A window on one page at a time: what the page asked for, and what went wrong: errors, warnings, dialogs."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def visit(self, address: str, width: int = 1280, media: str = "screen", scheme: str = "light") -> Any:
        """Open the page anew."""
        self.page.goto("about:blank")  # else another fragment would be the same page still
        self.requests.clear()
        self.complaints.clear()
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(media=media, color_scheme=scheme)
        self.page.goto(address)
        return self.page

    def asked_beyond(self, address: str) -> list[str]:
        """What the page has asked for but itself."""
        return [asked for asked in self.requests if asked.partition("#")[0] != address]

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog says {dialog.message}")
        dialog.dismiss()


@contextmanager
def launched() -> Iterator[Any]:
    """Yield the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, **options: Any) -> Iterator[Window]:
    """Yield a window with the network off."""
    context = browser.new_context(offline=True, **options)
    yield Window(context.new_page())
    context.close()
