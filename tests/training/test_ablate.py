"""What the arms of an ablation are asked, and how their answers are judged."""

import numpy as np
import pytest
import torch

from slm_lsp.tune.network import SHAPES, Network
from slm_lsp.tune.samples import Mix
from training.ablate import ARMS, Scores, Span, rows, score, spans
from training.shards import parser

MIDDLE, END, PAD = 7, 8, 9


def block(*tokens: int) -> list[int]:
    return [*tokens, *[PAD] * (12 - len(tokens))]


def test_every_hidden_text_of_a_block_is_asked_for():
    blocks = np.array(
        [
            block(1, MIDDLE, 2, 3, END, 4, MIDDLE, 5, END),
            block(1, 2, 3, END),  # plain text
            block(1, MIDDLE, 2, 3, 4, 5),  # cut off: no end to learn
        ],
        dtype=np.uint16,
    )
    assert list(spans(blocks, MIDDLE, END)) == [Span(0, 2, 5), Span(0, 7, 9)]


def test_an_answer_is_exact_if_each_token_is_the_likeliest():
    torch.manual_seed(0)
    network = Network(SHAPES["tiny"]).eval()
    row = torch.randint(10, 1_000, (1, 24))
    with torch.no_grad():
        for place in range(12, 24):  # what the network itself would write
            row[0, place] = network(row[:, :place])[0, -1].argmax()
    wrong = row.clone()
    wrong[0, 20] += 1
    blocks = torch.cat([row, wrong]).numpy().astype(np.uint16)
    scores = score(network, blocks, [Span(0, 12, 24), Span(1, 12, 20), Span(1, 12, 24)])
    assert scores.exact.tolist() == [1.0, 1.0, 0.0]
    assert scores.loss[2] > scores.loss[0]


def test_gains_are_over_the_first_arm():
    zeros, ones = np.zeros(40), np.ones(40)
    measured = {"as trained": Scores(ones, zeros), "other": Scores(zeros, ones)}
    first, other = rows(measured, 1e6)
    assert (first["exact_gain"], other["exact_gain"], other["exact_low"]) == (0.0, 1.0, 1.0)
    assert (first["loss"], other["loss"], other["questions"]) == (1.0, 0.0, 40)


def test_arms_name_shares_of_the_mix():
    fields = Mix.__dataclass_fields__
    assert all(set(changed) <= fields.keys() for changed in ARMS.values())
    with pytest.raises(SystemExit):
        parser().parse_args(["corpus", "out", "--tokenizer", "t", "--mix", "snipets=1"])
    with pytest.raises(SystemExit):
        parser().parse_args(["corpus", "out", "--tokenizer", "t", "--mix", "snippets=2"])
