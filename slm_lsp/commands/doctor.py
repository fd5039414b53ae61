"""`slm-lsp doctor`: what is there, what is wrong, and what to do about it."""

import argparse
import asyncio
import json
from dataclasses import asdict

from slm_lsp.doctor import Check, Verdict, examine

MARK = {Verdict.GOOD: "ok  ", Verdict.WARN: "WARN", Verdict.BAD: "FAIL"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--prove-offline", action="store_true", help="try to get out of each process instead"
    )
    parser.epilog = "Exit code: 0 when completions work, 1 when something has to be cured."


def run(args: argparse.Namespace) -> int:
    if args.prove_offline:
        from slm_lsp.commands.prove_offline import run as prove_offline

        return prove_offline(as_json=args.json)
    checks = asyncio.run(examine())
    well = all(check.verdict is not Verdict.BAD for check in checks)
    if args.json:
        print(json.dumps({"ok": well, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        print("\n".join(line for check in checks for line in lines(check)))
        print("completions work" if well else "something has to be cured; see above")
    return 0 if well else 1


def lines(check: Check) -> list[str]:
    told = [f"{MARK[check.verdict]}  {check.name}: {check.detail}"]
    if check.cure:
        told.append(f"      → {check.cure}")
    return told
