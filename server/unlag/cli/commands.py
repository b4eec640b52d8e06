"""The commands and their options, as click sees them; what they do lives beside this module.

Imports nothing heavy: a command's own modules are loaded when it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

import unlag as package
from unlag import config

if TYPE_CHECKING:
    from unlag.rules import Rule
    from unlag.versions import Versions

_CHECK_CODES = """Exit code: 0 nothing found, 1 something found (a finding, or a file that could not
be read whole), 2 wrong use or failure."""
_LIST_CODES = """Exit code: 0, or 1 where a file could not be read whole, 2 wrong use or failure."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, message="unlag %(version)s")
def unlag() -> None:
    """Find what makes a FastAPI application slow, explain it, and fix it."""


@unlag.command(epilog=_CHECK_CODES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--select", multiple=True, metavar="RULES", help="Check only these rules.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave these rules out.")
@click.option("--fix", is_flag=True, help="Make the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the unsafe fixes too.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--baseline", metavar="FILE", help="Report only findings that FILE does not hold.")
@click.option("--write-baseline", is_flag=True, help="Write all findings to the baseline FILE.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--statistics", is_flag=True, help="Count findings by rule, files, lines, seconds.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep the result of a run.")
@click.option(
    "--python",
    metavar="PATH",
    help="Interpreter or folder of the project's environment; read, never run.",
)
def check(**given: Any) -> int:
    """Report what blocks or slows the applications in PATHS (default: here).

    RULES are codes, prefixes of codes or names, separated by commas. Calls are followed through
    the whole project PATHS belong to; findings are reported for PATHS.
    """
    select, ignore = _selectors(given["select"]), _selectors(given["ignore"])
    _refuse_nonsense(given)
    from unlag.cli.check import Options
    from unlag.cli.check import check as run

    paths = given["paths"] or (".",)
    options = Options(
        paths,
        select,
        ignore,
        fix=given["fix"],
        unsafe_fixes=given["unsafe_fixes"],
        diff=given["diff"],
        output_format=given["output_format"],
        baseline=given["baseline"],
        write_baseline=given["write_baseline"],
        exit_zero=given["exit_zero"],
        statistics=given["statistics"],
        use_cache=not given["no_cache"],
        versions=_versions(given["python"]),
    )
    return run(options)


@unlag.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Print the page of RULE, a code or a name."""
    from unlag.cli import listings

    listings.explain(_rule(rule))
    return 0


@unlag.command()
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
def rules(output_format: str) -> int:
    """List every rule."""
    from unlag.cli import listings

    known = _rules()
    as_json = output_format == "json"
    click.echo(listings.rules_json(known) if as_json else listings.rules_table(known))
    return 0


@unlag.command(epilog=_LIST_CODES)
@click.argument("path", default=".", type=click.Path())
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep the result of a run.")
@click.option(
    "--queries", is_flag=True, help="Below each route, the database statements it can reach."
)
def endpoints(path: str, output_format: str, no_cache: bool, queries: bool) -> int:
    """List every route in PATH: where it runs, thread hops, what is done to its answer twice, findings."""
    from unlag.cli.endpoints import endpoints as run

    as_json = output_format == "json"
    return run(path, as_json=as_json, use_cache=not no_cache, with_queries=queries)


@unlag.command()
@click.option("--tcp", metavar="HOST:PORT", help="Listen there instead of on standard input.")
@click.option("--stdio", is_flag=True, help="Speak on standard input and output (the default).")
def server(tcp: str | None, stdio: bool) -> int:
    """Run the language server."""
    if tcp and stdio:
        raise click.UsageError("--tcp and --stdio exclude each other.")
    from unlag.lsp.server import main

    main(tcp)
    return 0


def _refuse_nonsense(given: dict[str, Any]) -> None:
    if given["unsafe_fixes"] and not (given["fix"] or given["diff"]):
        raise click.UsageError("--unsafe-fixes wants --fix to make them or --diff to show them.")
    if given["write_baseline"] and not given["baseline"]:
        raise click.UsageError("--write-baseline wants --baseline FILE to write to.")
    if given["diff"] and given["output_format"] != "text":
        raise click.UsageError("--diff prints a diff; leave --output-format out.")


def _selectors(given: Sequence[str]) -> tuple[str, ...]:
    selectors = tuple(word.strip() for item in given for word in item.split(",") if word.strip())
    for selector in selectors:
        trouble = config.unknown_selector(selector, _rules())
        if trouble is not None:
            raise click.UsageError(f"{trouble} `unlag rules` lists them all.")
    return selectors


def _rules() -> Sequence[Rule]:
    from unlag.rules import load

    return load()


def _rule(word: str) -> Rule:
    known = _rules()
    for rule in known:
        if word.lower() in (rule.code.lower(), rule.name):
            return rule
    names = [name for rule in known for name in (rule.code, rule.name)]
    hint = config.suggestion(word, names)
    raise click.UsageError(f"`{word}` is no rule{hint} `unlag rules` lists them all.")


def _versions(python: str | None) -> Versions | None:
    from unlag import environment

    if python is None:
        return None
    versions = environment.of_interpreter(python)
    if versions is None:
        raise click.UsageError(
            f"--python {python} leads to no environment. Name its interpreter or its folder."
        )
    return versions
