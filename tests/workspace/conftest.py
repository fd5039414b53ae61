"""A small repository, of which one file imports the other."""

from pathlib import Path

import pytest

CODE = "def to_cents(price):\n    return int(price * 100)\n"
ASKING = "from shop.money import to_cents\n\nx = "


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "money.py").write_text(CODE)
    (root / "app.py").write_text(ASKING)
    return root
