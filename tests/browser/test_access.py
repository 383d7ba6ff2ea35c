"""Every page, light and dark: axe-core finds nothing serious, nothing fails to load, no script complains, and nothing
leaves the machine. With ``--screenshots DIR`` the pages' pictures are kept there.

axe-core 4.14.1 stands in ``axe/`` with its licence, so that the test needs no package of Node.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve
from tests.ui import made, test_why

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async rules => {
  const result = await axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
  return result.violations.filter(one => ['serious', 'critical'].includes(one.impact)).flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')}: ${node.html.slice(0, 120)}: ${node.any.map(
      check => check.message).join('; ').slice(0, 160)}`));
}"""
SIZES = ((1280, 720), (1920, 1080))
expect.set_options(timeout=120_000)


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


@pytest.fixture(scope="module")
def run(home, chromium):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        run = made.done("plaza.mp4", camera="plaza")
        test_why.explained(run)
    return run


def pages(run):
    """Name to address and to a text that shows that the page is drawn."""
    camera = "Cameras?camera=plaza&part="
    return {
        "new": ("", "Clips from fixed cameras"), "runs": ("Runs", "plaza.mp4"), "events": ("Events", "Unreviewed"),
        "cases": ("Cases", "No cases yet"), "queue": ("Queue", "Nothing is at work"),
        "storage": ("Storage", "Clean up"),
        "run": (f"Run?run={run.id}", "Causes and attributes"), "cameras": ("Cameras", "A clip is analysed with"),
        "camera": (f"{camera}Threshold", "What each threshold costs"),
        "learnt": (f"{camera}What+it+learnt", "What is seen, and how often"), "drift": (f"{camera}Drift", "Its clips"),
        "changed": (f"{camera}When+did+this+change%3F", "Draw an area"),
        "again": (f"{camera}Learn+again", "More clips of ordinary footage"),
        "why": (f"Why?run={run.id}&at={test_why.FRAME}", "Brighter: more of what raised"),
        "evaluation": ("Evaluation", "Nothing has been measured yet"), "help": ("Help", "Keys of the player"),
    }  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_can_be_read_by_all_and_asks_for_nothing_in_vain(browser, address, run, theme, request):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme)
    tab, wrong = context.new_page(), []
    tab.set_default_timeout(120_000)
    tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    tab.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((address, "ws://127.0.0.1:",
           "data:", "blob:")) else None)  # fmt: skip
    folder, found = request.config.getoption("--screenshots"), []
    for name, (path, text) in pages(run).items():
        tab.goto(f"{address}/{path}")
        expect(tab.get_by_text(text).first).to_be_visible()
        expect(tab.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached()
        tab.evaluate(AXE)
        found += [f"{name}: {one}" for one in tab.evaluate(FOUND, RULES)]
        if folder:
            screenshots(tab, Path(folder), name, theme)
    context.close()
    assert found == [], "\n".join(found)
    assert wrong == [], "\n".join(wrong)


def screenshots(tab, folder, name, theme):
    """Keep the picture of a page at each size."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        tab.set_viewport_size({"width": width, "height": height})
        tab.wait_for_timeout(700)
        tab.screenshot(path=folder / f"{name}-{width}-{theme}.png", timeout=120_000)
    tab.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
