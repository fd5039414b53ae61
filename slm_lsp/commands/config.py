"""`slm-lsp config`: what is set here, whether it is right, and a first file."""

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(name: str, says: str) -> argparse.ArgumentParser:
        description = f"{says[0].upper()}{says[1:]}."
        return actions.add_parser(name, help=says, description=description)

    show = add("show", "every setting, and where its value comes from")
    show.add_argument("--all", action="store_true", help="defaults, too")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run_action=run_show)
    check = add("check", "exit with 1 when a settings file is wrong")
    check.set_defaults(run_action=run_check)
    init = add("init", "write slm-lsp.toml, with the bundled model pinned")
    init.add_argument("--force", action="store_true", help="pin it in the file that is there, too")
    init.set_defaults(run_action=run_init)
    schema = add("schema", "print the JSON schema of slm-lsp.toml")
    schema.set_defaults(run_action=run_schema)
    reference = add("reference", "print the reference of all settings")
    reference.set_defaults(run_action=run_reference)


def run(args: argparse.Namespace) -> int:
    return args.run_action(args)


def run_show(args: argparse.Namespace) -> int:
    import json

    from slm_lsp.commands.here import root_here
    from slm_lsp.config.show import origin_text, values
    from slm_lsp.config.source import load
    from slm_lsp.places import user_config_file

    resolved = load(root_here())
    shown = [row for row in values(resolved) if args.all or row.origins]
    if args.json:
        print(json.dumps([row.as_json() for row in shown], indent=1))
    else:
        print(f"# repository {root_here()}, your own file {user_config_file()}")
        for row in shown:
            print(f"{row.key} = {row.value_text:<40} # {origin_text(row)}")
        if not shown:
            print("# nothing is set: everything has its default (see --all)")
    for complaint in resolved.complaints:
        print(complaint, file=sys.stderr)
    return 0


def run_check(args: argparse.Namespace) -> int:
    from slm_lsp.commands.here import root_here
    from slm_lsp.config.source import load

    resolved = load(root_here())
    for complaint in resolved.complaints:
        print(complaint)
    if not resolved.complaints:
        print("the settings are right")
    return 1 if resolved.complaints else 0


def run_init(args: argparse.Namespace) -> int:
    from pathlib import Path

    from slm_lsp.commands.here import root_here
    from slm_lsp.config.files import REPOSITORY_FILE
    from slm_lsp.config.pin import Pin, settings_file, write_pin
    from slm_lsp.config.starter import starter_text
    from slm_lsp.errors import ConfigError
    from slm_lsp.models.manifest import bundled_model
    from slm_lsp.models.store import replace_text

    root = root_here() if args.force else Path.cwd()
    there, table = settings_file(root)
    model = bundled_model()
    if table or there.is_symlink() or there.exists():
        if not args.force:
            raise ConfigError(
                f"{there} holds settings already; change it, or pin {model.name} in it with --force"
            )
        write_pin(root, Pin(model.name, model.sha256, model.size))
        print(f"{there} pins {model.name} now, and its other settings stay; commit it")
        return 0
    path = Path.cwd() / REPOSITORY_FILE
    try:
        replace_text(path, starter_text(model))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from error
    print(f"wrote {path}, which pins {model.name}; commit it")
    return 0


def run_schema(args: argparse.Namespace) -> int:
    from slm_lsp.config.schema import schema_text

    print(schema_text(), end="")
    return 0


def run_reference(args: argparse.Namespace) -> int:
    from slm_lsp.config.reference import reference_text

    print(reference_text(), end="")
    return 0
