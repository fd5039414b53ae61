"""Which files of a repository an import can mean: endings of paths, without the file's extension.

`pkg.mod` in Python means every file that ends with `pkg/mod` or `pkg/mod/__init__`, so that `src/`
layouts, workspaces and most path aliases need no configuration of ours. An ending with a slash
behind it means every file right in that folder.
"""

import posixpath
import re

# What an alias begins with: `@/a`, `~/a`, `@app/a`, `#app/a`, `$lib/a`.
ALIAS = re.compile(r"^[@~#$]/?")
SCOPED = re.compile(r"@[^/]+/([^/]+)")
SCRIPT_ENDING = re.compile(r"\.[cm]?[jt]sx?$")
# Rust's own crates, which no repository has.
RUSTS_OWN = frozenset({"std", "core", "alloc"})
# The files that a folder of Rust is the module of.
RUST_HEADS = frozenset({"mod", "lib", "main"})


def stems(language: str, module: str, path: str) -> tuple[str, ...]:
    """Path endings that `module`, imported by the file at `path`, may have, the likeliest first."""
    folder = posixpath.dirname(path)
    match language:
        case "python":
            return _python(module, folder)
        case "javascript" | "typescript" | "tsx":
            return _script(module, folder)
        case "go" | "csharp":
            if module.startswith("//"):  # from the root on
                return (module[2:] + "/",)
            parts = re.split(r"[/.\\]", module)
            return tuple("/".join(parts[-n:]) + "/" for n in (3, 2, 1) if len(parts) >= n)
        case "php":
            parts = module.split(".")
            return tuple("/".join(parts[-n:]) for n in (3, 2, 1) if len(parts) >= n)
        case "rust":
            return _rust(module, path)
        case "java" | "kotlin" | "scala":
            return _jvm(language, module.replace(".", "/"))
        case "c" | "cpp":
            base = posixpath.splitext(module)[0]
            return (_joined(folder, base), posixpath.normpath(base))
        case _:
            return ()


def n_apart(path: str, other: str) -> int:
    """How many folders lie on the way from one file to another."""
    a, b = path.split("/")[:-1], other.split("/")[:-1]
    n_common = len(posixpath.commonprefix([a, b]))
    return len(a) + len(b) - 2 * n_common


def inner_module(language: str, module: str, *names: str) -> str:
    """What `names`, one in the other, are called where they are modules of `module`."""
    if language == "rust":
        return "::".join([*filter(None, [module]), *names])
    joined = ".".join(names)
    return f"{module}{joined}" if module.endswith(".") else ".".join(filter(None, (module, joined)))


def _python(module: str, folder: str) -> tuple[str, ...]:
    n_dots = len(module) - len(module.lstrip("."))
    inner = module.lstrip(".").replace(".", "/")
    if n_dots:
        base = _joined(folder, "/".join([".."] * (n_dots - 1) + ([inner] if inner else [])))
    else:
        base = inner
    return (base, f"{base}/__init__") if base else ("__init__",)


def _script(module: str, folder: str) -> tuple[str, ...]:
    base = SCRIPT_ENDING.sub("", module)
    if module.startswith("."):
        bases = [_joined(folder, base)]
    else:
        bases = list(dict.fromkeys((base, ALIAS.sub("", base))))
        package = SCOPED.fullmatch(base)
        if package is not None:  # of the same workspace
            bases += [f"{package[1]}/src", package[1]]
    found = [one for one in bases if one and not one.startswith("@/")]
    return tuple(one + end for end in ("", "/index", ".d", "/index.d") for one in found)


def _rust(module: str, path: str) -> tuple[str, ...]:
    parts = [part for part in module.split("::") if part]
    if not parts or parts[0] in RUSTS_OWN:
        return ()
    if parts[0] not in ("self", "super"):
        inner = "/".join(parts[1:])
        return (inner, f"{inner}/mod") if inner else ("lib", "main")
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".rs")
    at = folder if stem in RUST_HEADS else posixpath.join(folder, stem)
    while parts and parts[0] in ("self", "super"):
        at = posixpath.dirname(at) if parts.pop(0) == "super" else at
    base = posixpath.join(at, *parts)
    if parts:
        return (base, f"{base}/mod")
    # A module by itself, or all of the crate.
    heads = (posixpath.join(base, head) for head in sorted(RUST_HEADS))
    return (base, *heads) if base else tuple(heads)


def _jvm(language: str, whole: str) -> tuple[str, ...]:
    if whole.endswith("/*"):
        whole = whole.removesuffix("/*")
        return (f"{whole}/", whole)  # a package, or what a class has
    folder = posixpath.dirname(whole)
    if not folder:
        return (whole,)
    # Where a file need not be called as what is in it.
    anywhere = () if language == "java" else (f"{folder}/",)
    return (whole, folder, *anywhere)


def _joined(folder: str, relative: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, relative or "."))
    return "" if joined == "." else joined.removeprefix("../")
