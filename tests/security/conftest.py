"""The browser and the counting server of ``tests/browser``, for what strangers try."""

from tests.browser.conftest import browser, counted, home, page

__all__ = ["browser", "counted", "home", "page"]
