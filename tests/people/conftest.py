"""Hashes of passwords are cheap here, except where a test looks at what they cost."""

import pytest

from people import passwords

_AS_SHIPPED = passwords._hasher


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.fixture
def as_shipped(_cheap, monkeypatch):
    """Hash as the app does."""
    monkeypatch.setattr(passwords, "_hasher", _AS_SHIPPED)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()
