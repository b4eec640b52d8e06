"""Every case of every suite: what is reported, what each fix gives, and what holds for any fix."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Mapping

import pytest

from unlag import fixes
from unlag.deployment.comments import comments as deployment_comments
from unlag.deployment.names import kind_of
from unlag.finding import Finding, FixOffer, Severity
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.composing import apply_edits
from unlag.rules import load

from .suite import ROOT, Case, Mark, cases, check, config, known_wrong

CODES = {rule.name.replace("-", "_"): rule.code for rule in load()}
Place = tuple[str, str, str, str]


def parameters(chosen: list[Case]) -> list[object]:
    """The cases for pytest, those that the engine gets wrong today as expected failures."""
    wrong = known_wrong()
    return [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(reason=wrong[case.id], strict=True)]
            if case.id in wrong
            else [],
        )
        for case in chosen
    ]


@pytest.mark.parametrize("case", parameters(list(cases())))
def test_findings(case: Case) -> None:
    found = of_family(case, check(case.files, case.settings))
    said = sorted(mark_of(finding) for finding in found)
    wanted = sorted(without_words(mark) for mark in case.marks)
    assert said == wanted, [finding.message for finding in found]
    for mark in case.marks:
        messages = [f.message for f in found if mark_of(f) == without_words(mark)]
        assert any(mark.words in message for message in messages), messages


@pytest.mark.parametrize("case", [c for c in cases() if c.fixed], ids=lambda case: case.id)
def test_fixed_as_written(case: Case) -> None:
    found = check(case.files, case.settings)
    for kind, path, expected in case.fixed:
        finding, offer = first_offer(found, kind, path)
        result = fixed(case, case.files, finding, offer)
        assert not isinstance(result, Refusal), result.reason
        assert result[path] == expected


@pytest.mark.parametrize(
    "case", [c for c in cases() if c.id not in known_wrong()], ids=lambda case: case.id
)
def test_every_offer(case: Case) -> None:
    """It refuses with a reason, or parses, keeps comments, ends the finding and brings no other."""
    found = check(case.files, case.settings)
    for finding in of_family(case, found):
        for offer in finding.fixes:
            result = fixed(case, case.files, finding, offer)
            if isinstance(result, Refusal):
                assert result.reason.endswith("."), result.reason
            else:
                holds(case, finding, offer, result)


def holds(case: Case, finding: Finding, offer: FixOffer, result: Mapping[str, str]) -> None:
    for path, text in result.items():
        if path.endswith(".py"):
            ast.parse(text)
        lost = comments(path, case.files[path]) - comments(path, text)
        assert not lost, f"{offer.title} loses {lost}:\n{text}"
    before = Counter(place(item) for item in of_family(case, check(case.files, case.settings)))
    found = check(result, case.settings)
    after = Counter(place(item) for item in of_family(case, found))
    texts = "\n".join(result.values())
    assert after[place(finding)] < before[place(finding)], f"{offer.title} leaves it:\n{texts}"
    grown = [
        item.message
        for item in of_family(case, found)
        if item.severity is Severity.ERROR
        and item.code != finding.code  # `open(p).read()` is one finding, and then the other
        and place(item) not in before
    ]
    assert not grown, f"{offer.title} brings {grown}:\n{texts}"
    settles(case, result, place(finding), offer.kind, after[place(finding)])


def settles(case: Case, files: Mapping[str, str], where: Place, kind: str, rounds: int) -> None:
    """Applied to every finding of the same kind, the fix comes to an end."""
    for _ in range(rounds + 1):
        offered = [
            (finding, offer)
            for finding in of_family(case, check(files, case.settings))
            for offer in finding.fixes
            if place(finding) == where and offer.kind == kind
        ]
        made = [fixed(case, files, *pair) for pair in offered[:1]]
        if not made or isinstance(made[0], Refusal):
            return
        files = made[0]
    pytest.fail(f"{kind} can be applied for ever:\n" + "\n".join(files.values()))


def fixed(
    case: Case, files: Mapping[str, str], finding: Finding, offer: FixOffer
) -> Mapping[str, str] | Refusal:
    """All files once `offer` is carried out."""
    style = config(case.settings).offload_style
    text = files[finding.path]
    arguments = tuple(item.removeprefix(f"{ROOT}/") for item in offer.arguments)
    request = FixRequest(finding.path, text, finding.span, arguments, style, files.get)
    edits = fixes.edits(offer, request)
    if isinstance(edits, Refusal):
        return edits
    result = dict(files)
    for path in {edit.path for edit in edits}:
        result[path] = apply_edits(files[path], [edit for edit in edits if edit.path == path])
    assert result != files, f"{offer.title} changes nothing"
    return result


def first_offer(found: tuple[Finding, ...], kind: str, path: str) -> tuple[Finding, FixOffer]:
    """The first offer of a kind in a file, or in another one: then its edits are in the file."""
    offers = [(item, offer) for item in found for offer in item.fixes if offer.kind == kind]
    for finding, offer in (*(pair for pair in offers if pair[0].path == path), *offers):
        return finding, offer
    raise AssertionError(f"no fix `{kind}` is offered in {path}")


def of_family(case: Case, found: tuple[Finding, ...]) -> list[Finding]:
    """The findings of the rules that share a folder with the one the case belongs to."""
    family = CODES[case.suite][:4]
    return [finding for finding in found if finding.code.startswith(family)]


def mark_of(finding: Finding) -> Mark:
    return Mark(finding.path, finding.span.line, finding.severity.value, finding.rule)


def without_words(mark: Mark) -> Mark:
    return Mark(mark.path, mark.line, mark.severity, mark.rule)


def place(finding: Finding) -> Place:
    return finding.code, finding.path, finding.function, finding.sink


def comments(path: str, text: str) -> Counter[str]:
    kind = kind_of(path)
    if kind is not None:
        return Counter(comment.text for comment in deployment_comments(text, kind))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
