"""Which snippets a document's prompts keep, and when they are gathered again."""

import asyncio

from slm_context.cursor import DocumentContext
from slm_context.types import ContextBundle

from slm_lsp.completion.settled import SettledContexts
from slm_lsp.settings import Settings

URI = "file:///calc.py"
DOCUMENT = DocumentContext("calc.py", "python", "total = ", 8)


async def test_what_becomes_known_while_snippets_are_gathered_is_gathered_next() -> None:
    n_gathered, may_end = 0, asyncio.Event()

    async def gather(document: DocumentContext) -> ContextBundle:
        nonlocal n_gathered
        n_gathered += 1
        await may_end.wait()
        return ContextBundle()

    contexts = SettledContexts(Settings(), gather, lambda: 0.0)
    settling = asyncio.create_task(contexts.settle(URI, DOCUMENT))
    await asyncio.sleep(0)
    contexts.gather_again(URI)
    may_end.set()
    await settling
    await contexts.settle(URI, DOCUMENT)
    assert n_gathered == 2
    await contexts.settle(URI, DOCUMENT)
    assert n_gathered == 2, "nothing is new"
