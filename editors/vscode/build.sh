#!/usr/bin/env bash
# Build slm-lsp-VERSION.vsix, with the server inside: `npm run package`, or this file.
set -euo pipefail
cd "$(dirname "$0")"
root=../..

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

command -v npm > /dev/null || fail 'needs npm with Node 20 or newer; on Debian and Ubuntu: apt-get install nodejs npm'
python=$root/.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m pip --version > /dev/null 2>&1 ||
  fail "$python has no pip; on Debian and Ubuntu: apt-get install python3-pip (or run scripts/demo first)"

[ -d node_modules/vscode-languageclient ] || npm ci --no-audit --no-fund --loglevel=error
rm -rf server dist
mkdir -p server

# The server travels as a wheel, which pip installs into the extension's own environment.
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir server "$root"

npx tsc --noEmit -p .
npx esbuild src/extension.ts --bundle --platform=node --format=cjs --target=node20 \
  --external:vscode --outfile=dist/extension.js --minify --log-level=warning

cp $root/LICENSE LICENSE
cp $root/CHANGELOG.md CHANGELOG.md
version=$(node -p 'require("./package.json").version')
npx vsce package --no-dependencies --allow-missing-repository --out "slm-lsp-$version.vsix"
