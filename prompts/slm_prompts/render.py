"""From the parts of a completion to the prompt of one model."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slm_prompts.fim import Part, Prompt, Segment
from slm_prompts.template import FimTemplate


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A piece of another file: `text` as it stands there, `path` as the model is told."""

    path: str
    text: str


def render(
    template: FimTemplate,
    *,
    path: str,
    prefix: str,
    suffix: str,
    snippets: Iterable[OtherFile] = (),
    comment: str = "#",
    order: str | None = None,
) -> Prompt:
    """Lay out a prompt, stable parts first, so that a KV cache survives the next keystroke.

    `snippets` come in prompt order, the most useful one last. `comment` starts a line comment in
    the file's language: models without a file separator are told paths that way. `order` ("spm"
    or "psm") overrides the template's. Prefix and suffix are never reordered, cut or dropped.
    """
    segments: list[Segment] = []
    if template.begin:
        segments.append(Segment(template.begin, Part.MARKER))
    ahead = [*_snippets(template, snippets, comment), *_header(template, path, comment)]
    code = _spm if (order or template.order) == "spm" else _psm
    # Text ahead of the first marker is ordinary context for models with a file separator. The
    # others were trained on prompts that open with a marker: theirs goes into the prefix.
    if template.file_separator:
        segments.extend(ahead)
        segments.extend(code(template, [Segment(prefix, Part.PREFIX)], suffix))
    else:
        segments.extend(code(template, [*ahead, Segment(prefix, Part.PREFIX)], suffix))
    kept = tuple(segment for segment in segments if segment.text)
    return Prompt(template.name, kept, template.stop)


def _spm(template: FimTemplate, prefix: list[Segment], suffix: str) -> Iterator[Segment]:
    yield Segment(template.suffix, Part.MARKER)
    yield Segment(suffix, Part.SUFFIX)
    yield Segment(template.prefix, Part.MARKER)
    yield from prefix
    yield Segment(template.middle, Part.MARKER)


def _psm(template: FimTemplate, prefix: list[Segment], suffix: str) -> Iterator[Segment]:
    yield Segment(template.prefix, Part.MARKER)
    yield from prefix
    yield Segment(template.suffix, Part.MARKER)
    yield Segment(suffix, Part.SUFFIX)
    yield Segment(template.middle, Part.MARKER)


def _snippets(
    template: FimTemplate, snippets: Iterable[OtherFile], comment: str
) -> Iterator[Segment]:
    for snippet in snippets:
        text = snippet.text.rstrip("\n") + "\n"
        if template.file_separator:
            yield Segment(template.file_separator, Part.MARKER)
            yield Segment(f"{snippet.path}\n{text}", Part.SNIPPET)
        else:
            lines = [f"{comment} Path: {snippet.path}", *text.splitlines()]
            quoted = "\n".join([lines[0], *(f"{comment} {line}".rstrip() for line in lines[1:])])
            yield Segment(quoted + "\n", Part.SNIPPET)


def _header(template: FimTemplate, path: str, comment: str) -> Iterator[Segment]:
    if not path:
        return
    if template.file_separator:
        yield Segment(template.file_separator, Part.MARKER)
        yield Segment(f"{path}\n", Part.HEADER)
    else:
        yield Segment(f"{comment} Path: {path}\n", Part.HEADER)
