"""What the long check of fixes calls a fault is one, and nothing else is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from soundness import faults

BEFORE = """\
import time

import shop.places


def wait() -> None:
    # as long as it takes
    time.sleep(shop.places.SECONDS)
"""


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("def wait()", "def wait(", "does not compile"),
        ("    # as long as it takes\n", "", "lost comment"),
        ("time.sleep(", "print(", "unused import"),
        ("time.sleep(", "sleep(", "undefined name"),
        ("import time\n", "import time\nimport time\n", "imported twice"),
        ("import time\n", "import time\nimport os\n\nprint(os)\n", "late import"),
        ("import time\n", "import time\nimport json as os\n\nassert os\n", "unsorted import"),
        ("    time.", "    left = 1\n    time.", "unused variable"),
        ("time.sleep(", "time.sleep( ", "unformatted"),
    ],
)
def test_fault_is_found(old: str, new: str, kind: str) -> None:
    found = faults({"a.py": BEFORE}, {"a.py": BEFORE.replace(old, new)}, ["shop"])
    assert kind in {fault.kind for fault in found}


def test_sound_edit_has_none() -> None:
    after = BEFORE.replace("time.sleep(", "time.sleep(1.5 * ")
    assert list(faults({"a.py": BEFORE}, {"a.py": after}, ["shop"])) == []


def test_old_faults_are_nobodys() -> None:
    before = BEFORE.replace("import time", "import time, os")
    after = before.replace("time.sleep(", "time.sleep(1 *")
    assert {fault.kind for fault in faults({"a.py": before}, {"a.py": after})} <= {"unformatted"}


def test_an_import_among_late_ones_is_no_fault() -> None:
    before = '"""One."""\n\n"""Another."""\n\nimport time\n\nprint(time)\n'
    after = before.replace("import time\n", "import os\nimport time\n") + "print(os)\n"
    assert list(faults({"a.py": before}, {"a.py": after})) == []
