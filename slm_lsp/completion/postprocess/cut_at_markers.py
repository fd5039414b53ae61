"""A model's own markers are not for the user, whole or begun."""

from dataclasses import replace

from slm_lsp.completion.postprocess.filter import Draft, InsertionPoint

# What models of other families leak, seen in the wild.
COMMON = (
    *("<|", "<fim_", "<fim-", "<file_sep>", "<repo_name>", "<｜", "<PRE>", "<SUF>", "<MID>"),
    *("<EOT>", "[PREFIX]", "[SUFFIX]", "[MIDDLE]", "</s>", "<|endoftext|>", "<eos>"),
)


def cut_at_markers(draft: Draft, around: InsertionPoint) -> Draft | None:
    """Keep what stands before the first marker."""
    text = draft.text
    for marker in (*around.template.markers, *COMMON):
        # A file that is about such markers may have them in its own text.
        if marker in text and marker not in around.document.text:
            text = text[: text.index(marker)]
    return replace(draft, text=text)
