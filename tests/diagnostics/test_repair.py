"""Which repair comes first, by what is usual in the file and in the language, and its name."""

import pytest
from slm_context.syntax import parse

from slm_lsp.diagnostics.fixes import first_repairs, with_fixes
from slm_lsp.diagnostics.repair import Repair, titles_of
from slm_lsp.diagnostics.syntax import check_syntax
from slm_lsp.diagnostics.types import Edit, Finding
from tests.support.markup import inserted

GO = """package store

import (
	"os"
	"sync"
)

type Store struct {
	mu sync.Mutex
}

func (s *Store) Get(key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == "" {
		return "", nil
	}
	for _, one := range os.Environ() {
		s.Put(one)
	}
	return key, nil
}

func (s *Store) Put(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key != "" {
		s.Get(key)
	}
}
"""
JAVASCRIPT = """describe("area", () => {
  it("is zero", () => {
    expect(area(0)).toBe(0);
  });
  it("grows", () => {
    expect(area(2)).toBe(4);
  });
});
"""
PHP = """<?php

namespace App;

class Store
{
    private array $rows = [];

    public function put(string $key, ?string $value = null): bool
    {
        $this->rows[$key] = $value;
        return $value !== null;
    }

    public function get(string $key): ?string
    {
        return $this->rows[$key] ?? null;
    }
}
"""


def repaired(language: str, marked: str) -> tuple[str, str, Finding]:
    """`├…┤` holds what is missing. Gives the whole text, the first fix's, and the finding."""
    before, missing, after = inserted(marked)
    tree = parse(before + after, language)
    assert tree is not None
    report = check_syntax(tree)
    repairs = first_repairs(tree, report.findings[0], report.unbalanced, 20.0)
    finding = with_fixes(tree.text, report.findings[0], repairs)
    assert tree.text.count("\n", 0, finding.start) == before.count("\n")
    return before + missing + after, finding.fixes[0].edit.apply(tree.text), finding


@pytest.mark.parametrize(
    ("language", "text", "line", "missing"),
    [
        ("go", GO, "import (", "import"),
        ("go", GO, "if key != ", "if"),
        ("go", GO, "range os", "range"),
        ("go", GO, "s.mu.Unlock()\n\tif key ==", "s"),
        ("go", GO, 'return "", nil', "return"),
        ("go", GO, 'nil\n\t}\n\tfor', "nil"),
        ("go", GO, "{\n\t\ts.Get", "{"),
        ("javascript", JAVASCRIPT, "(\"grows", "("),
        ("javascript", JAVASCRIPT, "{\n    expect(area(0", "{"),
        ("javascript", JAVASCRIPT, "});\n  it", "}"),
        ("javascript", JAVASCRIPT, "=> {\n    expect(area(2", "=>"),
        ("php", PHP, "key] = ", "key"),
        ("php", PHP, "this->rows[$key] = ", "this"),
        ("php", PHP, "$value = null", "$"),
        ("php", PHP, "$key): ?", "$"),
        ("php", PHP, "= null): bool", "="),
        ("python", "def f(abc, key):\n    return abc\n\n\nx = f(abc, key)\n", "(abc, key)\n", "("),
    ],
)  # fmt: skip
def test_the_missing_token_is_the_first_fix(
    language: str, text: str, line: str, missing: str
) -> None:
    at = text.index(line)
    marked = f"{text[:at]}├{missing}┤{text[at + len(missing) :]}"
    whole, fixed, _ = repaired(language, marked)
    assert "".join(fixed.split()) == "".join(whole.split())


BASKET = """class Basket:
    def add_item(self, name, price):
        self.items.append((name, price))
        self.total += price


basket = Basket()
basket.add_item("tea", 3)
"""
ITEMS = """const items: Item[] = [];
items.push({ name: "tea", price: 3 });
let sum = 0;
for (const item of items) {
  sum += item.;
}
"""


@pytest.mark.parametrize(
    ("language", "text", "inserted_names"),
    [
        ("python", BASKET + "print(basket.)\n", {"add_item"}),
        ("python", BASKET + "print(price.)\n", set[str]()),
        ("python", BASKET + "async def f(x):\n    return await x.\n", set[str]()),
        ("python", "import os.path\nimport os.\n", {"path"}),
        ("typescript", ITEMS, set[str]()),
        ("typescript", ITEMS.replace("let", "show(item.price);\nlet"), {"price"}),
        ("php", PHP.replace("$this->rows[$key] = ", "$this->[$key] = "), {"rows"}),
    ],
)
def test_behind_a_dot_a_name_is_inserted_that_stood_there_elsewhere(
    language: str, text: str, inserted_names: set[str]
) -> None:
    tree = parse(text, language)
    assert tree is not None
    report = check_syntax(tree)
    repairs = first_repairs(tree, report.findings[0], report.unbalanced, 20.0)
    inserts = {one.token for one in repairs if one.edit.new_text.strip()}
    assert {token for token in inserts if token.isidentifier()} == inserted_names


def test_a_word_that_was_two_is_split() -> None:
    whole, fixed, _ = repaired("python", "def f(key):\n    pass\n\n\nkey = 1\nf├(┤key)\n")
    assert fixed == whole


def test_a_line_that_lost_its_first_word_keeps_its_indentation() -> None:
    _, fixed, finding = repaired("python", "def f():\n    a = 1\n    ├a┤ = 2\n    return a\n")
    assert fixed == "def f():\n    a = 1\n    a = 2\n    return a\n"
    assert finding.fixes[0].title == "Insert `a`"


def test_a_finding_moves_to_the_line_of_its_repair() -> None:
    _, _, finding = repaired("go", GO.replace("import (", "├import┤ ("))
    assert finding.message == "`import` is missing here."
    assert [one.message for one in finding.related] == ["the text stops making sense here"]


def test_fixes_with_the_same_name_say_where_they_are() -> None:
    text = "f(a, g(b;\n"
    two = [Repair(Edit(at, at, ")"), ")", 0.0) for at in (3, 8)]
    assert titles_of(text, two) == [
        "Insert `)` after `a` on line 1",
        "Insert `)` after `b` on line 1",
    ]
    assert titles_of(text, two[:1]) == ["Insert `)`"]


@pytest.mark.parametrize("text", ["<?php declarestrict_types=1);\n", "<?php declare(=1);\n"])
def test_code_never_becomes_a_comment_or_text(text: str) -> None:
    """Where nothing can be wrong, everything would be repaired."""
    tree = parse(text, "php")
    assert tree is not None
    report = check_syntax(tree)
    for repair in first_repairs(tree, report.findings[0], report.unbalanced, 20.0):
        fixed = repair.edit.apply(text)
        assert fixed.startswith("<?php") and "#" not in fixed
