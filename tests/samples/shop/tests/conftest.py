import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ.setdefault("SHOP_DATA_FOLDER", tempfile.mkdtemp(prefix="corner-shop-tests-"))

from fastapi.testclient import TestClient  # noqa: E402

from shop.main import app  # noqa: E402


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def headers(client: TestClient) -> dict[str, str]:
    login = {"email": "ada@corner-shop.example", "password": "corner-shop"}
    token = client.post("/users/login", json=login).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "Partner-Key": "demo-partner"}
