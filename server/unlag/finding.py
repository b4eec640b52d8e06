"""The words every layer speaks: findings, their trail, and the fixes they offer.

Plain data; imports nothing of ours. Positions follow `ast`: lines from 1, columns from 0, but columns
count characters, not bytes. Presenters convert to what their reader expects.
"""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.Enum):
    """How much a finding matters, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"

    @property
    def rank(self) -> int:
        """0 for the worst severity, 3 for the mildest."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Safety(enum.Enum):
    """Whether a fix can be applied without reading it."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of one file's text, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Step(msgspec.Struct, frozen=True):
    """One call on the way from the place to change to the call that blocks."""

    path: str
    line: int
    column: int
    function: str
    """Qualified name of the function the call stands in."""
    call: str
    """The callee as a reader knows it: `load_user`, or `requests.get` for the last step.

    Empty where the step is no call: the finding relies on what the function does.
    """

    @property
    def label(self) -> str:
        """What the step leads to, or the function that it is about."""
        return self.call or self.function.partition("#")[0]

    def said_of(self, subject: str, quote: str = "") -> str:
        """The step as a sentence about `subject`, its callee between quotes."""
        if not self.call:
            return f"{subject} was looked through as well"
        return f"{subject} calls {quote}{self.call}{quote}"


class EntryPoint(msgspec.Struct, frozen=True):
    """Where the framework enters the project's code."""

    kind: str
    """route, dependency, middleware, background task, exception handler, start-up, task, ..."""
    method: str
    """HTTP method in capitals, WEBSOCKET, or empty where there is none."""
    route: str
    """Path template with router and include prefixes, or empty where there is none."""
    function: str
    path: str
    line: int


class FixOffer(msgspec.Struct, frozen=True):
    """A fix that can be made; its edits are worked out only when somebody asks for them."""

    title: str
    safety: Safety
    kind: str
    """Name of the module in `unlag.fixes` that makes the edits."""
    arguments: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One place to change."""

    code: str
    rule: str
    severity: Severity
    path: str
    span: Span
    message: str
    function: str = ""
    """Qualified name of the function it stands in; empty at module level."""
    sink: str = ""
    """The call everything comes down to, such as `requests.get`; findings group by it."""
    trail: tuple[Step, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    fixes: tuple[FixOffer, ...] = ()
    fingerprint: str = ""
    """Stays the same when lines move: made of rule, path, function, sink and their ordinal."""


class Edit(msgspec.Struct, frozen=True):
    """Replace `span` of `path` with `text`."""

    path: str
    span: Span
    text: str


class Problem(msgspec.Struct, frozen=True):
    """What the user is told of an input: mostly that part of it could not be read. Never raised."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None
    fatal: bool = False
    """True where the run cannot be trusted (exit code 2), not merely incomplete."""
    is_whole: bool = False
    """True where everything was read all the same: nothing for anybody to mend."""
