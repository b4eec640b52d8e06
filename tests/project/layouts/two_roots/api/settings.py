from pathlib import Path


def read():
    return Path("settings").read_text()
