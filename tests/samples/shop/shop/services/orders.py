"""Placing, pricing and cancelling orders."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy.orm import Session

from shop.models import Order, OrderLine, OrderStatus, Product, User
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository


class OutOfStockError(Exception):
    def __init__(self, product: Product) -> None:
        super().__init__(f"only {product.stock} of {product.name} left")


class Service:
    def __init__(self, session: Session) -> None:
        self.session = session

    def save(self) -> None:
        self.session.commit()


class OrderService(Service):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.orders = OrderRepository(session)
        self.products = ProductRepository(session)

    def place(self, user: User, quantities: dict[int, int]) -> Order:
        order = Order(reference=new_reference(), user_id=user.id, total_cents=0)
        for product_id, quantity in quantities.items():
            product = self.products.get(product_id)
            if product is None:
                continue
            if not self.products.take_from_stock(product, quantity):
                raise OutOfStockError(product)
            order.lines.append(
                OrderLine(product=product, quantity=quantity, unit_cents=product.price_cents)
            )
        order.total_cents = total_of(order.lines)
        return self.orders.add(order)

    def place_together(self, user: User, quantities: dict[int, int]) -> Order:
        order = Order(reference=new_reference(), user_id=user.id, total_cents=0)
        for product in self.products.many(quantities).values():
            quantity = quantities[product.id]
            if not self.products.take_from_stock(product, quantity):
                raise OutOfStockError(product)
            order.lines.append(
                OrderLine(product=product, quantity=quantity, unit_cents=product.price_cents)
            )
        order.total_cents = total_of(order.lines)
        return self.orders.add(order)

    def find(self, reference: str) -> Order | None:
        return self.orders.by_reference(reference)

    def mark_paid(self, order: Order, receipt_id: str) -> Order:
        order.receipt_id = receipt_id
        order.status = OrderStatus.PAID
        self.save()
        return order

    def cancel(self, order: Order) -> Order:
        order.status = OrderStatus.CANCELLED
        self.save()
        return order


def total_of(lines: Sequence[OrderLine]) -> int:
    return sum(line.quantity * line.unit_cents for line in lines)


def new_reference() -> str:
    return f"CS-{secrets.token_hex(4).upper()}"
