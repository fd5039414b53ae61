"""The filters that every suggestion passes, in this order. None of them knows the others."""

from collections.abc import Sequence

from slm_lsp.completion.postprocess.add_no_error import add_no_error
from slm_lsp.completion.postprocess.balance_brackets import balance_brackets
from slm_lsp.completion.postprocess.cut_at_markers import cut_at_markers
from slm_lsp.completion.postprocess.cut_before_body import cut_before_body
from slm_lsp.completion.postprocess.cut_comment_runaway import cut_comment_runaway
from slm_lsp.completion.postprocess.cut_dead_code import cut_dead_code
from slm_lsp.completion.postprocess.cut_next_lines import cut_next_lines
from slm_lsp.completion.postprocess.cut_repetition import cut_repetition
from slm_lsp.completion.postprocess.cut_second_item import cut_second_item
from slm_lsp.completion.postprocess.cut_second_statement import cut_second_statement
from slm_lsp.completion.postprocess.cut_suffix_overlap import cut_suffix_overlap
from slm_lsp.completion.postprocess.drop_blank import drop_blank
from slm_lsp.completion.postprocess.drop_leading_blank import drop_leading_blank
from slm_lsp.completion.postprocess.drop_repeated_line import drop_repeated_line
from slm_lsp.completion.postprocess.drop_second_declaration import drop_second_declaration
from slm_lsp.completion.postprocess.drop_senseless import drop_senseless
from slm_lsp.completion.postprocess.filter import Draft, Filter, InsertionPoint
from slm_lsp.completion.postprocess.fit_ruler import fit_ruler
from slm_lsp.completion.postprocess.fix_indentation import fix_indentation
from slm_lsp.completion.postprocess.limit_scope import limit_scope
from slm_lsp.completion.postprocess.match_line_ends import match_line_ends
from slm_lsp.completion.postprocess.merge_closers import merge_closers
from slm_lsp.completion.postprocess.scrub_control import scrub_control
from slm_lsp.completion.postprocess.trim_end import trim_end
from slm_lsp.completion.postprocess.unify_line_ends import unify_line_ends
from slm_lsp.completion.types import Verdict

__all__ = ["PIPELINE", "Draft", "Filter", "InsertionPoint", "postprocess"]

PIPELINE: tuple[Filter, ...] = (
    # What is no text of the user's file at all.
    cut_at_markers,
    scrub_control,
    unify_line_ends,
    # How much.
    limit_scope,
    cut_repetition,
    cut_dead_code,
    cut_comment_runaway,
    fix_indentation,
    drop_leading_blank,
    trim_end,
    fit_ruler,
    # What stands there already.
    cut_next_lines,
    cut_suffix_overlap,
    balance_brackets,
    cut_second_statement,
    cut_second_item,
    cut_before_body,
    merge_closers,
    drop_repeated_line,
    drop_second_declaration,
    drop_senseless,
    # What is left must be sound.
    add_no_error,
    trim_end,
    drop_blank,
    match_line_ends,
)


def postprocess(
    text: str, around: InsertionPoint, pipeline: Sequence[Filter] = PIPELINE
) -> tuple[Draft | None, list[Verdict]]:
    """Pass `text` through the pipeline; also what each filter did, for `slm.explain`."""
    draft = Draft(text)
    verdicts: list[Verdict] = []
    for one in pipeline:
        result = one(draft, around)
        after = result.text if result is not None else None
        if after != draft.text:
            verdicts.append(Verdict(one.__name__, draft.text, after))
        if result is None:
            return None, verdicts
        draft = result
    return draft, verdicts
