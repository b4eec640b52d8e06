"""Counts the fixes that are offered on real applications and then refused, by kind and reason.

    python tests/corpus/refusals.py [APPLICATION ...] [--only CODE] [--examples N] [--sources DIR]

Every fix of every finding is made by itself, as an editor does for the one that somebody chose, and thrown away.
Names in the reasons are left out, so that those of one cause count as one. What is refused was offered in vain.
Prints the counts of each application as it goes, and the table at the end.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
sys.path.insert(0, str(Path(__file__).parents[2] / "server"))
from applications import add_options, folders

from unlag import fixes, rules
from unlag.cli import fixing
from unlag.cli.analysis import Engine, scope_of
from unlag.cli.progress import Progress
from unlag.configurations import Configurations, Overrides
from unlag.fixes import FixRequest, Refusal

_TWELVE = (
    "apache_airflow_core", "arize_phoenix", "chainlit", "khoj", "langflow_base", "letta", "litellm",
    "mlflow", "open_webui", "prefect", "skypilot", "zenml",
)  # fmt: skip
_NAME = re.compile(r"`[^`]*`|\d+")


class Offered(msgspec.Struct, frozen=True):
    """One fix that was offered, and why it was refused; empty where it was made."""

    code: str
    kind: str
    reason: str
    place: str


def offered(folder: Path, only: str) -> Iterator[Offered]:
    """Every fix of one application."""
    configurations = Configurations(rules.load(), Overrides(select=("ALL",)))
    scope = scope_of([str(folder)], configurations)
    analysis = Engine(scope, configurations, Progress()).run()
    originals = fixing.Originals()
    for finding in analysis.findings:
        text = originals.text(finding.path)
        if text is None or not finding.code.startswith(tuple(only.split(","))):
            continue
        style = configurations.for_path(finding.path).offload_style
        for offer in finding.fixes:
            request = FixRequest(
                finding.path, text, finding.span, offer.arguments, style, originals.text
            )
            made = fixes.edits(offer, request)
            reason = made.reason if isinstance(made, Refusal) else ""
            place = f"{Path(finding.path).relative_to(folder)}:{finding.span.line}"
            yield Offered(finding.code, offer.kind, reason, place)


def _table(found: list[Offered], examples: int) -> Iterator[str]:
    totals = Counter((item.code, item.kind) for item in found)
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in found:
        if item.reason:
            places[item.code, item.kind, _NAME.sub("…", item.reason)].append(item.place)
    yield "| rule | fix | offered | refused | reason |"
    yield "| --- | --- | ---: | ---: | --- |"
    for (code, kind, reason), where in sorted(places.items(), key=lambda item: -len(item[1])):
        told = f" ({', '.join(where[:examples])})" if examples else ""
        yield f"| {code} | {kind} | {totals[code, kind]} | {len(where)} | {reason}{told} |"
    refused = sum(map(len, places.values()))
    yield f"\n{refused} of {len(found)} fixes refused."


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", default=_TWELVE, metavar="APPLICATION")
    parser.add_argument(
        "--only", default="", metavar="CODE", help="rules whose code starts so, with commas between"
    )
    parser.add_argument(
        "--examples", type=int, default=0, metavar="N", help="places of each reason"
    )
    add_options(parser)
    options = parser.parse_args()
    gc.disable()  # as the command line does
    found: list[Offered] = []
    for name, folder in folders(options.applications, options).items():
        mine = list(offered(folder, options.only))
        refused = sum(bool(item.reason) for item in mine)
        print(f"{name}: {refused} of {len(mine)} refused", file=sys.stderr, flush=True)
        found += mine
    print(*_table(found, options.examples), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
