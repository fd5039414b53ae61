"""Which classes the thing before the dot is of, as declarations and signatures say."""

import pytest
from slm_context.cursor import DocumentContext
from slm_context.index import Found
from slm_context.languages import language_for
from slm_context.receiver import steps_before
from slm_context.resolve import Resolver
from slm_context.tags import tags_of

OTHER = {
    "shop.py": (
        "class Basket(Container):\n    def owner(self) -> Person: ...\n"
        "class Person: ...\nclass Container: ...\n"
        "def new_basket(size) -> list[Basket]: ...\n"
        "def group(name) -> Callable[[Any], Basket]: ...\n"
    ),
    "gin.go": (
        "package gin\ntype Engine struct {\n\tRouterGroup\n\ttrees []*Node\n}\n"
        "type RouterGroup struct{}\ntype Node struct{}\n"
        "func New() *Engine { return nil }\n"
        "func (g *RouterGroup) Group(path string) (*RouterGroup, error) { return g, nil }\n"
    ),
    "router.rs": (
        "pub struct Router<S> { inner: Arc<Inner> }\npub struct Inner {}\npub struct Fault {}\n"
        "impl<S> Router<S> {\n  pub fn new() -> Self { }\n"
        "  pub fn route(self, path: &str) -> Self { }\n"
        "  pub fn inner(&self) -> Result<Inner, Fault> { }\n}\n"
    ),
    "Shop.java": (
        "public class Shop extends Place {\n  public Person owner(int n) { return null; }\n}\n"
        "class Person {}\nclass Place {}\n"
    ),
    "response.js": (
        "var res = module.exports = {};\nres.send = function send(body) {};\n"
        "res.status = (code) => { };\nexports.helper = function () {};\n"
    ),
    "shop.ts": (
        "export class Shop extends Place implements Door {\n"
        "  owner(n: number): Promise<Person> {}\n"
        "  till: Person;\n}\nexport class Place {}\nexport interface Door {}\nclass Person {}\n"
    ),
}


def classes_at(path: str, before: str, *neighbours: str) -> list[str]:
    """The classes of what stands before the cursor at the end of `before`."""
    language = language_for(path) or ""
    all_found = [
        Found(other, language, definition)
        for other, text in OTHER.items()
        if language_for(other) == language
        for definition in tags_of(text.encode(), language).definitions
    ]
    resolver = Resolver(
        DocumentContext(path, language, before, len(before)),
        language,
        tags_of(before.encode(), language),
        lambda names: [one for one in all_found if one.definition.name in names],
        lambda path: [one.definition for one in all_found if one.path == path],
        lambda name: name in ("shop", "gin"),
        lambda name: any(d.definition.apart and d.definition.scope == name for d in all_found),
        lambda: neighbours,
    )
    return resolver.at_cursor()


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        ("a.py", "def f(b: Basket, c: Other):\n    b.", ["Basket", "Container"]),
        ("a.py", "b = shop.Basket(1)\nb.", ["Basket", "Container"]),
        ("a.py", "b: Person\nb = Basket(2)\nb.ow", ["Basket", "Container"]),
        ("a.py", "for b in new_basket(3):\n    b.", ["Basket", "Container"]),
        ("a.py", "with shop.new_basket(3) as b:\n    b.", ["Basket", "Container"]),
        ("a.py", "b = Basket(1)\nb.owner().", ["Person"]),
        ("a.py", "class A(Basket):\n    def f(self):\n        self.", ["A", "Basket", "Container"]),
        (
            "a.py",
            "class A:\n    def f(self):\n        self.b = Person()\n        self.b.",
            ["Person"],
        ),
        ("a.py", "@group('x')\ndef cli(): ...\n\n@cli.", ["Basket", "Container"]),
        ("a.py", "def f(basket):\n    basket.", ["Basket", "Container"]),
        ("a.py", "def f(b):\n    b.owner()\n    b.", ["Basket", "Container"]),
        ("a.py", "def f(b):\n    b.owner()\n    b.append(b.pop())\n    b.", []),
        ("a.js", "app.get('/', function (req, res) {\n  res.", ["res"]),
        ("a.py", "x = 1\ny.", []),
        ("a.py", "'text'.", []),
        ("a.go", "package gin\nfunc f(a, b *Engine) {\n\ta.", ["Engine", "RouterGroup"]),
        ("a.go", "package x\nfunc f() {\n\tr := gin.New()\n\tr.", ["Engine", "RouterGroup"]),
        ("a.go", 'package gin\nfunc f() {\n\tg, err := New().Group("a")\n\tg.', ["RouterGroup"]),
        (
            "a.go",
            "package gin\nfunc f(e Engine) {\n\tfor _, n := range e.trees {\n\t\tn.",
            ["Node"],
        ),
        ("a.rs", 'fn f() {\n  let r = Router::new()\n    .route("/");\n  r.', ["Router"]),
        ("a.rs", "fn f(r: &mut Router<()>) {\n  r.inner().unwrap().", ["Inner", "Fault"]),
        (
            "a.rs",
            "impl Clone for Router<S> {\n  fn f(&self) {\n    self.inner.",
            ["Inner"],
        ),
        ("A.java", "class A { void f() { Shop s = new Shop();\n s.", ["Shop", "Place"]),
        ("A.java", "class A { void f() { var s = new Shop();\n s.owner(1).", ["Person"]),
        ("a.ts", "const s = new Shop();\ns.", ["Shop", "Place", "Door"]),
        ("a.ts", "async function f(s: Shop) {\n  (await s.owner(1)); s.till.", ["Person"]),
    ],
)
def test_what_the_thing_before_the_dot_is(path: str, before: str, expected: list[str]) -> None:
    assert classes_at(path, before) == expected


def test_a_name_means_what_it_means_in_the_file_beside() -> None:
    beside = "def test_one(it):\n    it.owner()\n"
    assert classes_at("test_a.py", "def test_two(it):\n    it.", beside) == ["Basket", "Container"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = a.b(c, d)[0].e.f", ["a", "b()", "e"]),
        ("Router::new()\n    .route(a, get(|| async {}))\n    .la", ["Router", "new()", "route()"]),
        ("foo::<T>(x)?.await.", ["foo()"]),
        ("a?.b!.", ["a", "b"]),
        ("(a + b).", []),
        ("no dot", []),
    ],
)
def test_the_parts_before_a_dot(text: str, expected: list[str]) -> None:
    assert [step.name + "()" * step.called for step in steps_before(text)] == expected
