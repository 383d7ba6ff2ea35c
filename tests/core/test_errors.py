"""Errors form one tree, as the module's docstring draws it."""

import inspect

import pytest

from core import errors


def classes():
    return {name: c for name, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, Exception)}


def test_the_docstring_draws_the_tree():
    lines = [line for line in errors.__doc__.splitlines() if "Error" in line or "Cancelled" in line or "──" in line]
    drawn = [
        word for line in lines for word in line.replace("│", " ").replace("─", " ").split()[:2] if word in classes()
    ]
    assert sorted(drawn) == sorted(classes())


@pytest.mark.parametrize("name", classes())
def test_every_error_is_whycams(name):
    assert issubclass(classes()[name], errors.WhycamError)


def test_what_ends_with_exit_code_2():
    wrong_input = {name for name, c in classes().items() if issubclass(c, errors.InputError)}
    assert wrong_input == set(classes()) - {"WhycamError", "Cancelled"}
