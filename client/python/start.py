"""Starts the bundled language server: run as `python -I -S start.py`, by any Python 3.

With `--check` it only says, as JSON, whether this Python is one that the bundle was made for.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = os.path.join(HERE, "libraries")


def is_able():
    """Whether the bundle holds compiled modules for this Python."""
    from importlib.machinery import EXTENSION_SUFFIXES

    core = os.path.join(LIBRARIES, "msgspec", "_core")
    return sys.version_info >= (3, 10) and any(
        os.path.exists(core + suffix) for suffix in EXTENSION_SUFFIXES
    )


def check():
    """Describe this Python."""
    import json

    described = {
        "executable": sys.executable,
        "version": "{}.{}.{}".format(*sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "isAble": is_able(),
    }
    print(json.dumps(described))


def serve():
    """Run the command line of the bundled server."""
    sys.path[:0] = [HERE, LIBRARIES]
    from unlag.__main__ import main

    main(sys.argv[1:] or ["server"])


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        serve()
