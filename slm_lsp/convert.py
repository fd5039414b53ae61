"""Between lsprotocol's types and ours, both ways, in all three position encodings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types
from slm_context.cursor import LINE_END

from slm_lsp.columns import Encoding, width
from slm_lsp.completion.names import word_before
from slm_lsp.completion.types import CompletionRequest, Trigger
from slm_lsp.config.complete import proposals
from slm_lsp.config.files import REPOSITORY_FILE
from slm_lsp.documents import DocumentSnapshot, Place
from slm_lsp.paths import path_of
from slm_lsp.session import Session
from slm_lsp.suggestions import Suggestion

ACCEPTED = "slm.accepted"
# A popup shows one line; longer ones make it as wide as the screen.
MAX_LABEL = 60


def encoding(chosen: str | None) -> Encoding:
    """The encoding that was agreed on; LSP's default where nothing was."""
    return Encoding(chosen or Encoding.UTF16)


def place(position: types.Position) -> Place:
    return Place(position.line, position.character)


def position(found: Place) -> types.Position:
    return types.Position(*found)


def range_of(snapshot: DocumentSnapshot, start: int, end: int) -> types.Range:
    """Two offsets as the editor sees them."""
    return types.Range(position(snapshot.place_at(start)), position(snapshot.place_at(end)))


def roots_of(params: types.InitializeParams) -> list[Path]:
    """The workspace folders, or what older clients send instead."""
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    roots = [path for uri in uris if (path := path_of(uri)) is not None]
    if not roots and params.root_path and "\0" not in params.root_path:
        roots = [Path(params.root_path).absolute()]
    return roots


def folders(found: Sequence[types.WorkspaceFolder]) -> list[Path]:
    return [path for folder in found if (path := path_of(folder.uri)) is not None]


def trigger(kind: types.InlineCompletionTriggerKind) -> Trigger:
    by_hand = kind is types.InlineCompletionTriggerKind.Invoked
    return Trigger.INVOKED if by_hand else Trigger.AUTOMATIC


def inline_request(
    session: Session, params: types.InlineCompletionParams
) -> CompletionRequest | None:
    """What the editor asks, frozen; None for a document that is not open."""
    opened = session.documents.get(params.text_document.uri)
    if opened is None:
        return None
    snapshot = opened.snapshot()
    document = session.context(snapshot, opened.offset_at(place(params.position)))
    selected, chosen = params.context.selected_completion_info, ""
    if selected is not None:
        # The popup would replace its range by its text: the suggestion goes on from there.
        start = snapshot.offset_at(place(selected.range.start))
        end = snapshot.offset_at(place(selected.range.end))
        text, chosen = snapshot.text, selected.text
        text = text[:start] + chosen + text[end:]
        document = replace(document, text=text, offset=start + len(chosen))
    return CompletionRequest(
        snapshot.uri, snapshot.version, document, trigger(params.context.trigger_kind), chosen
    )


def popup_request(session: Session, params: types.CompletionParams) -> CompletionRequest | None:
    """The same question, asked by an editor that shows suggestions in its popup."""
    snapshot = session.snapshot(params.text_document.uri)
    if snapshot is None:
        return None
    kind = params.context.trigger_kind if params.context else types.CompletionTriggerKind.Invoked
    by_hand = kind is types.CompletionTriggerKind.Invoked
    return CompletionRequest(
        snapshot.uri,
        snapshot.version,
        session.context(snapshot, snapshot.offset_at(place(params.position))),
        Trigger.INVOKED if by_hand else Trigger.AUTOMATIC,
    )


def inline_list(
    suggestion: Suggestion | None, params: types.InlineCompletionParams, encoding: Encoding
) -> types.InlineCompletionList:
    """The best first; an empty list, as null would leave a stale suggestion on Neovim's screen."""
    if suggestion is None:
        return types.InlineCompletionList(items=[])
    found = (suggestion, *suggestion.others)
    return types.InlineCompletionList(items=[_inline_item(one, params, encoding) for one in found])


def _inline_item(
    suggestion: Suggestion, params: types.InlineCompletionParams, encoding: Encoding
) -> types.InlineCompletionItem:
    selected = params.context.selected_completion_info
    text, start, end = suggestion.completion.text, params.position, params.position
    if selected is not None:
        text, start, end = selected.text + text, selected.range.start, selected.range.end
    return types.InlineCompletionItem(
        insert_text=text,
        range=types.Range(start, _moved(end, suggestion, encoding)),
        command=accept_command(suggestion),
    )


def popup_list(
    suggestion: Suggestion | None, params: types.CompletionParams, encoding: Encoding
) -> types.CompletionList:
    """The suggestion as the popup wants it: popups match what is typed of the word already."""
    if suggestion is None:
        return types.CompletionList(is_incomplete=True, items=[])
    word = word_before(suggestion.before)
    text = word + suggestion.completion.text
    at = params.position
    start = types.Position(at.line, at.character - width(word, encoding))
    item = types.CompletionItem(
        label=label(text),
        kind=types.CompletionItemKind.Snippet if "\n" in text else types.CompletionItemKind.Text,
        detail="slm-lsp",
        filter_text=text,
        sort_text="\x20",  # before everything that starts with a letter or a digit
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(types.Range(start, _moved(at, suggestion, encoding)), text),
        command=accept_command(suggestion),
    )
    return types.CompletionList(is_incomplete=True, items=[item])


def settings_list(session: Session, params: types.CompletionParams) -> types.CompletionList | None:
    """Sections, keys and values for `slm-lsp.toml`; None for all other documents."""
    path, snapshot = path_of(params.text_document.uri), session.snapshot(params.text_document.uri)
    if path is None or path.name != REPOSITORY_FILE or snapshot is None:
        return None
    offset = snapshot.offset_at(place(params.position))
    items = [
        types.CompletionItem(
            label=one.label,
            kind=types.CompletionItemKind.Property,
            detail=one.detail,
            documentation=one.says,
            sort_text=f"{number:03}",  # in the order of the reference
            text_edit=types.TextEdit(range_of(snapshot, offset - one.n_typed, offset), one.text),
        )
        for number, one in enumerate(proposals(snapshot.text, offset))
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def accept_command(suggestion: Suggestion) -> types.Command:
    """What the editor runs when the suggestion is taken."""
    told = {"id": suggestion.id, "kind": "full", "length": len(suggestion.completion.text)}
    return types.Command(title="Suggestion accepted", command=ACCEPTED, arguments=[told])


def label(text: str) -> str:
    """One short line for a popup."""
    first, *more = LINE_END.split(text.strip(" \t\r\n"))
    return f"{first[:MAX_LABEL]}…" if more or len(first) > MAX_LABEL else first


def as_json(value: Any) -> Any:
    """Command arguments as plain JSON values, whatever pygls made of objects."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        if hasattr(value, "_asdict"):
            return as_json(value._asdict())  # pyright: ignore - a named tuple
        return [as_json(inner) for inner in value]
    return value


def _moved(end: types.Position, suggestion: Suggestion, encoding: Encoding) -> types.Position:
    """`end`, after what the suggestion replaces on the same line."""
    return types.Position(end.line, end.character + width(suggestion.replaced, encoding))
