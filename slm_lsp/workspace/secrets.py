"""Files that nobody but their owner should read: never indexed, never shown to the model."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

SECRET_NAMES = (
    *(".env", ".env.*", ".envrc", ".envrc.*", "*.env", "secrets.*", ".secrets", ".secrets.*"),
    *("credentials", "credentials.*", ".git-credentials", ".htpasswd", ".vault_pass*"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.p8"),
    *("*.cert", "*.crt", "*.asc", "*.gpg", "*.ovpn", "*.mobileprovision"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "kubeconfig", ".dockercfg"),
    *("shadow", "shadow-", "gshadow", "gshadow-", "master.passwd", "smbpasswd"),
    *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".yarnrc.yml", ".pypirc", ".s3cfg"),
    *("*.tfvars", "*.tfvars.json", "*.auto.tfvars", "*.tfstate", "*.tfstate.*", ".terraformrc"),
    *("wp-config.php", "service-account*.json", "service_account*.json", "local.settings.json"),
)
# Shapes that their makers gave to keys so that they can be found, each beside a piece of it in
# lower case, or several of which it has one: looking for sixty pieces is six times as fast as
# trying forty patterns at each byte, and a piece that many words have is as slow as its pattern.
# Each needs enough characters that no name in a program has by chance.
_IN_TEXT = (
    (b"-----begin", rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    # Amazon's other half has no shape of its own, but what it is assigned to has.
    (
        b"accesskey access_key",
        rb"(?i:aws_?secret_?access_?key)[\"']?\s*[:=]\s*[\"']?[0-9A-Za-z/+]{40}(?![0-9A-Za-z/+])",
    ),
    (b"hooks.slack.com", rb"\bhooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
    (b"whsec_", rb"\bwhsec_[0-9A-Za-z+/]{24,}"),
    (b"accountkey=", rb"\bAccountKey=[0-9A-Za-z+/]{80,}={0,2}"),  # Azure
)
# These are one long word, of letters, digits and `_.-`. Words so long are less than a tenth of a
# source file, and to look through them alone takes 40 % of the time.
_IN_WORDS = (
    (b"putty-user-key-file", rb"PuTTY-User-Key-File"),
    (b"age-secret-key-1", rb"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    (b"akia", rb"\bAKIA[0-9A-Z]{16}\b"),  # Amazon
    (b"asia", rb"\bASIA[0-9A-Z]{16}\b"),
    (b"ghp_ gho_ ghu_ ghs_ ghr_", rb"\bgh[pousr]_[0-9A-Za-z]{36,}\b"),
    (b"github_pat_", rb"\bgithub_pat_\w{22,}\b"),
    # GitLab
    (b"glpat- gldt- glrt- glptt- glcbt- glsoat-", rb"\bgl(?:pat|dt|rt|ptt|cbt|soat)-[\w-]{20,}"),
    (b"atbb", rb"\bATBB[0-9A-Za-z]{24,}\b"),  # Bitbucket
    (b"atatt3", rb"\bATATT3[\w-]{50,}"),  # Atlassian
    (b"xox", rb"\bxox[abeposr]-[0-9A-Za-z-]{10,}"),  # Slack
    (b"xapp-", rb"\bxapp-\d-[0-9A-Z]+-\d+-[0-9a-f]{20,}"),
    (b"aiza", rb"\bAIza[0-9A-Za-z_-]{35}\b"),  # Google
    (b"gocspx-", rb"\bGOCSPX-[\w-]{20,}"),
    (b"ya29.", rb"\bya29\.[\w-]{30,}"),
    # OpenAI and Anthropic, also of the kinds that name what they are for.
    (b"sk-", rb"\bsk-(?:(?:proj|svcacct|admin|ant|or)-[\w-]{20,}|[0-9A-Za-z]{32,}\b)"),
    (b"hf_", rb"\bhf_[0-9A-Za-z]{30,}\b"),  # Hugging Face
    (b"api_org_", rb"\bapi_org_[0-9A-Za-z]{30,}\b"),
    (b"k_live_", rb"\b[sr]k_live_[0-9A-Za-z]{16,}\b"),  # Stripe
    (b"k_test_", rb"\b[sr]k_test_[0-9A-Za-z]{16,}\b"),
    (b"sq0atp- sq0csp-", rb"\bsq0(?:atp|csp)-[\w-]{22,}"),  # Square
    (b"sg.", rb"\bSG\.[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    (b"key-", rb"\bkey-[0-9a-f]{32}\b"),  # Mailgun
    (b"npm_", rb"\bnpm_[A-Za-z0-9]{36}\b"),
    (b"pypi-ageichlwas5vcmc", rb"\bpypi-AgEIcHlwaS5vcmc[\w-]{40,}"),
    (b"rubygems_", rb"\brubygems_[0-9a-f]{40,}\b"),
    (b"dckr_pat_", rb"\bdckr_pat_[\w-]{20,}"),
    (b"_v1_", rb"\bdo[por]_v1_[0-9a-f]{60,}"),  # DigitalOcean
    (b"dapi", rb"\bdapi[0-9a-f]{32}\b"),  # Databricks
    (b"hvb. hvs.", rb"\bhv[bs]\.[\w-]{24,}"),  # Vault
    (b"shpat_ shpca_ shppa_ shpss_", rb"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),  # Shopify
    (b"akcp", rb"\bAKCp[0-9A-Za-z]{60,}"),  # Artifactory
    (b"eyj", rb"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),  # a signed JSON web token
)
WORD_BYTES = bytes(b if chr(b).isalnum() or chr(b) in "_.-" else 32 for b in range(128)).ljust(256)
LONG_WORD = 15


def _by_piece(shapes: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    return tuple(
        (piece, re.compile(shape)) for pieces, shape in shapes for piece in pieces.split(b" ")
    )


IN_TEXT, IN_WORDS = _by_piece(_IN_TEXT), _by_piece(_IN_WORDS)


# Asked at each key, of the same few names.
@lru_cache(maxsize=64)
def is_secret_name(name: str) -> bool:
    """Whether a file's name, without its folder, says that it holds secrets."""
    folded = name.lower()
    return any(fnmatchcase(folded, pattern) for pattern in SECRET_NAMES)


def holds_secret(content: bytes) -> bool:
    """Whether a key or token stands in the content."""
    words = content.translate(WORD_BYTES).split()
    long = b" ".join({word for word in words if len(word) >= LONG_WORD})
    return _has(IN_WORDS, long) or _has(IN_TEXT, content)


def _has(shapes: Sequence[tuple[bytes, re.Pattern[bytes]]], content: bytes) -> bool:
    folded = content.lower()
    return any(piece in folded and shape.search(content) for piece, shape in shapes)
