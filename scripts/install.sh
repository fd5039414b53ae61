# Sourced by scripts/demo and scripts/test. `install EXTRA` makes .venv hold this repository with
# the extra of pyproject.toml (an empty EXTRA: what users get), and does nothing if it already does.
# What requirements/ pins is installed in that version, or not at all where a hash is another one.
# POSIX shell; needs Python 3.11 or newer with venv, and a C and C++ compiler.

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail 'no Python 3.11 or newer found; on Debian and Ubuntu: apt-get install python3 python3-venv'
}

find_compilers() {
    for compiler in "${CC:-cc}" "${CXX:-c++}"; do
        # CC may hold options too, so only its first word is looked for.
        command -v "${compiler%% *}" >/dev/null || fail \
            "no $compiler found to compile llama.cpp with; on Debian and Ubuntu: apt-get install build-essential"
    done
}

install() {
    locked="requirements/${1:-serve}.txt"
    wanted="$(cat pyproject.toml "$locked" | cksum) ${1:-}"
    stamp=".venv/slm-lsp-installed${1:+-$1}"
    # A virtual environment does not survive being moved or losing its Python.
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted $PWD" ] && .venv/bin/slm-lsp --version >/dev/null 2>&1; then
        return
    fi
    find_python_once="$(find_python)" || exit 1
    "$find_python_once" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "$find_python_once has no venv; on Debian and Ubuntu: apt-get install python3-venv"
    find_compilers
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Creating .venv with $("$find_python_once" --version)"
        "$find_python_once" -m venv --clear .venv
    fi
    echo 'Installing into .venv (the first time compiles llama.cpp, which takes some minutes)'
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --requirement "$locked" || fail 'the installation failed; what pip says is above'
    # The repository itself, and torch, whose build depends on the machine (see scripts/lock).
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${1:+[$1]}" ||
        fail 'the installation failed; what pip says is above'
    printf '%s\n' "$wanted $PWD" >"$stamp"
}
