"""What an import says, and which file of a repository it leads to, in each language's own way."""

import subprocess
import sys
from pathlib import Path

import pytest
from slm_context.imports import Import, read_import

from tests.context.conftest import PLENTY, at, over, shown


@pytest.mark.parametrize(
    ("language", "statement", "expected"),
    [
        ("python", "import a.b.c, d", [("a", [("a", "")]), ("a.b.c", []), ("d", [("d", "")])]),
        ("python", "import a.b as c", [("a.b", [("c", "")])]),
        ("go", '"a.org/echo/v4"', [("a.org/echo/v4", [("echo", "")])]),
        ("go", '"gopkg.in/yaml.v3"', [("gopkg.in/yaml.v3", [("yaml", "")])]),
        ("go", 'e "a.org/echo/v4"', [("a.org/echo/v4", [("e", "")])]),
        ("java", "import a.b.*;", [("a.b.*", [("*", "*")])]),
        ("kotlin", "import a.b.C as D", [("a.b.C", [("D", "C")])]),
        (
            "scala",
            "import a.b.{C, D => E}, f.G",
            [("a.b.C", [("C", "C")]), ("a.b.D", [("E", "D")]), ("f.G", [("G", "G")])],
        ),
        ("scala", "import a.b._", [("a.b.*", [("*", "*")])]),
        ("csharp", "using D = A.B.C;", [("A.B.C", [("D", "C")])]),
        ("php", r"use A\B\C as D;", [("A.B.C", [("D", "C")])]),
        ("php", r"use A\{B, C\D as E};", [("A.B", [("B", "B")]), ("A.C.D", [("E", "D")])]),
        ("php", r"use function A\f;", [("A.f", [("f", "f")])]),
        # What somebody has only begun to write names nothing.
        ("go", '"x/"', [("x/", [])]),
        ("go", '"/v2"', [("/v2", [])]),
        ("java", "import java.util.;", [("java.util.", [])]),
        ("csharp", "using System.;", [("System.", [])]),
        ("php", "use A\\;", [("A.", [])]),
        ("rust", "use a::{b, c::{d}};", [("a", [("b", "b")]), ("a::c", [("d", "d")])]),
        ("rust", "use " + "a::{\n" * 1_000 + "b" + "\n}" * 1_000 + ";", []),
    ],
)
def test_what_is_imported(
    language: str, statement: str, expected: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    assert read_import(language, statement) == [
        Import(module, tuple(names)) for module, names in expected
    ]


@pytest.mark.parametrize(
    ("language", "statement"),
    [
        ("javascript", "'import' + ' ' * 300_000 + repr('x')"),
        ("typescript", "'import {a' + ' ' * 300_000 + '} from x'"),
        ("rust", "'use a' + ' ' * 300_000 + '::b'"),
        ("c", "'#include ' + '<' * 300_000"),
    ],
)
def test_no_import_stops_the_server(language: str, statement: str) -> None:
    """In a process that can be ended: a pattern that takes minutes lets nothing else run."""
    code = f"from slm_context.imports import read_import\nread_import({language!r}, {statement})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=10)


PYTHON = {
    "shop/deep/till.py": "def ring_up(price): ...\nclass Till:\n    def open_drawer(self): ...\n",
    "far/same.py": "def far_off(): ...\n",
    "near/same.py": "def near_by(): ...\n",
    "whole.py": "from shop.deep.till import *\nfrom shop.till import of_another\n",
    "shop/till.py": "def of_another(price): ...\n",
}
RUST = {
    "Cargo.toml": '[package]\nname = "shop"\n',
    "src/lib.rs": "pub mod a;\npub fn at_the_top() {}\n",
    "src/a/mod.rs": "pub mod b;\npub fn around() {}\n",
    "src/a/b.rs": "mod c;\n",
    "src/a/d.rs": "pub fn beside() {}\n",
    "src/a/b/c.rs": "pub fn below() {}\n",
    "src/d.rs": "pub fn of_another() {}\n",
    "src/e/mod.rs": "pub mod gate;\npub use gate::Gate;\nenum Way { Gate(u8) }\n",
    "src/e/gate.rs": "pub struct Gate {}\nimpl Gate { pub fn shut(&self) {} }\n",
    "src/other.rs": "pub struct Gate {}\n",
    "src/sync.rs": "pub fn of_ours() {}\n",
}
GO = {
    "go.work": "go 1.22\n\nuse (\n\t./back\n\t./tools // ours\n)\n",
    "back/go.mod": (
        "module a.org/back/v2\n\nreplace a.org/lib => ../lib\n\nreplace (\n"
        "\ta.org/far v1.0.0 => a.org/farther v1.0.0\n\ta.org/near => ../near\n)\n"
    ),
    "back/store/store.go": "package store\n\nfunc OpenStore() {}\n",
    "back/root.go": "package back\n\nfunc OfTheRoot() {}\n",
    "lib/text/text.go": "package text\n\nfunc OfText() {}\n",
    "near/near.go": "package near\n\nfunc OfNear() {}\n",
    "tools/go.mod": "module a.org/tools\n",
    "tools/lint/lint.go": "package lint\n\nfunc OfLint() {}\n",
    "store/store.go": "package store\n\nfunc OfAnother() {}\n",
}
SCRIPTS = {
    "tsconfig.json": """{ // of ours
        "compilerOptions": { "baseUrl": ".", "paths": {
            "@app/*": ["web/src/*"],
            "config": ["web/settings"], /* one */
        } }
    }""",
    "web/src/users/index.ts": "export function showUser() {}\n",
    "web/settings.ts": "export function readSettings() {}\n",
    "web/types.d.ts": "export function declared(): void;\n",
    "lib/stores.ts": "export function openStore() {}\n",
    "packages/kit/src/index.ts": "export function fromKit() {}\n",
}


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("app.py", "import shop.deep.till\n\nshop.deep.till.█", {"ring_up", "Till"}),
        ("app.py", "import shop.deep.till\n\nt = shop.deep.till.Till()\nt.█", {"open_drawer"}),
        ("shop/deep/a.py", "from . import till\n\ntill.█", {"ring_up", "Till"}),
        ("app.py", "import whole\n\nwhole.█", {"ring_up", "Till", "of_another"}),
        ("near/app.py", "import same\n\nsame.█", {"near_by"}),
        ("far/app.py", "import same\n\nsame.█", {"far_off"}),
        ("shop/deep/a.py", "from .. import till\n\ntill.█", {"of_another"}),
        ("src/a/b.rs", "fn f() {\n  super::█", {"around"}),
        ("src/a/b.rs", "fn f() {\n  super::d::█", {"beside"}),
        ("src/a/b.rs", "fn f() {\n  self::c::█", {"below"}),
        ("src/a/mod.rs", "fn f() {\n  super::█", {"at_the_top"}),
        ("src/a/mod.rs", "fn f() {\n  self::d::█", {"beside"}),
        ("src/a/b.rs", "use super::d;\nfn f() {\n  d::█", {"beside"}),
        ("src/b.rs", "use crate::e::Gate;\nfn f(gate: Gate) {\n  gate.█", {"shut"}),
        ("src/b.rs", "use std::sync;\nfn f() {\n  sync::█", set[str]()),
        (
            "back/a.go",
            'package back\n\nimport "a.org/back/v2/store"\n\nfunc f() {\n\tstore.█',
            {"OpenStore"},
        ),
        (
            "back/x/a.go",
            'package x\n\nimport "a.org/back/v2"\n\nfunc f() {\n\tback.█',
            {"OfTheRoot"},
        ),
        (
            "back/a.go",
            'package back\n\nimport "a.org/lib/text"\n\nfunc f() {\n\ttext.█',
            {"OfText"},
        ),
        ("back/a.go", 'package back\n\nimport "a.org/near"\n\nfunc f() {\n\tnear.█', {"OfNear"}),
        (
            "back/a.go",
            'package back\n\nimport "a.org/tools/lint"\n\nfunc f() {\n\tlint.█',
            {"OfLint"},
        ),
        ("back/a.go", 'package back\n\nimport "b.org/store"\n\nfunc f() {\n\tstore.█', set[str]()),
        ("web/a.ts", "import * as users from '@app/users';\n\nusers.█", {"showUser"}),
        ("web/a.ts", "import * as config from 'config';\n\nconfig.█", {"readSettings"}),
        ("web/a.ts", "import * as types from './types';\n\ntypes.█", {"declared"}),
        ("web/a.ts", "import * as stores from '$lib/stores';\n\nstores.█", {"openStore"}),
        ("web/a.ts", "import * as kit from '@ours/kit';\n\nkit.█", {"fromKit"}),
    ],
)
def test_the_file_that_is_meant(tmp_path: Path, path: str, code: str, told: set[str]) -> None:
    gatherer = over(tmp_path, PYTHON | RUST | GO | SCRIPTS)
    assert {one.name for one in gatherer.expected(at(code, path), ())} == told


@pytest.mark.parametrize(
    ("path", "code", "shown_at"),
    [
        ("shop/deep/a.py", "from . import till\n\nx = till.ring_up(█", "shop/deep/till.py"),
        ("app.py", "import shop.deep.till\n\nx = shop.deep.till.ring_up(█", "shop/deep/till.py"),
        ("src/a/b.rs", "use super::around;\nfn f() {\n  around(█", "src/a/mod.rs"),
        ("src/a/b.rs", "use super::d;\nfn f() {\n  d::beside(█", "src/a/d.rs"),
        (
            "back/x/a.go",
            'package x\n\nimport "a.org/back/v2"\n\nfunc f() {\n\tback.OfTheRoot(█',
            "back/root.go",
        ),
        (
            "src/main/java/b/C.java",
            "package b;\nimport a.*;\nclass C {\n  void f() {\n    Door x = █",
            "src/main/java/a/Door.java",
        ),
        ("b/C.kt", "import a.openDoor\n\nfun f() {\n  openDoor(█", "a/Doors.kt"),
        ("b/C.scala", "import a.{Door, Key}\n\nobject C {\n  val x: Door = █", "a/Door.scala"),
        ("src/B.php", "<?php\nuse App\\Models\\Door;\n\n$x = new Door(█", "app/Models/Door.php"),
        (
            "web/a.ts",
            "import { showUser } from '@app/users';\n\nshowUser(█",
            "web/src/users/index.ts",
        ),
    ],
)
def test_what_is_imported_is_shown_and_no_namesake(
    tmp_path: Path, path: str, code: str, shown_at: str
) -> None:
    names = {
        "src/main/java/a/Door.java": "package a;\npublic class Door {}\n",
        "a/Doors.kt": "fun openDoor() {}\n",
        "a/Door.scala": "class Door(size: Int)\n",
        "app/Models/Door.php": "<?php\nclass Door {\n}\n",
    }
    namesakes = {
        f"other{n}/{name.rpartition('/')[2]}": text
        for n in range(4)
        for name, text in (PYTHON | RUST | GO | SCRIPTS | names).items()
    }
    gatherer = over(tmp_path, PYTHON | RUST | GO | SCRIPTS | names | namesakes)
    assert shown_at in shown(gatherer.gather(at(code, path), (), PLENTY))
