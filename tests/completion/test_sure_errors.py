"""What is told of a suggestion without a parse is what the parser says of it, too."""

from collections.abc import Iterator

import pytest
from slm_context.cursor import DocumentContext
from slm_context.languages import language_for
from slm_context.syntax import parse
from slm_prompts import templates

from slm_lsp.completion.postprocess import InsertionPoint
from slm_lsp.completion.postprocess.add_no_error import adds_no_error, n_errors
from slm_lsp.completion.postprocess.brackets import surely_unmatched
from slm_lsp.completion.postprocess.filter import Draft
from slm_lsp.completion.postprocess.sure_errors import without_line
from slm_lsp.completion.types import CompletionMode

PYTHON = '''\
def total(rows, key=")"):
    """Adds (them

    up) in [one go."""
    found = [row[key] for row in rows if (row["("] or {}).get(key)]  # (each
    text = f"{len(found)} of {rows["all"]}" + '{' + "\\")"
    return sum(
        found,
        start(text)[0],
    )
'''
GO = """\
func total(rows []Row, key rune) (int, error) {
	/* adds (them
	up) */
	raw := `select (
	x)`
	if key == '(' || key == ')' { // {
		return len(rows), errors.New("no ) here")
	}
	return add(rows[0], map[string]int{"(": 1})
}
"""
JAVA = """\
class Totals {
    /** Adds (them. */
    int total(List<Row> rows, char key) {
        if (key == '(' || key == '"') return rows.get(0).of(new int[] {1});
        return add(rows, ")", (one) -> { return one; }); // (
    }
}
"""
TYPESCRIPT = """\
export const total = (rows: Row[], key = ")"): number => {
  const text = `a (
    ${add(rows)} b`
  const found = rows.filter((one) => /[(]/.test(one.name)) /* ( */
  return add({ found, text }, rows[0]!)
}
"""
TEXTS = {"a.py": PYTHON, "a.go": GO, "A.java": JAVA, "a.ts": TYPESCRIPT}


def trials(path: str, text: str) -> Iterator[tuple[InsertionPoint, Draft]]:
    """Each line begun at each of its columns, and gone on with more and less than its rest."""
    above, language = 0, language_for(path)
    assert language is not None
    for line in text.split("\n"):
        below = text[above + len(line) :]
        for column in range(0, len(line) + 1, 6):
            for ahead in ("", ")"):
                begun = text[: above + column] + ahead + below
                document = DocumentContext(path, language, begun, above + column)
                template = templates()["qwen-coder-v1"]
                tree = parse(begun, language)
                around = InsertionPoint(document, CompletionMode.LINE, template, tree)
                rest = line[column:]
                for n in {0, len(rest) // 2, len(rest)}:
                    yield around, Draft(rest[:n])
                yield around, Draft(f"{rest})")
                yield around, Draft(rest, len(ahead))
                for opened in ("a", "a b (c", 'a"'):
                    yield around, Draft(f'{rest[:3]} """{opened}')
        above += len(line) + 1


@pytest.mark.parametrize("path", TEXTS)
def test_what_is_told_without_a_parse_is_an_error(path: str) -> None:
    told = 0
    for around, draft in trials(path, TEXTS[path]):
        document = around.document
        line = document.line_prefix + draft.text + document.line_suffix[draft.n_replaced :]
        whole = document.prefix + draft.text + document.suffix[draft.n_replaced :]
        assert around.tree is not None
        is_sound = n_errors(around.tree.edited(whole)) == 0
        if is_sound or not without_line(around).has_errors:
            assert adds_no_error(draft, around) == is_sound, line
        told += surely_unmatched(line)
    assert told > 50


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("f(a", True),
        ("f(a)]", True),
        (")(", False),  # of two calls, each on the line of the other
        ("f('(')", False),
        ('f(")"', True),
        ("f('a", False),
        ("f(  # (", False),
        (r"f('\'('", False),
        ("f(a / b", False),
        ('f"{a["("]}"', False),
        ("f(`", False),
    ],
)
def test_brackets_without_their_other_half(code: str, expected: bool) -> None:
    assert surely_unmatched(code) is expected
