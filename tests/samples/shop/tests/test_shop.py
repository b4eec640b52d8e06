import asyncio
import time
from pathlib import Path

from fastapi.testclient import TestClient

from shop.clients.shipping import STANDARD
from shop.services.search import stock_levels


def test_sells_tea(client: TestClient) -> None:
    names = [product["name"] for product in client.get("/products").json()]
    assert "Assam" in names


def test_takes_an_order(client: TestClient, headers: dict[str, str]) -> None:
    lines = [{"product_id": 1, "quantity": 2}]
    order = client.post("/orders", json=lines, headers=headers).json()
    assert order["total_cents"] == 2 * 690
    assert client.get(f"/orders/{order['reference']}").json()["status"] == "new"


def test_asks_visitors_to_sign_in(client: TestClient) -> None:
    assert client.get("/users/me").status_code == 401


def test_reports_are_for_partners(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/reports/revenue").status_code == 403
    assert client.get("/reports/revenue", headers=headers).json()["Ada Byron"] > 0


def test_falls_back_to_standard_shipping(client: TestClient) -> None:
    assert client.get("/orders/quote").json()["cents"] == STANDARD.cents


def test_no_products_have_no_stock(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        time.sleep(0.01)
        (tmp_path / "note.txt").write_text("nothing")
        return await stock_levels(None, [])  # type: ignore[arg-type]

    assert asyncio.run(scenario()) == []
