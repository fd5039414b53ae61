"""Small repositories held in memory, and a cursor in a file beside them."""

from pathlib import Path

import pytest
from slm_context.cursor import DocumentContext
from slm_context.entries import FileStamp, IndexedFile
from slm_context.gather import Gatherer, Limits
from slm_context.index import Index
from slm_context.languages import language_for
from slm_context.references import uses_of
from slm_context.tags import tags_of
from slm_context.types import ContextBundle

PLENTY = Limits(n_snippets=6, n_chars=900, deadline_ms=10_000)
REPOSITORY = {
    "shop/money.py": 'def to_cents(price: float) -> int:\n    """Round."""\n    return 1\n',
    "shop/basket.py": (
        "class Basket:\n    def __init__(self, owner): ...\n"
        "    def add_article(self, article): ...\n"
        "    def _secret(self): ...\n    def total_price(self): ...\n"
    ),
    "shop/__init__.py": "from shop.basket import Basket\nfrom .money import to_cents\n",
    "other/money.py": "def to_cents(a, b, c):\n    pass\n",
    "lib/util.go": "package lib\n\nfunc ToCents(p float64) int { return 0 }\n",
    "tests/test_basket.py": "def test_total():\n    pass\n",
    "web/a.ts": "export function showBasket(id: string): void {}\n",
}


@pytest.fixture
def gatherer(tmp_path: Path) -> Gatherer:
    return over(tmp_path, REPOSITORY)


def over(tmp_path: Path, repository: dict[str, str]) -> Gatherer:
    """Looks for snippets in this repository."""
    tmp_path.mkdir(exist_ok=True)
    index = Index(tmp_path / "index.sqlite")
    index.write(
        IndexedFile(path, language, FileStamp(1, 1), tags_of(data, language), uses=uses_of(data))
        for path, text in repository.items()
        if (language := language_for(path)) and (data := text.encode())
    )
    return Gatherer(index, repository.get)


def at(marked: str, path: str = "app.py") -> DocumentContext:
    before, after = marked.split("█")
    return DocumentContext(path, language_for(path), before + after, len(before))


def shown(bundle: ContextBundle) -> dict[str, str]:
    return {one.path: one.text for one in bundle.snippets}
