"""Structural rules: `├…┤` marks what must be found; no mark means silence."""

import pytest
from slm_context.syntax import parse

from slm_lsp.diagnostics.rules import misspelt_name
from slm_lsp.diagnostics.rules.misspelt_name import MAX_UNKNOWN
from slm_lsp.diagnostics.semantics import HINTS, RULES, check_semantics, unit_hashes
from slm_lsp.diagnostics.similar import misspelling_distance

CASES = {
    "misspelt-name": [
        ("def f(values):\n    total = sum(values)\n    return ├totl┤\n", "total"),
        ("import os\n\nprint(os.getcwd(), ├pritn┤)\n", "print"),
        ("class A:\n    def f(self, max_size):\n        return ├size_max┤\n", "max_size"),
    ],
    "identical-operands": [
        ("def f(a):\n    return a.top - a.left + (├a.left - a.left┤)\n", None),
        ("def f(a, b):\n    if ├a and a┤:\n        return b\n", None),
    ],
    "repeated-condition": [
        ("if x == 1:\n    a()\nelif ├x  == 1┤:\n    b()\n", None),
    ],
    "swapped-arguments": [
        (
            "def area(width, height):\n    return width * height\n\n\n"
            "def f(width, height):\n    return area(├height, width┤)\n",
            "width, height",
        ),
    ],
    "wrong-operator": [
        ("if x != 1 ├or┤ x != 2:\n    a()\n", "and"),
        ("if kind == 'a' ├and┤ kind == 'b':\n    a()\n", "or"),
        ("def f(x):\n    return x is None ├and┤ x.size > 0\n", "or"),
        ("def f(x):\n    return x is not None ├or┤ x[0]\n", "and"),
        ("def f(i, x):\n    while i ├<=┤ len(x):\n        print(x[i])\n        i += 1\n", "<"),
    ],
    "copy-paste": [
        (
            "def f(self, d):\n    self.width = scale(d.width, self.dpi, d.min_width, max_width)\n"
            "    self.height = scale(d.height, self.dpi, d.min_height, ├max_width┤)\n"
            "    return max_height\n",
            "max_height",
        ),
    ],
}
SILENT = [
    "from os import *\nprint(getcwdd)\nprint(getcwd)\n",  # names may come from anywhere
    "try:\n    unicode_\nexcept NameError:\n    unicode = str\n",
    "def f(x):\n    return x != x\n",  # asks for NaN
    "def f(t):\n    return t - t\n",  # a zero of the right shape
    "if f():\n    a()\nelif f():\n    b()\n",  # a call may answer differently
    "def swap(a_one, b_two):\n    pass\n\ndef f(a_one, b_two):\n    swap(b_two, a_one)\n",
    "class A:\n    x = 1\n    y = [x for _ in range(3)]\n    def f(self) -> x: ...\n",
    "def f(a):\n    global counter\n    counter = a\n\ndef g():\n    return counter\n",
    "[total for total in range(3) if (n := total)]\nprint(n)\n",
    "match p:\n    case P(x=xx, y=[first, *rest]) | {'k': v}:\n        print(xx, first, rest, v)\n",
    "def f(x):\n    return x is not None or isinstance(x, str) and x.size\n",
    "def f(self, it):\n    a = g(self, self.a, self.b, self)\n    b = g(it, it.a, self.b, it)\n",
    "if x != 1 or y != 2:\n    a()\n",
    "if x == 1 or x == 2:\n    a()\n",
    "def f(x):\n    return x is None or x.size\n",
    "def f(i, x):\n    while i <= len(x):\n        i += 1\n",
    # the name is another one by then, or has a value by then
    "def f(user, users):\n    return user is None and any(user.admin for user in users)\n",
    "def f(x, g):\n    return x is None and g(lambda x: x.size)\n",
    "def f(x, g):\n    return x is None and g(x := g(), x.size)\n",
    "class A:\n    def f(self):\n        return self.x is None and self.g() == self.x.size\n",
    "def f(x):\n    return x is None and print(x.__class__)\n",
    # is asked about again
    "def f(x):\n    return x is None and (x.size if x else 1) > 0\n",
    "def f(n, x):\n    if n <= len(x):\n        return n == len(x) or x[n] == ','\n",
    "def f(n, x):\n    while n <= len(x):\n        n += 1 if n < len(x) and x[n] else 2\n",
    # is another index, another list, or an index whose absence is what ends the loop
    "def f(k, items, order):\n    if k <= len(items):\n        return [items[k] for k in order]\n",
    "def f(k, x):\n    if k <= len(x):\n        for k in range(3):\n            print(x[k])\n",
    "def f(k, x, xx):\n    if k <= len(x):\n        return xx[k]\n",
    "def f(k, x):\n    try:\n        while k <= len(x):\n            print(x[k])\n"
    "    except IndexError:\n        pass\n",
    "def f(k, x):\n    if k <= len(x):\n        with suppress(IndexError):\n"
    "            return x[k]\n",
    # is meant to fail
    "def f(i, x):\n    with suppress(IndexError):\n        while i <= len(x):\n"
    "            print(x[i])\n            i += 1\n",
    "def f(i, x, g):\n    with g.raises(IndexError):\n        if i <= len(x):\n            x[i]\n",
    "def f(x, g):\n    with g.raises(AttributeError):\n        x is None and x.y\n",
    "def f(x):\n    try:\n        return x is None and x.y\n"
    "    except AttributeError:\n        return True\n",
    # counts from 1
    "i = 1\nnames = {1: 'a', 2: 'b'}\nwhile i <= len(names):\n    print(names[i])\n    i += 1\n",
    "def f(i, x):\n    a = {n: n for n in x}\n    if i <= len(a):\n        return a[i]\n",
    "def f(i):\n    names = dict(g())\n    if i <= len(names):\n        return names[i]\n",
    "def f(i, names: dict[int, str]):\n    if i <= len(names):\n        return names[i]\n",
    "def f(i, names: Mapping = g):\n    if i <= len(names):\n        return names[i]\n",
    "from g import g, i\na: dict[int, str] = g()\nif i <= len(a):\n    print(a[i])\n",
    # are the same, or may be
    "def f(x):\n    return x == 'a' and x == \"a\"\n",
    "def f(x):\n    return x != '\\d' or x != r'\\d'\n",
    "def f(x, a, b):\n    return x != f'{a}' or x != f'{b}'\n",
    # both are meant to start at the same place
    "def f(d):\n    a.left = scale(d.left, top, d.min_left)\n"
    "    a.right = scale(d.right, top, d.min_right)\n",
    "def f[T](a: T) -> T:\n    b: T = a\n    return b\n",
]


def findings(text: str, disabled: str = "", known: str | None = None):
    tree = parse(text, "python")
    assert tree is not None and not tree.has_errors
    before = parse(known, "python") if known is not None else None
    tried = {**RULES, "copy-paste": HINTS["copy-paste"]}
    rules = {name: rule for name, rule in tried.items() if name != disabled}
    return check_semantics(tree, "a.py", unit_hashes(before) if before else frozenset(), rules)


@pytest.mark.parametrize(
    ("rule", "marked", "replacement"),
    [(rule, *case) for rule, cases in CASES.items() for case in cases],
)
def test_found_where_it_stands_with_its_fix(
    rule: str, marked: str, replacement: str | None
) -> None:
    start, end = marked.index("├"), marked.index("┤") - 1
    found = findings(marked.replace("├", "").replace("┤", ""))
    assert [(one.rule, one.start, one.end) for one in found] == [(rule, start, end)]
    assert [fix.edit.new_text for fix in found[0].fixes] == ([replacement] if replacement else [])
    assert found[0].fingerprint and found[0].message.endswith(".")


@pytest.mark.parametrize("text", SILENT)
def test_silent(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_disabled_rule_finds_nothing(rule: str) -> None:
    for marked, _ in CASES[rule]:
        assert findings(marked.replace("├", "").replace("┤", ""), rule) == []


def test_only_what_changed_is_reported() -> None:
    old = "def f(values):\n    return valeus\n"
    new = old + "\n\ndef g(items):\n    return itmes\n"
    assert [one.message for one in findings(new, known=old)] == [
        "`itmes` is not defined anywhere; `items` is."
    ]


@pytest.mark.parametrize("line", ["value_{n} = compute()\n", "def value_{n}():\n    compute()\n"])
def test_an_unknown_name_is_compared_with_each_other_one_once(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is used: a long generated file took minutes."""
    compared: list[str] = []

    def distance(typed: str, meant: str) -> int | None:
        compared.append(meant)
        return misspelling_distance(typed, meant)

    monkeypatch.setattr(misspelt_name, "misspelling_distance", distance)
    names = [f"value_{n}" for n in range(60)]
    assert findings("".join(line.format(n=n) for n in range(60))) == []
    assert sorted(compared) == sorted([*names, *misspelt_name.KNOWN])


def test_a_name_that_is_near_in_two_scopes_is_one_name() -> None:
    text = "total = 1\n\n\ndef f(total):\n    return totl\n"
    assert [one.fixes[0].edit.new_text for one in findings(text)] == ["total"]
    assert findings(text.replace("f(total)", "f(tot1)")) == []  # a tie


@pytest.mark.parametrize("n", [MAX_UNKNOWN - 1, MAX_UNKNOWN])
def test_a_file_whose_names_come_from_elsewhere_is_not_judged(n: int) -> None:
    text = "total = 1\nprint(totl)\n" + "".join(f"Elsewhere{i}q{i}()\n" for i in range(n))
    assert len(findings(text)) == (n < MAX_UNKNOWN)
