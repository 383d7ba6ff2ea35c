"""The HTML that each page begins with: it names its server, and the parts of the script that every head needs."""

import re

import pytest

from core.errors import InputError
from ui import shell


def test_the_parts_that_every_head_needs_are_named_before_the_script_that_asks_for_them():
    page = shell.index()
    early = re.findall(r'<link rel="modulepreload" crossorigin href="\./(static/js/[^"]+)">', page)
    assert [name.removeprefix("static/js/").partition(".")[0] for name in early[:3]] == ["Html", "PageLink", "purify"]
    assert all((shell.STATIC / name).is_file() for name in early)
    assert page.index("BACKEND_BASE_URL") < page.index(early[2]) < page.index(shell.MARK)


def test_every_page_and_the_first_one_are_answered_with_it():
    assert {route.path for route in shell.ROUTES} >= {"/", "/Run", "/Events", "/Cases", "/Help"}


@pytest.mark.parametrize("name", ["", "Htm"])
def test_a_part_that_streamlit_does_not_have_is_a_sentence(name):
    with pytest.raises(InputError, match=r"Streamlit's script has \d+ parts"):
        shell._early(name)
