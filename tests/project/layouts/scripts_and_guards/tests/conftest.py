import time

import pytest
from app.main import app


@pytest.fixture
async def client():
    time.sleep(1)


@app.get("/test-only")
async def test_only():
    time.sleep(1)
