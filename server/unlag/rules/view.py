"""What a rule sees: one function or class, and the questions it may ask of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from sys import intern
from typing import Any, Protocol, TypeVar

from unlag.finding import EntryPoint, Finding, FixOffer, Severity, Span, Step
from unlag.knowledge import Entry, Knowledge
from unlag.project.graph import Reach
from unlag.project.index import Index
from unlag.project.links import Edge, Hazard, Links
from unlag.project.resolver import Place
from unlag.project.surveys import Survey
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Value
from unlag.source.facts import Call, ClassFacts, FunctionFacts
from unlag.source.paths import is_dotted
from unlag.source.scopes import MODULE
from unlag.source.suppressions import Suppression
from unlag.versions import Versions

Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Site(Protocol):
    """Anything with a place in a function: a call, a read, an edge, a hazard."""

    @property
    def line(self) -> int: ...  # noqa: D102 # a protocol's fields document themselves
    @property
    def column(self) -> int: ...  # noqa: D102 # as above
    @property
    def end_line(self) -> int: ...  # noqa: D102 # as above
    @property
    def end_column(self) -> int: ...  # noqa: D102 # as above


class _View:
    """What rules may ask whatever they look at."""

    __slots__ = ("_offload_style", "_path", "index")

    def __init__(self, index: Index, path: str, offload_style: str) -> None:
        self.index = index
        self._path = path
        self._offload_style = offload_style

    @property
    def knowledge(self) -> Knowledge:
        """What is known of libraries."""
        return self.index.knowledge

    @property
    def offload_style(self) -> str:
        """How the project hands work to a thread."""
        return self._offload_style

    def at_least(self, distribution: str, version: str) -> bool:
        """Whether the file's project runs with this version of a distribution or a later one.

        True where the version is unknown: then the newest is taken for granted. Where only a lower bound is
        known, such as `>=0.100`, the bound is the version.
        """
        return self._versions.at_least(distribution, version)

    def is_before(self, distribution: str, version: str) -> bool:
        """Whether the file's project surely runs with an older version of a distribution than this.

        Not the opposite of `at_least`: a lower bound alone proves nothing old.
        """
        return self._versions.is_before(distribution, version)

    @property
    def _versions(self) -> Versions:
        return self.index.options.versions_of(self._path)

    def survey(self, survey: Survey[Index, Part, Answer]) -> Answer:
        """What a survey of the whole project says."""
        answer: Answer = self.index.survey(survey)
        return answer

    def syntax(self, entry: FunctionEntry) -> FunctionSyntax | None:
        """The syntax tree of a function of the project; costs a parse of its text.

        Ask only once the facts leave no other question: None where the text does not parse just now.
        """
        return self.index.syntax(entry)

    def known(self, name: str, *kinds: str) -> Entry | None:
        """What is known of an outside name."""
        return self.knowledge.entry(name, *kinds)


class FunctionView(_View):
    """One function as rules see it."""

    __slots__ = ("_found", "entry", "facts", "links")

    def __init__(self, index: Index, entry: FunctionEntry, offload_style: str) -> None:
        super().__init__(index, entry.path, offload_style)
        self.entry = entry
        self.facts: FunctionFacts = entry.facts
        self.links: Links = index.own_links(entry.id)
        self._found: dict[Callable[[FunctionView], Any], Any] = {}

    def once(self, find: Callable[[FunctionView], Answer]) -> Answer:
        """What `find` says of this function, worked out once for all rules that look at it.

        It must not hold the view itself: nothing frees cycles while a project is checked.
        """
        if find not in self._found:
            self._found[find] = find(self)
        found: Answer = self._found[find]
        return found

    @property
    def qualname(self) -> str:
        """The function's qualified name in its file."""
        return self.entry.id.rpartition(":")[2]

    @property
    def name(self) -> str:
        """The function's own name, as messages say it."""
        return spoken(self.entry.id)

    @property
    def contexts(self) -> tuple[str, ...]:
        """Where it runs, in the words of `project.graph`: `event loop`, `thread pool`, ..."""
        return self.index.graph.contexts_of(self.entry.id)

    @property
    def is_on_loop(self) -> bool:
        """Whether it is a coroutine that runs on a loop which serves requests."""
        return self.facts.is_async and self.index.graph.runs_on_loop(self.entry.id)

    def calls(self) -> Iterator[tuple[Call, str]]:
        """Every call with its callee: an id of the project, an outside name, or empty."""
        yield from zip(self.facts.calls, self.links.callees, strict=True)

    def resolve(self, path: str, line: int, function_id: str = "") -> Value:
        """What an expression of this function, or of another one, is."""
        file, _, qualname = (function_id or self.entry.id).rpartition(":")
        return self.index.resolver.resolve(Place(file, qualname), path, line)

    def call_at(self, site: Site, function_id: str = "") -> Call | None:
        """The call that stands exactly at `site`, in this function or in another one."""
        entry = self.index.function(function_id) if function_id else self.entry
        return call_at(entry.facts, site) if entry is not None else None

    def reach(self, function_id: str, category: str) -> Reach | None:
        """How a plain function reaches a hazard of a category."""
        return self.index.graph.reaches[category].get(function_id)

    def span(self, site: Site) -> Span:
        """Where `site` stands in the file."""
        offset = self.entry.offset
        return Span(site.line + offset, site.column, site.end_line + offset, site.end_column)

    def step(self, site: Site, call: str) -> Step:
        """A step of a trail that stands in this function."""
        return Step(
            self.entry.path, site.line + self.entry.offset, site.column, self.qualname, call
        )

    def trail(self, edge: Edge, category: str) -> tuple[tuple[Step, ...], Hazard, bool]:
        """The way from `edge` in this function to a hazard: steps, the hazard, whether it runs once."""
        steps = [self.step(edge, spoken(edge.target))]
        reaches = self.index.graph.reaches[category]
        current = edge.target
        reach = reaches[current]
        while reach.hazard < 0 and len(steps) < 60:
            onward = self.index.links[current].edges[reach.edge]
            steps.append(self.step_in(current, onward, spoken(onward.target)))
            current = onward.target
            reach = reaches[current]
        hazard = self.index.links[current].hazards[reach.hazard]
        steps.append(self.step_in(current, hazard, hazard.name))
        return tuple(steps), hazard, reaches[edge.target].once

    def step_in(self, function_id: str, site: Site, call: str) -> Step:
        """A step of a trail that stands in any function; ways share most of theirs, hence one text of each name."""
        path, _, qualname = function_id.rpartition(":")
        line = site.line + self.index.offset_of(function_id)
        return Step(intern(path), line, site.column, intern(qualname), intern(call))

    def entry_points(self) -> tuple[EntryPoint, ...]:
        """Where the framework enters the project on the way to this function."""
        return self.index.entry_points(self.entry.id)

    def finding(
        self,
        site: Site,
        severity: Severity,
        message: str,
        *,
        sink: str = "",
        trail: tuple[Step, ...] = (),
        fixes: tuple[FixOffer, ...] = (),
    ) -> Finding:
        """A finding of this function; the engine adds the rule, its code and the fingerprint."""
        return Finding(
            code="",
            rule="",
            severity=severity,
            path=self.entry.path,
            span=self.span(site),
            message=message,
            function="" if self.facts.qualname == MODULE else self.qualname,
            sink=sink,
            trail=trail,
            entry_points=self.entry_points(),
            fixes=fixes,
        )


class ClassView(_View):
    """One class as rules see it."""

    __slots__ = ("entry", "facts")

    def __init__(self, index: Index, entry: ClassEntry, offload_style: str) -> None:
        super().__init__(index, entry.path, offload_style)
        self.entry = entry
        self.facts: ClassFacts = entry.facts

    @property
    def qualname(self) -> str:
        """The class's qualified name in its file."""
        return self.facts.qualname

    def outside_bases(self) -> tuple[str, ...]:
        """Names of the classes outside the project that it inherits from, through any others."""
        return tuple(self.index.resolver.outside_bases(self.entry.id))

    def method(self, name: str) -> FunctionEntry | None:
        """The method of that name that its own body defines."""
        qualname = self.entry.methods.get(name)
        return self.index.function(f"{self.entry.path}:{qualname}") if qualname else None

    def resolve(self, path: str) -> Value:
        """What an expression in the class's body is."""
        place = Place(self.entry.path, self.facts.parent or MODULE, self.qualname)
        return self.index.resolver.resolve(place, path)

    def span(self) -> Span:
        """Where the class's name stands."""
        line = self.facts.line + self.entry.offset
        name = self.qualname.rpartition(".")[2]
        return Span(line, self.facts.column, line, self.facts.column + len(name))

    def finding(
        self,
        severity: Severity,
        message: str,
        *,
        span: Span | None = None,
        sink: str = "",
        entry_points: tuple[EntryPoint, ...] = (),
        fixes: tuple[FixOffer, ...] = (),
    ) -> Finding:
        """A finding of this class, at its name unless `span` says otherwise."""
        return Finding(
            code="",
            rule="",
            severity=severity,
            path=self.entry.path,
            span=span or self.span(),
            message=message,
            function=self.qualname,
            sink=sink,
            entry_points=entry_points,
            fixes=fixes,
        )


class NamedRule(Protocol):
    """What a comment can name."""

    @property
    def code(self) -> str: ...  # noqa: D102 # a protocol's fields document themselves
    @property
    def name(self) -> str: ...  # noqa: D102 # as above


class CommentView:
    """One suppression comment as rules see it."""

    __slots__ = ("_active", "_item", "_known", "_path", "_used")

    def __init__(
        self,
        item: Suppression,
        path: str,
        rules: Iterable[NamedRule],
        active: Iterable[NamedRule],
        *,
        used: Set[str],
    ) -> None:
        """`used` are codes and names of the rules that it silenced."""
        self._item = item
        self._path = path
        self._known = {name for rule in rules for name in (rule.code, rule.name)}
        self._active = {name for rule in active for name in (rule.code, rule.name)}
        self._used = used

    @property
    def form(self) -> str:
        """`unlag` or `noqa`."""
        return self._item.form

    @property
    def names(self) -> tuple[str, ...]:
        """What it names, as written."""
        return self._item.names

    @property
    def idle_names(self) -> tuple[str, ...]:
        """Those that silenced nothing."""
        return tuple(name for name in self._item.names if name not in self._used)

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """The names that are no rule's."""
        return tuple(name for name in self.names if name not in self._known)

    @property
    def unasked_names(self) -> tuple[str, ...]:
        """The names of rules that are switched off in this run."""
        return tuple(name for name in self.names if name in self._known - self._active)

    def finding(self, severity: Severity, message: str, *, sink: str = "") -> Finding:
        """A finding at the comment."""
        item = self._item
        span = Span(item.line, item.column, item.line, item.end_column)
        return Finding("", "", severity, self._path, span, message, sink=sink)


def spoken(function_id: str) -> str:
    """A function as a reader knows it: `Client.get`, `load_user`, `a lambda`."""
    qualname = function_id.rpartition(":")[2].partition("#")[0]
    if "<lambda" in qualname:
        return "a lambda"
    parts = qualname.split(".")
    is_method = len(parts) > 1 and parts[-2][:1].isupper()
    return ".".join(parts[-2:]) if is_method else parts[-1]


def call_at(item: FunctionFacts, site: Site) -> Call | None:
    """The call of a function that stands exactly at `site`."""
    start, end = (site.line, site.column), (site.end_line, site.end_column)
    for call in item.calls:
        if (call.line, call.column) == start and (call.end_line, call.end_column) == end:
            return call
    return None


def as_written(call: Call) -> str:
    """The callee as the text has it, or its last name where that is no plain name."""
    return call.target if is_dotted(call.target) else spoken(call.target)
