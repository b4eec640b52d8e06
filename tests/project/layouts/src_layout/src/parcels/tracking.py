import subprocess


def trace(host: str) -> bytes:
    return subprocess.check_output(["traceroute", host])
