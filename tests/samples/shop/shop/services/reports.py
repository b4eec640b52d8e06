"""Exports of orders."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shop.models import Order
from shop.settings import get_settings

HEADER = ["reference", "status", "total"]


def as_row(order: Order) -> list[str]:
    return [order.reference, order.status.value, f"{order.total_cents / 100:.2f}"]


def export_csv(orders: Sequence[Order]) -> Path:
    path = _target("orders.csv")
    with path.open("w", newline="") as sheet:
        writer = csv.writer(sheet)
        writer.writerow(HEADER)
        writer.writerows(as_row(order) for order in orders)
    return path


def export_json(orders: Sequence[Order]) -> Path:
    path = _target("orders.json")
    path.write_text(json.dumps([as_row(order) for order in orders]))
    return path


EXPORTERS: dict[str, Callable[[Sequence[Order]], Path]] = {
    "csv": export_csv,
    "json": export_json,
}


def csv_text(orders: Sequence[Order]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADER)
    writer.writerows(as_row(order) for order in orders)
    return sheet.getvalue()


def json_text(orders: Sequence[Order]) -> str:
    return json.dumps(dict(zip(HEADER, as_row(orders[0]), strict=True))) if orders else "{}"


PREVIEWS: dict[str, Callable[[Sequence[Order]], str]] = {
    "csv": csv_text,
    "json": json_text,
}


def csv_lines(orders: Sequence[Order]) -> Iterator[str]:
    yield ",".join(HEADER) + "\n"
    for order in orders:
        yield ",".join(as_row(order)) + "\n"


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), compresslevel=9)


def _target(name: str) -> Path:
    return get_settings().export_folder / name
