"""What open documents were like before they were changed, for as long as the editor is open."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slm_context.gather import OpenText

from slm_lsp.workspace.quoting import text_holds_secret

MAX_DOCUMENTS = 32
# A larger document is not kept twice.
MAX_CHARS = 400_000


@dataclass(slots=True)
class _Seen:
    before: str
    now: str


class History:
    """The texts of documents when they came into sight, in the order of their last change."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def see(self, path: str, text: str) -> None:
        """A document is now `text`."""
        known = self._seen.get(path)
        if known is None:
            self._seen[path] = _Seen(text, text)
        elif known.now != text:
            known.now = text
            self._seen.move_to_end(path)
        if len(text) > MAX_CHARS:
            del self._seen[path]
        while len(self._seen) > MAX_DOCUMENTS:
            self._seen.popitem(last=False)

    def with_before(self, documents: Sequence[OpenText]) -> list[OpenText]:
        """The documents as they are and were, those changed last first."""
        for one in documents:
            self.see(one.path, one.text)
        order = {path: number for number, path in enumerate(self._seen)}
        found: list[OpenText] = []
        for one in documents:
            known = self._seen.get(one.path)
            before = known.before if known is not None and known.before != known.now else None
            if before is not None and text_holds_secret(before):
                before = None  # a key that was taken out must not come back as a diff
            found.append(replace(one, before=before))
        # Those that nobody changed stay in the editor's order.
        return sorted(
            found, key=lambda one: -order.get(one.path, 0) if one.before is not None else 1
        )
