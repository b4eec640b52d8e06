"""corner-shop: what the shopkeeper does from a terminal."""

import argparse
import asyncio
import csv
import json
import subprocess
import time
import urllib.request
from pathlib import Path

import uvicorn

from shop.database import AsyncSessionLocal, SessionLocal
from shop.models import Product
from shop.repositories.orders import OrderRepository
from shop.seed import seed_when_empty
from shop.settings import get_settings


async def import_products(path: Path, category_id: int) -> int:
    rows = list(csv.DictReader(path.read_text().splitlines()))
    async with AsyncSessionLocal() as session:
        for row in rows:
            cents = int(row["cents"])
            product = Product(
                slug=row["slug"], name=row["name"], price_cents=cents, category_id=category_id
            )
            session.add(product)
        await session.commit()
    time.sleep(0.1)
    return len(rows)


def wait_until_up(url: str, seconds: int) -> bool:
    for _ in range(seconds):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1) as answer:
                print(json.load(answer)["version"])
                return True
        except OSError:
            time.sleep(1)
    return False


def revenue() -> None:
    with SessionLocal() as session:
        print(OrderRepository(session).revenue_cents() / 100)


def backup(target: Path) -> None:
    subprocess.run(["sqlite3", get_settings().database_path, f".backup {target}"], check=True)


def serve(port: int) -> None:
    settings = get_settings()
    uvicorn.run("shop.main:app", host="127.0.0.1", port=port, reload=settings.reload)


def main() -> None:
    parser = argparse.ArgumentParser(prog="corner-shop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("seed")
    commands.add_parser("revenue")
    commands.add_parser("serve").add_argument("--port", type=int, default=8000)
    commands.add_parser("wait").add_argument("url")
    commands.add_parser("backup").add_argument("target", type=Path)
    importing = commands.add_parser("import")
    importing.add_argument("path", type=Path)
    importing.add_argument("--category", type=int, default=1)
    options = parser.parse_args()
    if options.command == "seed":
        print("seeded" if seed_when_empty() else "nothing to do")
    elif options.command == "revenue":
        revenue()
    elif options.command == "serve":
        serve(options.port)
    elif options.command == "wait":
        raise SystemExit(0 if wait_until_up(options.url, 30) else 1)
    elif options.command == "backup":
        backup(options.target)
    else:
        print(asyncio.run(import_products(options.path, options.category)), "products imported")


if __name__ == "__main__":
    main()
