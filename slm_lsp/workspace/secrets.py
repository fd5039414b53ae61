"""Files that nobody but their owner should read: never indexed, never shown to the model."""

import re
from fnmatch import fnmatchcase

SECRET_NAMES = (
    *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", ".pgpass", ".npmrc", ".pypirc"),
    *("secrets.*", "credentials", "credentials.*", "*.ppk", "*.cert", "*.crt", "*.asc"),
)
# Shapes that their makers gave to keys so that they can be found.
SECRET_CONTENT = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|PuTTY-User-Key-File"
    rb"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    rb"|\bgh[pousr]_[0-9A-Za-z]{36,}\b|\bgithub_pat_\w{22,}\b|\bglpat-[\w-]{20,}"
    rb"|\bxox[abposr]-[0-9A-Za-z-]{10,}|\bAIza[0-9A-Za-z_-]{35}\b"
    rb"|\b[sr]k_live_[0-9A-Za-z]{16,}\b|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_[A-Za-z0-9]{36}\b"
)


def is_secret_name(name: str) -> bool:
    """Whether a file's name, without its folder, says that it holds secrets."""
    folded = name.lower()
    return any(fnmatchcase(folded, pattern) for pattern in SECRET_NAMES)


def holds_secret(content: bytes) -> bool:
    """Whether a key or token stands in the content."""
    return SECRET_CONTENT.search(content) is not None
