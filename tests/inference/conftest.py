"""The bundled model, loaded once for each module that asks it here."""

import pytest

from tests.support.bundled import Engine, prompts


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module")
def plain(engine) -> list[str]:
    """Each answer from an empty cache, one token at a time."""
    return [engine.fresh().ask(request)[0] for request in prompts()]
