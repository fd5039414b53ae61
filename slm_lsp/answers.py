"""What `slm.status` and `slm.explain` answer, as docs/protocol.md says it."""

import hashlib
from dataclasses import asdict
from typing import Any

from slm_lsp import sandbox
from slm_lsp.session import Session


def status_json(session: Session, *, with_documents: bool = False) -> dict[str, Any]:
    """How things stand; `with_documents` for a digest of each open document."""
    documents = session.documents.values() if with_documents else ()
    return {
        **asdict(session.serving.status),
        **session.serving.as_json(),
        **session.statistics.as_json(),
        "documents": {
            document.uri: {"version": document.version, "sha256": _sha256(document.text)}
            for document in documents
        },
        "workspace": session.folders.first.workspace.state,
        "folders": [
            {"path": str(folder.root), **folder.workspace.state}
            for folder in session.folders
            if folder.root is not None
        ],
        "sandbox": str(sandbox.current() or "none"),
        "complaints": session.folders.complaints,
    }


def explain_json(session: Session) -> dict[str, Any] | None:
    """How the last suggestion came about, or why there was none; None before the first question."""
    told = session.questions.explanation()
    return asdict(told) if told is not None else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
