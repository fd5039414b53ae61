"""What instances, enumerations and types have, told behind a dot in another file."""

from pathlib import Path

import pytest
from slm_context.tags import tags_of

from tests.context.conftest import PLENTY, at, over, shown

PYTHON = (
    "@dataclass\nclass Basket:\n    size: int\n    owner: str = ''\n    API_TOKEN = 'x'\n\n"
    "    def __init__(self):\n        self.articles = []\n        other.price = 1\n\n"
    "    def add(self):\n        self.late = 1\n        local = 2\n"
)
TYPESCRIPT = "export type Basket = {\n  add(x: number): void;\n  size: number;\n};\n"
KOTLIN = "class Basket(val owner: String) {\n  val size: Int = 0\n  fun add(x: Int) {}\n}\n"
SWIFT = "class Basket {\n  var size: Int = 0\n  func add(x: Int) {}\n}\n"
CPP = "class Basket {\npublic:\n  void add(int x);\n  int size;\n  char *owner;\n};\n"
C = "struct basket {\n  int size;\n  char *owner, label[9];\n};\n"
C_TYPE = "typedef struct {\n  int size;\n} basket_t;\n"
CSHARP = "class Basket {\n  public int Size { get; }\n  int owner;\n  void Add(int x) {}\n}\n"
PHP = "<?php\nclass Basket {\n  const MAX = 1;\n  public int $size;\n  function add($x) {}\n}\n"
RUBY = "class Basket\n  attr_reader :size, :owner\n  def add(x)\n    1\n  end\nend\n"
SCALA = "class Basket(owner: String) {\n  val size = 1\n  def add(x: Int) = 1\n}\n"


@pytest.mark.parametrize(
    ("path", "text", "code", "told"),
    [
        ("py", PYTHON, "b = Basket()\nb.█", {"size", "owner", "API_TOKEN", "articles", "add"}),
        ("py", "class Hue(Enum):\n    RED = 1\n    BLUE = 2\n", "Hue.█", {"RED", "BLUE"}),
        ("ts", TYPESCRIPT, "function f(b: Basket) {\n  b.█", {"add", "size"}),
        ("ts", "export enum Hue { Red, Blue = 2 }\n", "Hue.█", {"Red", "Blue"}),
        ("js", "class Basket {\n  size = 1;\n}\n", "const b = new Basket();\nb.█", {"size"}),
        ("kt", KOTLIN, "val b = Basket(x)\nb.█", {"owner", "size", "add"}),
        ("kt", "enum class Hue { RED, BLUE }\n", "Hue.█", {"RED", "BLUE"}),
        ("swift", SWIFT, "let b = Basket()\nb.█", {"size", "add"}),
        ("swift", "enum Hue { case red, blue }\n", "Hue.█", {"red", "blue"}),
        ("cpp", CPP, "void f(Basket *b) {\n  b->█", {"add", "size", "owner"}),
        ("cpp", "enum class Hue { red, blue };\n", "Hue::█", {"red", "blue"}),
        ("c", C, "void f(struct basket *b) {\n  b->█", {"size", "owner", "label"}),
        ("c", C_TYPE, "void f(basket_t *b) {\n  b->█", {"size"}),
        ("cs", CSHARP, "void F(Basket b) {\n  b.█", {"Size", "owner", "Add"}),
        ("cs", "enum Hue { Red, Blue }\n", "Hue.█", {"Red", "Blue"}),
        ("php", PHP, "<?php\n$b = new Basket(1);\n$b->█", {"MAX", "size", "add"}),
        ("php", "<?php\nenum Hue { case Red; case Blue; }\n", "<?php\nHue::█", {"Red", "Blue"}),
        ("php", "<?php\n", "<?php\nclass A {\n  function g() {\n    $this->█\n  }\n}\n", {"g"}),
        ("rb", RUBY, "b = Basket.new(1)\nb.█", {"size", "owner", "add"}),
        ("scala", SCALA, "def f(b: Basket) = {\n  b.█", {"owner", "size", "add"}),
        ("java", "record Basket(int size) {}\n", "void f(Basket b) {\n  b.█", {"size"}),
    ],
)
def test_what_may_come_behind_a_dot(
    tmp_path: Path, path: str, text: str, code: str, told: set[str]
) -> None:
    lead = "from Basket import Basket, Hue\n" if path == "py" else ""
    gatherer = over(tmp_path, {f"Basket.{path}": text})
    assert {one.name for one in gatherer.expected(at(lead + code, f"a.{path}"), ())} == told


def test_a_field_that_is_a_secret_is_kept_without_its_value() -> None:
    [token] = [one for one in tags_of(PYTHON.encode(), "python").definitions if "TOKEN" in one.name]
    assert token.signature == "API_TOKEN"
    whole = "class Door {\n  password = 'hunter2';\n  size = 1;\n}\n"
    signatures = [one.signature for one in tags_of(whole.encode(), "typescript").definitions]
    assert signatures == ["class Door", "password", "size = 1"]


def test_a_class_of_kotlin_is_shown_once(tmp_path: Path) -> None:
    gatherer = over(tmp_path, {"Basket.kt": KOTLIN})
    text = shown(gatherer.gather(at("val b = Basket(x)\nb.█", "a.kt"), (), PLENTY))["Basket.kt"]
    assert text.splitlines()[0] == "class Basket(val owner: String)" and text.count("add") == 1
