"""How often findings are true, by what people found who read the code: verdicts and their tables.

Reads `verdicts/*.toml`; `sample.py` runs it, and knows which findings stand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Literal

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
from reported import SEVERITIES, Finding, Found, Key


class Verdict(msgspec.Struct, frozen=True):
    """What a reader of the code says of one finding; keys of the work list besides are passed over."""

    fingerprint: str
    application: str
    path: str
    line: int
    rule: str
    message: str
    verdict: Literal["true", "false", ""]
    """`true`: the code does what the message says; `false`; empty: not judged yet."""
    on_request_path: bool
    """Whether it happens while the application serves, or in a task that lives as long."""
    reason: str


class Verdicts(msgspec.Struct, frozen=True):
    """One file of verdicts."""

    finding: tuple[Verdict, ...] = ()


def read_verdicts(folder: Path) -> Iterator[Verdict]:
    """Every verdict in the files of a folder."""
    for path in sorted(folder.glob("*.toml")):
        try:
            yield from msgspec.toml.decode(path.read_bytes(), type=Verdicts).finding
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            sys.exit(f"{path}: {error}. Fields: {', '.join(Verdict.__struct_fields__)}.")


def report(
    found: Found, drawn: Mapping[Key, Finding], verdicts: Sequence[Verdict]
) -> Iterator[str]:
    """Precision by rule and by application, then what no longer stands or is not judged."""
    now = {(name, item.fingerprint): item for name, items in found.items() for item in items}
    judged: list[Verdict] = []
    gone: list[tuple[Verdict, str]] = []
    for verdict in verdicts:
        finding = now.get((verdict.application, verdict.fingerprint))
        if verdict.verdict not in ("true", "false"):
            continue
        if finding is not None and finding.severity in SEVERITIES:
            rule = f"{finding.code} {finding.rule}"
            judged.append(msgspec.structs.replace(verdict, rule=rule, line=finding.line))
        else:
            gone.append((verdict, f"now {finding.severity}" if finding else "no longer reported"))
    yield from _precision("rule", judged, _rule)
    yield from _precision("application", judged, _application)
    yield from _wrong(judged)
    yield from _gone(gone)
    known = {(item.application, item.fingerprint) for item in judged}
    yield f"Of {len(drawn)} findings drawn now, {sum(key not in known for key in drawn)} are not judged."


def _rule(verdict: Verdict) -> str:
    return verdict.rule


def _application(verdict: Verdict) -> str:
    return verdict.application


def _precision(
    title: str, judged: Sequence[Verdict], group_of: Callable[[Verdict], str]
) -> Iterator[str]:
    yield f"| {title} | judged | true | on a request path | true, % | at least, % | on path, % |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    groups: dict[str, list[Verdict]] = {}
    for verdict in judged:
        groups.setdefault(group_of(verdict), []).append(verdict)
    for name, items in [*sorted(groups.items()), ("all", list(judged))]:
        true = sum(item.verdict == "true" for item in items)
        on_path = sum(item.verdict == "true" and item.on_request_path for item in items)
        shares = [_share(true, len(items)), _lowest(true, len(items)), _share(on_path, len(items))]
        yield f"| {name} | {len(items)} | {true} | {on_path} | {' | '.join(shares)} |"
    yield ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else ""


def _lowest(true: int, judged: int) -> str:
    """The lower end of Wilson's interval: 95 of 100 samples like this one have a truth above it."""
    if not judged:
        return ""
    z = 1.645
    share, weight = true / judged, z * z / judged
    spread = z * sqrt(share * (1 - share) / judged + weight / (4 * judged))
    return f"{100 * (share + weight / 2 - spread) / (1 + weight):.0f}"


def _wrong(judged: Iterable[Verdict]) -> Iterator[str]:
    wrong = [item for item in judged if item.verdict == "false"]
    yield f"False and still reported: {len(wrong)}"
    for item in wrong:
        yield f"- {item.application} {item.path}:{item.line} {item.rule}: {item.reason}"
    yield ""


def _gone(gone: Sequence[tuple[Verdict, str]]) -> Iterator[str]:
    yield f"Judged and no longer at error or warning: {len(gone)}"
    for item, how in gone:
        yield (
            f"- {item.application} {item.path}:{item.line} {item.rule}, "
            f"judged {item.verdict}: {how}"
        )
    yield ""
