"""No fix is offered that its maker would refuse for what the rule can see."""

from __future__ import annotations

import pytest

from .suite import MAIN, check

ENGINE = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
{above}

@app.get("/count")
def count(settings: str = "sqlite://") -> int:
    {target} = create_engine({url})
    with {target}.connect() as connection:
        return connection.execute(text("select 1")).scalar_one()
"""


@pytest.mark.parametrize(
    ("above", "target", "url", "offers"),
    [
        ("", "engine", "'sqlite://'", 1),
        ("engine = None\n", "engine", "'sqlite://'", 0),
        ("from app.database import engine\n", "engine", "'sqlite://'", 0),
        ("\n\ndef engine() -> None: ...\n", "engine", "'sqlite://'", 0),
        ("\n\nclass engine: ...\n", "engine", "'sqlite://'", 0),
        ("", "engine", "settings", 0),
    ],
)
def test_an_engine_moves_only_to_a_free_name(
    above: str, target: str, url: str, offers: int
) -> None:
    found = check({MAIN: ENGINE.format(above=above, target=target, url=url)})
    (finding,) = (item for item in found if item.code == "LAG614")
    assert len(finding.fixes) == offers
