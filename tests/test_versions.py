from __future__ import annotations

import subprocess
import sys

import pytest

from unlag.versions import Known, Versions


def fastapi(specifier: str) -> Versions:
    return Versions((Known("fastapi", specifier),))


@pytest.mark.parametrize(
    ("specifier", "at_least", "before"),
    [
        ("==0.130.0", True, False),
        ("==0.129.9", False, True),
        ("==0.130.0rc1", False, True),
        ("==0.130.*", True, False),
        ("==0.129.*", False, True),
        (">=0.130", True, False),
        (">=0.130,<1", True, False),
        (">=0.100", False, False),
        (">= 0.100, < 0.130", False, True),
        (">=0.100,<=0.130", False, False),
        (">=0.100,!=0.110", False, False),
        ("<0.130", False, True),
        ("<1", True, False),
        ("~=0.129.2", False, True),
        ("~=0.130.2", True, False),
        ("~=0.100", False, False),
        ("^0.129.2", False, True),
        ("^0.130", True, False),
        ("^1.2", True, False),
        ("^0", False, False),
        ("~0.129", False, True),
        ("~0.130.1", True, False),
        ("", True, False),
        (">=banana", True, False),
        ("==banana", True, False),
        ("^banana", True, False),
        ("^0.1 || ^0.2", True, False),
        ("%%%", True, False),
    ],
)
def test_what_a_specifier_proves(specifier: str, at_least: bool, before: bool) -> None:
    versions = fastapi(specifier)
    assert versions.at_least("fastapi", "0.130") is at_least
    assert versions.is_before("fastapi", "0.130") is before


def test_the_newest_is_taken_for_granted_where_nothing_is_known() -> None:
    assert Versions().at_least("fastapi", "99")
    assert not Versions().is_before("fastapi", "99")


def test_an_old_fastapi_runs_with_the_first_pydantic() -> None:
    assert fastapi("==0.99.1").is_before("pydantic", "2")
    assert not fastapi("==0.99.1").at_least("pydantic", "2")
    assert fastapi("==0.100").at_least("pydantic", "2")
    both = Versions((Known("fastapi", "==0.99.1"), Known("pydantic", "==2.1")))
    assert both.at_least("pydantic", "2")


def test_the_second_pydantic_runs_with_no_old_fastapi() -> None:
    both = Versions((Known("fastapi", ">=0.65"), Known("pydantic", ">=2.0,<3")))
    assert both.at_least("fastapi", "0.100")
    assert not both.at_least("fastapi", "0.101")
    either = Versions((Known("fastapi", ">=0.65"), Known("pydantic", ">=1.10")))
    assert not either.at_least("fastapi", "0.100")


def test_a_rule_can_only_ask_for_what_is_looked_up() -> None:
    with pytest.raises(ValueError, match="left-pad"):
        Versions().at_least("left-pad", "1")


def test_packaging_is_not_imported_before_a_rule_asks() -> None:
    program = (
        "import sys, unlag.configurations, unlag.cli.commands, unlag.cli.check\n"
        "from unlag.environment import Environments\n"
        "Environments().of_folder('/')\n"
        "sys.exit('packaging' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
