"""How each model is asked: a pure leaf, shared by serving, evaluation and training."""

from slm_prompts.catalog import chosen_template, template_for
from slm_prompts.fim import Part, Prompt, Segment
from slm_prompts.render import OtherFile, render
from slm_prompts.template import FimTemplate, templates

__all__ = [
    "FimTemplate",
    "OtherFile",
    "Part",
    "Prompt",
    "Segment",
    "chosen_template",
    "render",
    "template_for",
    "templates",
]
