"""What is a secret by its file's name or by its shape, and what only looks a little like one."""

import re
from re import _parser as re_parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from slm_lsp.workspace.secrets import IN_TEXT, IN_WORDS, LONG_WORD, holds_secret, is_secret_name

# Put together here, so that no scanner takes this file for a leak.
X, HEX, B64 = "aB3" * 14, "0a1b" * 20, "aB3/+" * 20
TOKENS = [
    *(f"-----BEGIN {kind}PRIVATE KEY-----" for kind in ("", "RSA ", "EC ", "OPENSSH ")),
    "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File-3: ssh-ed25519",
    "AGE-SECRET-KEY-1" + X.upper(),
    *(kind + "ABCD" * 4 for kind in ("AKIA", "ASIA")),
    *(f"{name} = '{B64[:40]}'" for name in ("aws_secret_access_key", "AWSSecretAccessKey")),
    f'"awsSecretAccessKey": "{B64[:40]}"',
    *(f"gh{kind}_{X[:36]}" for kind in "pousr"),
    "github_pat_" + X,
    *(f"gl{kind}-{X[:20]}" for kind in ("pat", "dt", "rt", "ptt", "cbt", "soat")),
    "ATBB" + X,
    "ATATT3" + X + X,
    *(f"xox{kind}-{X}" for kind in "abeposr"),
    f"xapp-1-A0B1C2-123456-{HEX}",
    f"https://hooks.slack.com/services/T{X[:8]}/B{X[:8]}/{X[:24]}",
    "AIza" + X[:35],
    "GOCSPX-" + X,
    "ya29." + X,
    *(f"sk-{kind}-{X}" for kind in ("proj", "svcacct", "admin", "ant", "or")),
    "sk-" + X,
    "hf_" + X[:34],
    "api_org_" + X[:34],
    *(f"{kind}k_{mode}_{X}" for kind in "sr" for mode in ("live", "test")),
    "whsec_" + X,
    *(f"sq0{kind}-{X}" for kind in ("atp", "csp")),
    f"SG.{X}.{X}",
    "key-" + HEX[:32],
    "npm_" + X[:36],
    "pypi-AgEIcHlwaS5vcmc" + X,
    "rubygems_" + HEX,
    "dckr_pat_" + X,
    *(f"do{kind}_v1_{HEX[:64]}" for kind in "por"),
    "dapi" + HEX[:32],
    *(f"hv{kind}.{X}" for kind in "bs"),
    *(f"shp{kind}_{HEX[:32]}" for kind in ("at", "ca", "pa", "ss")),
    f"AccountKey={B64}==",
    "AKCp" + X + X,
    f"eyJ{X}.eyJ{X}.{X}",
]


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_are_found_wherever_they_stand(token: str) -> None:
    for text in (token, f"KEY = '{token}'\n", f'{{"key":"{token}"}}', f"# é {token}"):
        assert holds_secret(text.encode())


def test_every_shape_is_tried_above() -> None:
    for piece, shape in IN_TEXT + IN_WORDS:
        assert any(shape.search(token.encode()) for token in TOKENS), piece


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_found_from_where_it_is_long_enough(token: str) -> None:
    """What is looked for in long words only is nowhere else."""
    for end in range(len(token) + 1):
        text = f"KEY={token[:end]}, b".encode()
        assert holds_secret(text) == any(shape.search(text) for _, shape in IN_TEXT + IN_WORDS)


def test_what_is_looked_for_in_words_is_a_long_word() -> None:
    kept = frozenset(b"_.-" + bytes(b for b in range(128) if chr(b).isalnum()))
    for piece, shape in IN_WORDS:
        parsed = re_parser.parse(shape.pattern)
        assert parsed.getwidth()[0] >= LONG_WORD, piece
        assert bytes_of(parsed) <= kept, piece


def bytes_of(parsed: Any) -> frozenset[int]:
    """The bytes that what `parsed` matches may hold."""
    found: set[int] = set()
    for name, value in parsed:
        match str(name):
            case "LITERAL":
                found.add(value)
            case "RANGE":
                found.update(range(value[0], value[1] + 1))
            case "CATEGORY":
                pattern = {"CATEGORY_WORD": rb"\w", "CATEGORY_DIGIT": rb"\d"}[str(value)]
                found.update(b for b in range(256) if re.match(pattern, bytes([b])))
            case "IN":
                found |= bytes_of(value)
            case "MAX_REPEAT":
                found |= bytes_of(value[2])
            case "SUBPATTERN":
                found |= bytes_of(value[3])
            case "BRANCH":
                found |= frozenset().union(*map(bytes_of, value[1]))
            case _:
                assert str(name) == "AT", name  # a boundary, which takes no byte
    return frozenset(found)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "private_key = load_private_key(path)",
        "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
        "AKIA",
        "mask-0123456789abcdef0123456789abcdef0123",
        "task-list-of-everything-that-is-left-to-do",
        "sk-learn",
        "hf_hub_download(repo_id)",
        "hf_transformer_model_configuration_loader()",
        "npm_config_registry",
        "ghp_short",
        "class AIzawa",
        "pk_live_keys_are_public",
        "uuid = '123e4567-e89b-12d3-a456-426614174000'",
        "sha256 = '" + "0a1b2c3d" * 8 + "'",
        "key-value-store-with-hexadecimal-names",
        "eyJustSomeWord",
    ],
)
def test_what_only_looks_like_one_is_shown(text: str) -> None:
    assert not holds_secret(text.encode())


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".env.local", ".ENV", "prod.env", ".envrc", ".envrc.local", "terraform.tfvars",
        "prod.auto.tfvars", "x.tfvars.json", "terraform.tfstate", "terraform.tfstate.backup",
        "server.key", "server.pem", "id_rsa", "id_ed25519.pub", ".netrc", "_netrc", ".pgpass",
        ".npmrc", ".pypirc", ".git-credentials", "credentials", "credentials.json", "secrets.py",
        "secrets.yaml", ".htpasswd", "kubeconfig", ".dockercfg", "service-account-prod.json",
        "AuthKey_ABC.p8", "client.ovpn", "local.settings.json", "wp-config.php", ".vault_password",
        "shadow", "gshadow-", "master.passwd", "smbpasswd",
    ],
)  # fmt: skip
def test_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["env.py", "environment.ts", "secretary.py", "key.py", "keys.go", "main.tf", "variables.tf",
     "settings.json", "config.php", "npm.js", "credential_store.rs", "shadow.py", "passwd"],
)  # fmt: skip
def test_names_that_are_shown(name: str) -> None:
    assert not is_secret_name(name)
