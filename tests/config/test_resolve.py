"""Layers over layers: who wins, what adds up, and what each mistake is told."""

import json
from typing import Any

import pytest

from slm_lsp.settings import Settings
from tests.config.conftest import Places, complaints

A, B = "a" * 64, "b" * 64


def test_nothing_written_gives_defaults_and_no_complaint(places: Places) -> None:
    resolved = places.load()
    assert resolved.settings == Settings()
    assert resolved.complaints == ()
    assert resolved.origins == {}


def test_later_layers_win(places: Places) -> None:
    places.write(
        user="[completion]\nmax_line_tokens = 1\nmax_block_tokens = 1\nmulti_line = false",
        repository="[completion]\nmax_line_tokens = 2\nmax_block_tokens = 2",
    )
    resolved = places.load({"slm-lsp": {"completion": {"max_line_tokens": 3}}})
    completion = resolved.settings.completion
    assert completion.max_line_tokens == 3
    assert completion.max_block_tokens == 2
    assert completion.multi_line is False
    assert [str(o) for o in resolved.origins["completion.max_line_tokens"]] == ["editor settings"]
    assert [str(o) for o in resolved.origins["completion.max_block_tokens"]] == ["slm-lsp.toml:3"]


@pytest.mark.parametrize(
    "options", [{"slm-lsp": {"completion": {"enabled": False}}}, {"completion": {"enabled": False}}]
)
def test_editors_send_the_sections_or_wrap_them(options: object, places: Places) -> None:
    assert places.load(options).settings.completion.enabled is False


def test_null_is_not_set(places: Places) -> None:
    places.write(repository="completion.max_line_tokens = 2")
    options = {"completion": {"max_line_tokens": None}, "context": None}
    resolved = places.load(options)
    assert resolved.settings.completion.max_line_tokens == 2
    assert resolved.complaints == ()


@pytest.mark.parametrize("kept", [None, [None], [None, {"completion": {"max_line_tokens": 2}}]])
def test_null_of_a_workspace_is_not_set(kept: object, places: Places) -> None:
    places.write(repository="completion.max_line_tokens = 2")
    resolved = places.load({"workspace": kept})
    assert resolved.settings.completion.max_line_tokens == 2
    assert resolved.complaints == ()


@pytest.mark.parametrize("options", [[], "x", 3, True])
def test_options_of_another_kind(options: object, places: Places) -> None:
    assert complaints(places.load(options)) == [
        f"editor settings: expected sections, not {type(options).__name__}"
    ]


def test_exclusions_add_up(places: Places) -> None:
    places.write(
        user='privacy.exclude = ["mine"]\ncontext.exclude = ["u"]',
        repository='privacy.exclude = ["theirs", "mine"]\ncontext.exclude = []',
    )
    resolved = places.load({"privacy": {"exclude": ["here"]}, "context": {"exclude": []}})
    assert resolved.settings.privacy.exclude == ("mine", "theirs", "here")
    assert resolved.settings.context.exclude == ("u",)
    assert [o.source for o in resolved.origins["privacy.exclude"]] == [
        "user",
        "repository",
        "editor",
    ]


def test_a_sandbox_that_is_required_stays_required(places: Places) -> None:
    places.write(
        user="privacy.require_sandbox = true", repository="privacy.require_sandbox = false"
    )
    assert places.load({"privacy": {"require_sandbox": False}}).settings.privacy.require_sandbox


@pytest.mark.parametrize(
    "key", ["completion.enabled", "context.enabled", "diagnostics.enabled", "diagnostics.syntax"]
)
@pytest.mark.parametrize(
    ("user", "repository", "editor", "expected"),
    [
        (None, False, None, False),
        (None, True, None, True),
        (True, False, None, False),
        (False, None, None, False),
        (False, True, None, False),
        (False, True, True, True),  # the editor's settings are the person's
        (None, False, True, True),
        (True, True, False, False),
    ],
)
def test_a_repository_switches_nothing_on_again(
    key: str, user: object, repository: object, editor: object, expected: bool, places: Places
) -> None:
    section, name = key.split(".")
    said = [f"{key} = {json.dumps(one)}" if one is not None else "" for one in (repository, user)]
    resolved = places.write(*said).load({section: {name: editor}})
    assert getattr(getattr(resolved.settings, section), name) is expected
    assert resolved.complaints == ()


def test_rules_that_the_person_turned_off_stay_off(places: Places) -> None:
    places.write(
        user='diagnostics.disabled_rules = ["misspelt-name"]',
        repository='diagnostics.disabled_rules = ["wrong-operator"]',
    )
    rules = places.load().settings.diagnostics.disabled_rules
    assert rules == ("misspelt-name", "wrong-operator")


def test_a_repository_does_not_widen_what_the_person_lets_be_read(places: Places) -> None:
    places.write(user='context.include = ["src/"]', repository='context.include = ["/"]')
    assert places.load().settings.context.include == ("src/",)
    assert places.load({"context": {"include": ["a"]}}).settings.context.include == ("a",)


# What an editor says of the person and of the workspace, over the person's file and the
# repository's; and what comes of it.
KEPT_WITH_A_WORKSPACE = {
    "it fills in": ("", "", {}, [{"context": {"include": ["w"]}}], "context.include", ("w",)),
    "it gives way to the person's file": (
        'context.include = ["u"]',
        "",
        {},
        [{"context": {"include": ["w"]}}],
        "context.include",
        ("u",),
    ),
    "it gives way to the person's editor": (
        "",
        "",
        {"context": {"include": ["e"]}},
        [{"context": {"include": ["w"]}}],
        "context.include",
        ("e",),
    ),
    "it comes after the repository": (
        "",
        'context.include = ["r"]',
        {},
        [{"context": {"include": ["w"]}}, {"context": {"include": ["f"]}}],
        "context.include",
        ("f",),
    ),
    "it switches off": ("", "", {}, [{"context": {"enabled": False}}], "context.enabled", False),
    "it switches nothing on": (
        "context.enabled = false",
        "",
        {},
        [{"context": {"enabled": True}}],
        "context.enabled",
        False,
    ),
    "nor what the repository switched off": (
        "",
        "context.enabled = false",
        {},
        [{}, {"context": {"enabled": True}}],
        "context.enabled",
        False,
    ),
    "the person's editor does": (
        "",
        "context.enabled = false",
        {"context": {"enabled": True}},
        [],
        "context.enabled",
        True,
    ),
    "exclusions add up": (
        'privacy.exclude = ["u"]',
        'privacy.exclude = ["r"]',
        {"privacy": {"exclude": ["e"]}},
        [{"privacy": {"exclude": ["w"]}}, {"privacy": {"exclude": ["f", "u"]}}],
        "privacy.exclude",
        ("u", "r", "e", "w", "f"),
    ),
    "of other settings, the last counts": (
        "completion.n_candidates = 1",
        "",
        {"completion": {"n_candidates": 2}},
        {"completion": {"n_candidates": 3}},
        "completion.n_candidates",
        3,
    ),
    "the size of one model is not that of another": (
        "",
        "",
        {"model": {"name": "mine", "sha256": A, "size": 7}},
        [{"model": {"sha256": B}}],
        "model.size",
        None,
    ),
}


@pytest.mark.parametrize("case", KEPT_WITH_A_WORKSPACE.values(), ids=KEPT_WITH_A_WORKSPACE)
def test_what_an_editor_keeps_with_a_workspace(case: tuple[Any, ...], places: Places) -> None:
    user, repository, mine, workspace, key, expected = case
    places.write(user=user, repository=repository)
    resolved = places.load({"slm-lsp": {**mine, "workspace": workspace}})
    section, name = key.split(".")
    assert getattr(getattr(resolved.settings, section), name) == expected
    assert resolved.complaints == ()


@pytest.mark.parametrize(
    ("workspace", "complaint"),
    [
        ([{"model": {"path": "/x.gguf"}}], "in your own settings only, not by a repository"),
        ([{"model": {"name": "big"}}], "a repository names a model by its content"),
        ([{"model": {"source": "file:/etc/passwd"}}], "model.source"),
        ([{"privacy": {"exclude": ["!secret"]}}], "does not begin with `!`"),
        ([{"privacy": {"exlude": ["x"]}}], "unknown key `exlude`"),
        (["x"], "expected sections, not str"),
    ],
)
def test_what_a_workspace_may_not(workspace: object, complaint: str, places: Places) -> None:
    (said,) = complaints(places.load({"workspace": workspace}))
    assert said.startswith("editor settings: ")
    assert complaint in said


def test_a_layer_that_names_a_model_brings_all_of_it(places: Places) -> None:
    places.write(
        user=f'[model]\nname = "mine"\nsha256 = "{A}"\nsize = 1\ntemplate = "qwen-coder-v1"\n'
        "n_ctx = 2048",
        repository=f'[model]\nsha256 = "{B}"',
    )
    model = places.load().settings.model
    assert (model.name, model.sha256, model.size, model.template) == ("bundled", B, None, None)
    assert model.n_ctx == 2048  # says nothing about the file
    mine = places.load({"model": {"name": "bundled"}}).settings.model
    assert (mine.sha256, mine.size) == (None, None)


def test_an_adapter(places: Places) -> None:
    places.write(repository=f'[model]\nsha256="{A}"\nadapter = {{sha256 = "{B}", scale = 0.5}}')
    adapter = places.load().settings.model.adapter
    assert adapter is not None
    assert (adapter.sha256, adapter.scale) == (B, 0.5)


def test_whole_numbers_are_numbers(places: Places) -> None:
    places.write(repository="completion.automatic_deadline_ms = 100")
    assert places.load().settings.completion.automatic_deadline_ms == 100.0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[completion]\nenabeld = false",
            "slm-lsp.toml:2:1: unknown key `enabeld`, did you mean `enabled`?",
        ),
        (
            "[completion]\nmax-line-tokens = 4",
            "slm-lsp.toml:2:1: unknown key `max-line-tokens`, did you mean `max_line_tokens`?",
        ),
        (
            "[completion]\n  max_line_tokens = true",
            "slm-lsp.toml:2:21: `max_line_tokens` is a whole number from 1 to 1024, not true",
        ),
        (
            "completion.max_line_tokens = 0",
            "slm-lsp.toml:1:30: `max_line_tokens` is a whole number from 1 to 1024, not 0",
        ),
        (
            "[completion]\ndebounce_ms = nan",
            "slm-lsp.toml:2:15: `debounce_ms` is a number from 0 to 10000, not NaN",
        ),
        (
            "[complete]",
            "slm-lsp.toml:1:2: unknown key `complete`, did you mean `completion`?",
        ),
        (
            "completion = 3",
            "slm-lsp.toml:1:14: `completion` is a table, not 3",
        ),
        (
            'completion.disabled_globs = [\n  "a",\n  3,\n]',
            "slm-lsp.toml:3:3: `disabled_globs` is a list of strings, each a gitignore pattern of "
            "at most 200 characters that does not begin with `!`, not 3",
        ),
        (
            'context.include = ["src/", "[z-a].py"]',
            'slm-lsp.toml:1:28: `include`: "[z-a].py" is no gitignore pattern; look at its '
            "brackets, and for a backslash at its end",
        ),
        (
            '# ключ 🔑\n"completion"."enabled" = "да"  # 🔑',
            'slm-lsp.toml:2:26: `enabled` is true or false, not "да"',
        ),
        (
            'completion = { enabled = true, "🔑x" = 1 }',
            "slm-lsp.toml:1:32: unknown key `🔑x`; known here: enabled, disabled_languages, "
            "disabled_globs, automatic_deadline_ms, invoked_deadline_ms, max_line_tokens, "
            "max_block_tokens, show_at_least_percent, n_candidates, "
            "multi_line, debounce_ms, battery",
        ),
        (
            '[model]\ntemplate = "qwen_coder_v1"',
            "slm-lsp.toml:2:12: there is no template `qwen_coder_v1`, did you mean "
            "`qwen-coder-v1`?",
        ),
        ("[model]\nname =", "slm-lsp.toml:2:7: not valid TOML: invalid value"),
        ('a = "', "slm-lsp.toml:1:6: not valid TOML: unterminated string"),
        ("a = 1\na = 2", "slm-lsp.toml:2:6: not valid TOML: cannot overwrite a value"),
        ("[[completion]]\nenabled = true", "slm-lsp.toml:1:3: `completion` is a table, not "
         '[{"enabled": true}]'),
        (
            "[completion]\nmax_line_tokens = 1979-05-27T07:32:00Z",
            "slm-lsp.toml:2:19: `max_line_tokens` is a whole number from 1 to 1024, not "
            '"1979-05-27 07:32:00+00:00"',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, complaint: str, places: Places) -> None:
    assert complaints(places.write(repository=text).load()) == [complaint]


def test_a_wrong_value_leaves_the_others(places: Places) -> None:
    places.write(repository="[completion]\nmax_line_tokens = 0\nmax_block_tokens = 7")
    settings = places.load().settings
    assert (settings.completion.max_line_tokens, settings.completion.max_block_tokens) == (48, 7)
    assert settings.model.problem is None


def test_editor_settings_are_told_by_their_key(places: Places) -> None:
    options = {"completion": {"disabled_globs": ["a", 3], "x": 1}}
    assert [text.split("; known")[0] for text in complaints(places.load(options))] == [
        "editor settings: completion.disabled_globs[1]: `disabled_globs` is a list of strings, "
        "each a gitignore pattern of at most 200 characters that does not begin with `!`, not 3",
        "editor settings: completion.x: unknown key `x`",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[model]\nsha256 = "abc"',
        f'[model]\nsha256 = "{A.upper()}"',
        f'[model]\nsha265 = "{A}"',
        f'[model]\nsha256 = "{A}"\nsize = "big"',
        '[model]\nname = "other"',
        "[model]\npath = 3",
        "model = 3",
        "privacy = 3",
        "[privacy]\nexclude = 'secrets/'",
        "[privacy]\nexlude = ['secrets/']",
        "[context]\nexclude = ['']",
        "[completion]\ndisabled_globs = [1]",
        f'[model]\nsha256 = "{A}"\nadapter = {{ scale = 2.0 }}',
        f'[model]\nsha256 = "{A}"\nadapter = {{ sha256 = 3 }}',
        "]",
    ],
)
def test_an_unsure_pin_or_exclusion_stops_the_model(text: str, places: Places) -> None:
    """Serving another model, or more files, than the team wrote down would be worse."""
    resolved = places.write(repository=text).load()
    assert resolved.settings.model.problem is not None
    assert resolved.settings.model.problem.startswith("slm-lsp.toml")
