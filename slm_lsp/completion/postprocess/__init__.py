"""The filters that every suggestion passes, in this order. None of them knows the others."""

from slm_lsp.completion.postprocess.add_no_error import add_no_error
from slm_lsp.completion.postprocess.balance_brackets import balance_brackets
from slm_lsp.completion.postprocess.cut_at_markers import cut_at_markers
from slm_lsp.completion.postprocess.cut_repetition import cut_repetition
from slm_lsp.completion.postprocess.cut_suffix_overlap import cut_suffix_overlap
from slm_lsp.completion.postprocess.drop_blank import drop_blank
from slm_lsp.completion.postprocess.drop_repeated_line import drop_repeated_line
from slm_lsp.completion.postprocess.filter import Draft, Filter, Surroundings
from slm_lsp.completion.postprocess.limit_scope import limit_scope
from slm_lsp.completion.postprocess.match_line_ends import match_line_ends
from slm_lsp.completion.postprocess.scrub_control import scrub_control
from slm_lsp.completion.postprocess.trim_end import trim_end
from slm_lsp.completion.types import Verdict

__all__ = ["PIPELINE", "Draft", "Filter", "Surroundings", "postprocess"]

PIPELINE: tuple[Filter, ...] = (
    cut_at_markers,
    scrub_control,
    limit_scope,
    cut_repetition,
    trim_end,
    cut_suffix_overlap,
    balance_brackets,
    drop_repeated_line,
    add_no_error,
    trim_end,
    drop_blank,
    match_line_ends,
)


def postprocess(text: str, around: Surroundings) -> tuple[Draft | None, list[Verdict]]:
    """Pass `text` through the pipeline; also what each filter did, for `slm.explain`."""
    draft = Draft(text)
    verdicts: list[Verdict] = []
    for one in PIPELINE:
        result = one(draft, around)
        after = result.text if result is not None else None
        if after != draft.text:
            verdicts.append(Verdict(one.__name__, draft.text, after))
        if result is None:
            return None, verdicts
        draft = result
    return draft, verdicts
