"""A conversation as a prompt, by the template that the model was trained with."""

import ctypes
import re
from collections.abc import Sequence

from slm_lsp.errors import ModelUnsuitable
from slm_lsp.inference.native import C

# Stands for the n-th text while the template is filled in; no template and no code holds it.
PLACE = "\ue0f0{}\ue0f1"
PLACES = re.compile("\ue0f0(\\d+)\ue0f1")


def lay_out(
    template: bytes | None, messages: Sequence[tuple[str, str]]
) -> tuple[tuple[str, bool], ...]:
    """Segments as `Generate` has them: what the template writes may be special, no text is.

    So code under review that holds a marker cannot end its turn. Raises ModelUnsuitable.
    """
    if not template:
        raise ModelUnsuitable("the model has no chat template, so nothing can be asked in words")
    rows = (C.llama_chat_message * len(messages))()
    for n, (role, _) in enumerate(messages):
        rows[n].role, rows[n].content = role.encode(), PLACE.format(n).encode()
    room = ctypes.create_string_buffer(4096 + 256 * len(messages))
    n_bytes = C.llama_chat_apply_template(template, rows, len(messages), True, room, len(room))
    if not 0 <= n_bytes <= len(room):
        raise ModelUnsuitable("the model's chat template is none that llama.cpp can fill in")
    parts = PLACES.split(room.raw[:n_bytes].decode("utf-8", "replace"))
    segments = (
        (messages[int(part)][1], False) if n % 2 else (part, True) for n, part in enumerate(parts)
    )
    return tuple(one for one in segments if one[0])
