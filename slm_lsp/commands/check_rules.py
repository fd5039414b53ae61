"""`slm-lsp check --rules` and `--turn-on`: which rules there are, and bringing one back."""

from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.semantics import HINTS, RULES
from slm_lsp.errors import SlmError
from slm_lsp.settings import Settings


class NoSuchRule(SlmError):
    """What was to be turned on is no rule."""


class NotKept(SlmError):
    """What was turned on is off at the next start."""


def list_rules(settings: Settings, dismissals: Dismissals) -> None:
    """Print every rule, and why it is off if it is."""
    for rule in ("syntax", *RULES, *HINTS):
        if rule in settings.diagnostics.disabled_rules:
            state = "off: disabled_rules in the settings"
        elif rule == "syntax" and not settings.diagnostics.syntax:
            state = "off: syntax = false in the settings"
        elif dismissals.is_off(rule):
            state = f"off on this machine: turned off by hand (--turn-on {rule})"
        elif dismissals.turned_off(rule):
            state = f"off on this machine: dismissed too often (--turn-on {rule})"
        elif rule in HINTS and not settings.diagnostics.hints:
            state = "off: a hint; `hints = true` in [diagnostics] shows it"
        else:
            state = "on"
        print(f"{rule:<20} {state}")


def turn_on(rule: str, dismissals: Dismissals) -> None:
    """Bring back a rule that was turned off on this machine. Raises NoSuchRule, and NotKept."""
    if rule not in {**RULES, **HINTS}:
        raise NoSuchRule(f"there is no rule {rule!r}; see `slm-lsp check --rules`")
    if not dismissals.turned_off(rule):
        print(f"{rule} is on already on this machine")
        return
    dismissals.turn_off(rule, on=True)
    path = dismissals.path
    if path is not None and Dismissals.load(path).turned_off(rule):
        raise NotKept(f"{rule} stays off: {path} cannot be written; make it writable")
    print(f"{rule} is on again on this machine")
