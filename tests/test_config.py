from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from unlag import config, toml_places
from unlag.config import Config, Loaded
from unlag.finding import Severity
from unlag.versions import Known, Versions


class Rule(msgspec.Struct, frozen=True):
    code: str
    name: str


RULES = (
    Rule("LAG101", "blocking-call-on-loop"),
    Rule("LAG109", "await-in-loop"),
    Rule("LAG201", "thread-pool-starvation"),
)


def parse(table: str) -> Loaded:
    return config.parse(f"[tool.unlag]\n{table}", "/shop/pyproject.toml", RULES)


def complaint(table: str) -> tuple[int | None, int | None, str]:
    (problem,) = parse(table).problems
    assert problem.path == "/shop/pyproject.toml"
    assert problem.fatal
    return problem.line, problem.column, problem.message


def test_every_key_is_read() -> None:
    loaded = parse(
        """
        select = ["LAG1", "thread-pool-starvation"]
        ignore = ["await-in-loop"]
        exclude = ["generated/", "!generated/keep.py"]
        entry-points = ["shop.worker.main", "shop.jobs:run"]
        blocking = ["shop.legacy.fetch"]
        offload = ["shop.threads.elsewhere"]
        offload-style = "to_thread"
        fastapi = "0.128.0"
        pydantic = "2.12"
        [tool.unlag.per-file-ignores]
        "tests/**" = ["LAG1"]
        [tool.unlag.severity]
        LAG101 = "warning"
        await-in-loop = "off"
        [tool.unlag.versions]
        starlette = "0.40.0"
        """
    )
    assert loaded.problems == ()
    assert loaded.config == Config(
        root="/shop",
        select=("LAG1", "thread-pool-starvation"),
        ignore=("await-in-loop",),
        per_file_ignores=(("tests/**", ("LAG1",)),),
        severity=(("LAG101", "warning"), ("await-in-loop", "off")),
        exclude=("generated/", "!generated/keep.py"),
        entry_points=("shop.worker.main", "shop.jobs:run"),
        blocking=("shop.legacy.fetch",),
        offload=("shop.threads.elsewhere",),
        offload_style="to_thread",
        versions=Versions(
            (
                Known("fastapi", "==0.128.0", "/shop/pyproject.toml"),
                Known("pydantic", "==2.12", "/shop/pyproject.toml"),
                Known("starlette", "==0.40.0", "/shop/pyproject.toml"),
            )
        ),
    )
    assert hash(loaded.config)


@pytest.mark.parametrize(
    ("table", "line", "column", "words"),
    [
        ('selct = ["LAG1"]', 2, 1, "`selct` is no setting of Unlag; did you mean `select`?"),
        ('  select = "LAG1"', 2, 3, "`select` must be a list"),
        ('ignore = ["LAG1",\n  3]', 3, 3, "this is a whole number"),
        ('select = ["LAG1", "LAG777"]', 2, 19, "`LAG777` is no rule, code or prefix of a code."),
        ('select = ["lag101"]', 2, 11, "did you mean `LAG101`?"),
        ('select = ["blocking-cal-on-loop"]', 2, 11, "did you mean `blocking-call-on-loop`?"),
        ('offload-style = "threads"', 2, 1, "`run_in_threadpool`, `to_thread` or `asyncify`"),
        ("fastapi = 0.128", 2, 1, "must be a version in quotes"),
        ('fastapi = "latest"', 2, 1, 'it is `"latest"`'),
        ('fastapi = "1.0.banana"', 2, 1, "must be a version in quotes"),
        ('versions = "1"', 2, 1, "must be a table of packages"),
        ('versions = { starlet = "1" }', 2, 14, "did you mean `starlette`?"),
        ('versions = { starlette = "new" }', 2, 14, "must be a version in quotes"),
        ('severity = "error"', 2, 1, "must be a table of rules"),
        ('severity = { LAG101 = "fatal" }', 2, 14, "must be one of `error`"),
        ('[tool.unlag.severity]\nLAG555 = "off"', 3, 1, "`LAG555` is no rule"),
        ('[tool.unlag.per-file-ignores]\n"a.py" = "LAG1"', 3, 1, "`a.py` must be a list"),
        ('[tool.unlag.per-file-ignores]\n"a.py" = ["X"]', 3, 11, "`X` is no rule"),
        ('exclude = ["a", ""]', 2, 17, "this is an empty string"),
        ('blocking = ["not a name"]', 2, 13, "no dotted Python name"),
        ("exclude = 1979-05-27", 2, 1, "it is a date or time"),
    ],
)
def test_a_wrong_setting_is_said_where_it_stands(
    table: str, line: int, column: int, words: str
) -> None:
    at_line, at_column, message = complaint(table)
    assert words in message
    assert (at_line, at_column) == (line, column - 1)


def test_one_wrong_key_costs_no_other_key_its_value() -> None:
    loaded = parse('select = 3\noffload-style = "asyncify"\nignore = ["LAG2", "nonsense"]')
    assert len(loaded.problems) == 2
    assert loaded.config == Config(root="/shop", offload_style="asyncify", ignore=("LAG2",))


def test_a_selection_of_unknown_rules_only_leaves_the_default() -> None:
    assert parse('select = ["nonsense"]').config.select == ()


def test_broken_toml_is_said_with_its_place() -> None:
    (problem,) = config.parse("[tool.unlag]\nselect = [", "/shop/pyproject.toml", RULES).problems
    assert problem.line == 2
    assert problem.column is not None
    assert "not valid TOML" in problem.message


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nunlag = 3", "[project]\nname = 'x'"])
def test_a_table_that_is_none_never_raises(text: str) -> None:
    assert config.parse(text, "/shop/pyproject.toml", RULES).config == Config(root="/shop")


def test_the_nearest_file_that_mentions_unlag_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.unlag]\n")
    inner = tmp_path / "api" / "routes"
    inner.mkdir(parents=True)
    (tmp_path / "api" / "pyproject.toml").write_text("[project]\n")
    assert config.nearest(str(inner)) == str(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'[tool.unlag]\nx = "\xff"', "not UTF-8"), (None, "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_a_problem(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "pyproject.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    loaded = config.load(str(path), RULES)
    assert loaded.config == Config(root=str(tmp_path))
    assert words in loaded.problems[0].message


def test_a_file_with_bom_and_windows_line_ends_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b'\xef\xbb\xbf[tool.unlag]\r\nselect = ["LAG2"]\r\nnope = 1\r\n')
    loaded = config.load(str(path), RULES)
    assert loaded.config.select == ("LAG2",)
    assert loaded.problems[0].line == 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"LAG101", "LAG201"}),
        ({"select": ("LAG1",)}, {"LAG101"}),
        ({"select": ("LAG109",)}, {"LAG109"}),
        ({"select": ("await-in-loop", "LAG2")}, {"LAG109", "LAG201"}),
        ({"select": ("ALL",)}, {"LAG101", "LAG109", "LAG201"}),
        ({"select": ("ALL",), "ignore": ("LAG1",)}, {"LAG201"}),
        ({"ignore": ("LAG1",)}, {"LAG201"}),
        ({"select": ("LAG101",), "ignore": ("LAG1",)}, {"LAG101"}),
        ({"select": ("LAG1",), "ignore": ("LAG10",)}, set()),
        ({"select": ("LAG101",), "ignore": ("LAG101",)}, set()),
        ({"severity": (("LAG109", "hint"),)}, {"LAG101", "LAG109", "LAG201"}),
        ({"severity": (("LAG1", "hint"),)}, {"LAG101", "LAG201"}),
        ({"severity": (("LAG1", "off"),)}, {"LAG201"}),
        ({"severity": (("LAG1", "off"), ("LAG101", "hint"))}, {"LAG101", "LAG201"}),
    ],
)
def test_which_rules_run(settings: dict[str, object], expected: set[str]) -> None:
    chosen = msgspec.structs.replace(Config(), **settings)
    on = {r.code for r in RULES if chosen.is_on(r.code, r.name, enabled=r.code != "LAG109")}
    assert on == expected


def test_the_narrowest_severity_wins() -> None:
    chosen = Config(severity=(("LAG101", "hint"), ("LAG1", "error")))
    assert chosen.severity_of("LAG101", "a", Severity.WARNING) is Severity.HINT
    assert chosen.severity_of("LAG102", "b", Severity.WARNING) is Severity.ERROR
    assert chosen.severity_of("LAG201", "c", Severity.WARNING) is Severity.WARNING


def test_per_file_ignores_are_relative_to_the_file_they_stand_in() -> None:
    chosen = Config(root="/shop", per_file_ignores=(("tests/**", ("LAG1",)),))
    assert chosen.is_ignored_in("/shop/tests/api/test_x.py", "LAG101", "blocking-call-on-loop")
    assert not chosen.is_ignored_in("/shop/tests/test_x.py", "LAG201", "thread-pool-starvation")
    assert not chosen.is_ignored_in("/shop/app/tests.py", "LAG101", "blocking-call-on-loop")
    assert not chosen.is_ignored_in("/other/tests/x.py", "LAG101", "blocking-call-on-loop")


def test_places_in_every_form_of_toml() -> None:
    text = (
        'a."b c".d = 1.5 # "x" = 2\n'
        "[t]\ns = '''\n[not] = a\n'''\n"
        'in = { p = [1, { q = "}" }], r = 1979-05-27 07:32:00 }\n'
        '[[rows]]\nlist = [\n  \'one\', # ]\n  """two\n]""",\n]\nlast = true\n'
    )
    expected = {
        ("a", "b c", "d"): (1, 1),
        ("t", "s"): (3, 1),
        ("t", "in", "p", 1, "q"): (6, 18),
        ("t", "in", "r"): (6, 30),
        ("rows", "list", 1): (10, 3),
        ("rows", "last"): (13, 1),
        ("rows", "missing"): (7, 1),
    }
    for path, (line, column) in expected.items():
        assert toml_places.position(text, path) == (line, column - 1), path
