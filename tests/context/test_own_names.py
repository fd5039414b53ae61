"""What build files say a repository calls its own folders, and what they must not cost."""

import subprocess
import sys

import pytest
from slm_context import own_names
from slm_context.imports import Import
from slm_context.own_names import MAX_NAMES, go_modules, spelled_out


def meant(language: str, path: str, module: str, files: dict[str, str]) -> str:
    [one] = spelled_out([Import(module)], language, path, lambda name: files.get(name, ""))
    return one.module


@pytest.mark.parametrize(
    ("config", "module", "expected"),
    [
        ('{"baseUrl": "./src", "paths": {"@/*": ["*"]}}', "@/lib/x", "src/lib/x"),
        ('{"baseUrl": ".", "paths": {"@/*": ["./*"]}}', "@/lib/x", "lib/x"),
        ('{"paths": {"@/*": ["*"]}}', "@/lib/x", "lib/x"),
        ('{"paths": {"@app/*": ["a/*"], "@app/shared/*": ["s/*"]}}', "@app/shared/x", "s/x"),
        ('{"paths": {"@app/*": ["a/*"], "@app/one": ["b/one"]}}', "@app/one", "b/one"),
        ('{"paths": {"@app/*": ["../a/*"]}}', "@app/one", "@app/one"),
        ('{"paths": {"@app/*": ["a/*"] /* not closed', "@app/one", "a/one"),
    ],
)
def test_an_alias_of_a_tsconfig(config: str, module: str, expected: str) -> None:
    assert meant("typescript", "x.ts", module, {"tsconfig.json": config}) == expected


@pytest.mark.parametrize(
    "replace",
    ["replace a.org/app/sub => ./other", 'replace (\n\t"a.org/app/sub" v1.0.0 => ./other\n)'],
)
def test_of_two_go_modules_the_longer_name_is_meant(replace: str) -> None:
    files = {"go.mod": f"module a.org/app\n\n{replace}\n"}
    assert meant("go", "a.go", "a.org/app/sub/x", files) == "//other/x"
    assert meant("go", "a.go", "a.org/app/subway", files) == "//subway"


def test_what_lies_outside_of_the_repository_is_not_read() -> None:
    asked: list[str] = []

    def manifest(name: str) -> str:
        asked.append(name)
        texts = {
            "go.work": "use ../outside\nuse ./in/../..\nuse ..\nuse (\n\t./in\n)\n",
            "go.mod": "module a.org/a\nreplace a.org/far => ../far\n",
            "in/go.mod": "module a.org/in\n",
        }
        return texts.get(name, "module b.org/outside\n")

    assert list(go_modules("a.go", manifest)) == [("a.org/a", ""), ("a.org/in", "in")]
    assert asked == ["go.mod", "go.work", "in/go.mod"]


def test_only_so_many_modules_are_looked_at() -> None:
    asked: list[str] = []
    text = "".join(f"use ./m{n}\n" for n in range(6_000))
    list(go_modules("a.go", lambda name: asked.append(name) or text * (name == "go.work")))
    assert len(asked) == MAX_NAMES + 2


def test_what_many_modules_say_is_read_once() -> None:
    work = "".join(f"use ./m{n}\n" for n in range(MAX_NAMES))

    def ask() -> list[tuple[str, str]]:
        return list(
            go_modules("a/a.go", lambda name: work if name == "go.work" else f"module {name}\n")
        )

    assert len(ask()) == MAX_NAMES + 1
    n_read = own_names._go_mod.cache_info().misses
    ask()
    assert own_names._go_mod.cache_info().misses == n_read


@pytest.mark.parametrize(
    "text",
    [
        r"'\n' * 400_000",
        r"'replace' + '\n' * 400_000",
        r"'/* x\n' * 80_000",
        "'\"paths\":{' * 80_000",
        "'\"paths\":{\"a\":[\"' + 'x' * 400_000 + chr(10) + '}'",
        "chr(34) + (chr(92) + chr(34)) * 200_000",
    ],
)
def test_no_build_file_stops_the_server(text: str) -> None:
    """In a process that can be ended: a pattern that takes minutes lets nothing else run."""
    code = (
        "from slm_context.imports import Import\n"
        "from slm_context.own_names import spelled_out\n"
        f"text = {text}\n"
        "for language in 'go', 'typescript':\n"
        "    spelled_out([Import('a')], language, 'a', lambda path: text)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=10)
