"""Figures about customers, orders and products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from shop.models import Order, OrderStatus, Product, Review, User
from shop.repositories.orders import OrderRepository


class Bucket(BaseModel):
    name: str
    cents: int


def revenue_by_customer(session: Session) -> dict[str, int]:
    totals: Counter[str] = Counter()
    orders = session.scalars(select(Order).limit(500)).all()
    for order in orders:
        totals[order.user.name] += order.total_cents
    return dict(totals)


def revenue_by_customer_joined(session: Session) -> dict[str, int]:
    totals: Counter[str] = Counter()
    query = select(Order).options(joinedload(Order.user)).limit(500)
    for order in session.scalars(query):
        totals[order.user.name] += order.total_cents
    return dict(totals)


def stars_by_product(session: Session, slugs: Sequence[str]) -> dict[str, float]:
    stars = {}
    for slug in slugs:
        query = select(func.avg(Review.stars)).join(Product).where(Product.slug == slug)
        stars[slug] = float(session.scalar(query) or 0)
    return stars


def stars_by_product_at_once(session: Session, slugs: Sequence[str]) -> dict[str, float]:
    query = (
        select(Product.slug, func.avg(Review.stars))
        .join(Review)
        .where(Product.slug.in_(slugs))
        .group_by(Product.slug)
    )
    return {slug: float(average) for slug, average in session.execute(query)}


def number_of_orders(session: Session) -> int:
    return len(session.scalars(select(Order)).all())


def number_of_orders_counted(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Order)) or 0


def has_unpaid(session: Session) -> bool:
    return session.scalar(select(exists().where(Order.status == OrderStatus.NEW))) or False


def sold_out(session: Session) -> list[str]:
    products = session.scalars(select(Product)).all()
    return [product.slug for product in products if product.stock == 0]


def sold_out_by_query(session: Session) -> list[str]:
    return list(session.scalars(select(Product.slug).where(Product.stock == 0).limit(100)))


def latest_customer(session: Session) -> User | None:
    return session.scalars(select(User).order_by(User.id.desc())).first()


def latest_review(session: Session) -> Review | None:
    return session.scalars(select(Review).order_by(Review.id.desc()).limit(1)).first()


def raise_prices(session: Session, percent: int) -> int:
    products = session.scalars(select(Product).limit(1000)).all()
    for product in products:
        product.price_cents += product.price_cents * percent // 100
        session.commit()
    return len(products)


def lower_prices(session: Session, percent: int) -> int:
    products = session.scalars(select(Product).limit(1000)).all()
    for product in products:
        product.price_cents -= product.price_cents * percent // 100
    session.commit()
    return len(products)


def price_buckets(orders: OrderRepository) -> dict[str, int]:
    buckets = [
        Bucket(name=order.status.value, cents=order.total_cents) for order in orders.recent()
    ]
    totals: Counter[str] = Counter()
    for bucket in buckets:
        totals[bucket.name] += bucket.cents
    return dict(totals)
