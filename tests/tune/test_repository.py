"""What is learnt from, and what never is."""

import os
from pathlib import Path

import pytest
from slm_prompts.template import FimTemplate

from slm_lsp.models.types import ModelFile
from slm_lsp.settings import ModelSettings, Settings
from slm_lsp.tune import weights
from slm_lsp.tune.asking import choose_cases
from slm_lsp.tune.neighbours import Neighbourhood
from slm_lsp.tune.reader import RepositoryReader
from slm_lsp.tune.repository import Division, SourceText, divide, read_repository
from slm_lsp.tune.samples import SampleMaker
from slm_lsp.tune.trainable import check_trainable
from tests.support.idioms import NOUNS, habit_text, write_habits

pytestmark = pytest.mark.slow

SECRET = "AKIA" + "Q" * 16


def paths(root: Path) -> set[str]:
    return {one.path for one in read_repository(root, Settings())}


def test_a_name_that_is_not_utf_8_is_shown_as_the_server_shows_it(tmp_path: Path) -> None:
    """No tokenizer takes lone surrogates, as which Python hands over such a name."""
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"caf\xe9.py"))).write_text("x = 1\n")
    assert paths(tmp_path) == {"caf\ufffd.py"}


def test_only_what_the_server_may_read_is_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    for name, text in {
        "good.py": "x = 1\n",
        "ignored.py": "x = 1\n",
        "key.py": f"KEY = '{SECRET}'\n",
        "made_pb2.py": "x = 1\n",
        "marked.py": "# @generated\nx = 1\n",
        "secrets.py": "x = 1\n",
        "one_line.js": "x=1;" * 500 + "\n",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "linked.py").symlink_to(tmp_path / "good.py")
    assert paths(tmp_path) == {"good.py"}


def habits() -> list[SourceText]:
    return [SourceText(f"{noun}.py", "python", habit_text(noun)) for noun in NOUNS]


def test_the_division_depends_on_the_seed_alone() -> None:
    texts = habits()
    here, again = divide(texts, 3), divide(texts[::-1], 3)
    assert {one.path for one in here.held_out} == {one.path for one in again.held_out}
    assert not {one.path for one in here.learnt} & {one.path for one in here.held_out}
    assert len(here.learnt) + len(here.held_out) + len(here.copies) == len(texts)
    assert {one.path for one in divide(texts, 4).held_out} != {one.path for one in here.held_out}


def test_copies_of_what_is_learnt_are_not_asked_about() -> None:
    texts = habits()
    held_out = divide(texts, 0).held_out[0]
    copy = SourceText("learnt_copy_0.py", "python", held_out.text + "extra_line_of_the_copy = 1\n")
    number = 0
    while copy.path not in {one.path for one in divide([*texts, copy], 0).learnt}:
        number += 1
        copy = SourceText(f"learnt_copy_{number}.py", "python", copy.text)
    division = divide([*texts, copy], 0)
    assert held_out.path in {one.path for one in division.copies}
    assert held_out.path not in {one.path for one in division.held_out}


def test_a_division_is_kept_as_it_is(tmp_path: Path) -> None:
    odd = SourceText("ö dd.py", "python", "a = '\u2028'\r\nb = 2\x0c\n")
    division = Division((odd,), tuple(habits()[:2]), ())
    division.write(tmp_path / "texts.jsonl")
    assert Division.read(tmp_path / "texts.jsonl") == division


def template_of(model: ModelFile) -> FimTemplate:
    return check_trainable(model.path, model.name, ModelSettings()).template


def test_nothing_held_out_is_in_a_sample(tmp_path: Path, tiny: ModelFile) -> None:
    """Neither as a file nor as a snippet of another one."""
    division = divide(read_repository(write_habits(tmp_path), Settings()), 0)
    _, tokenizer, _ = weights.load(tiny.path)
    maker = SampleMaker(tokenizer, template_of(tiny), 513)
    neighbours = Neighbourhood(division.learnt, Settings(), tmp_path)
    reader = RepositoryReader(division.learnt, maker, neighbours, 512)
    text = "\n".join(tokenizer.decode(list(row)) for row in reader.batch(40))
    neighbours.close()
    titles = [Path(one.path).stem.title() for one in division.held_out]
    assert titles and not [title for title in titles if f"class {title}Kestrel" in text]
    shown = [Path(one.path).stem.title() for one in division.learnt]
    assert sum(f"class {title}Kestrel" in text for title in shown) > len(shown) // 2


def test_the_reader_goes_on_where_it_was(tmp_path: Path, tiny: ModelFile) -> None:
    _, tokenizer, _ = weights.load(tiny.path)
    maker = SampleMaker(tokenizer, template_of(tiny), 513)

    def reader() -> RepositoryReader:
        return RepositoryReader(habits(), maker, None, 512, seed=5)

    one = reader()
    one.batch(80)
    other = reader()
    other.at = one.at
    assert one.at.lap >= 1
    other.at = type(one.at)(one.at.lap, one.at.shard, one.at.row)
    assert (one.batch(9) == other.batch(9)).all()


def test_questions_are_spread_over_files() -> None:
    cases = choose_cases(habits(), 24, 0)
    assert len({case.path for case in cases}) == 24
    assert choose_cases(habits(), 24, 0) == cases
    assert len({(case.path, case.offset) for case in choose_cases(habits(), 99, 0)}) == 99
