"""Endpoints that hold the event loop, each in a way of its own."""

import hashlib
import subprocess
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/sleep")
async def sleep() -> str:
    time.sleep(0.05)
    return "slept"


@app.get("/program")
async def run_program() -> int:
    return subprocess.run(["sleep", "0.05"]).returncode


def digested(secret: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), b"salt", 100_000).hex()


@app.get("/digest")
async def digest(secret: str) -> str:
    return digested(secret)
