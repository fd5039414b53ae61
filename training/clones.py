"""Local clones: which there are, and what their newest commit holds. Never the network."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".hh": "cpp",
}


@dataclass(frozen=True, slots=True)
class Clone:
    """One repository on this machine."""

    name: str  # "owner/name"
    git: Path

    def run(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        command = ["git", "-C", str(self.git), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout

    def commit(self) -> str:
        return self.run("rev-parse", "HEAD").decode().strip()

    def sizes(self, commit: str = "HEAD") -> dict[str, int]:
        """Every regular file of the commit, with its size in bytes."""
        sizes = {}
        listing = self.run("ls-tree", "-r", "-l", "-z", commit).decode("utf-8", "replace")
        for record in listing.split("\0"):
            if record.startswith("100"):
                head, path = record.split("\t", 1)
                size = head.split()[3]
                if size.isdigit():  # a clone may lack a blob
                    sizes[path] = int(size)
        return sizes

    def read(self, paths: list[str], commit: str = "HEAD") -> Iterator[tuple[str, bytes]]:
        """The contents of many files with one process."""
        for start in range(0, len(paths), 500):
            chunk = paths[start : start + 500]
            request = "".join(f"{commit}:{path}\n" for path in chunk)
            answer = self.run("cat-file", "--batch", stdin=request.encode())
            position = 0
            for path in chunk:
                end = answer.index(b"\n", position)
                header = answer[position:end].split()
                position = end + 1
                if len(header) != 3 or header[1] != b"blob":
                    continue
                size = int(header[2])
                yield path, answer[position : position + size]
                position += size + 1


def language_of(path: str) -> str | None:
    return LANGUAGES.get(PurePosixPath(path).suffix.lower())


def find_clones(folder: Path) -> dict[str, Clone]:
    """Clones under `folder`, by "owner/name".

    Taken as they lie: owner/name(.git), owner+name(.git), with or without a work tree, or one
    folder deeper.
    """
    clones = {}
    for git in sorted(git_folders(folder)):
        parts = [part for part in git.relative_to(folder).parts if part not in {".git", "repo"}]
        name = "/".join(parts).removesuffix(".git").replace("+", "/", 1)
        if name.count("/") == 1:
            clones[name] = Clone(name, git)
    return clones


def git_folders(folder: Path, depth: int = 0) -> Iterator[Path]:
    if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
        yield folder
    elif depth < 4 and folder.is_dir():
        for child in folder.iterdir():
            if child.is_dir():
                yield from git_folders(child, depth + 1)
