from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from shop.models import Category, Product, Review
from shop.repositories.base import Repository


class ProductRepository(Repository[Product]):
    model = Product

    def by_slug(self, slug: str) -> Product | None:
        return self.session.scalar(select(Product).where(Product.slug == slug))

    def by_supplier_code(self, code: str) -> Product | None:
        return self.session.scalar(select(Product).where(Product.supplier_code == code).limit(1))

    def by_brand(self, brand: str, limit: int = 50) -> list[Product]:
        query = select(Product).where(Product.brand == brand).limit(limit)
        return list(self.session.scalars(query))

    def many(self, keys: Iterable[int]) -> dict[int, Product]:
        rows = self.session.scalars(select(Product).where(Product.id.in_(list(keys))))
        return {product.id: product for product in rows}

    def with_category(self, limit: int = 100) -> list[Product]:
        query = select(Product).options(joinedload(Product.category)).limit(limit)
        return list(self.session.scalars(query))

    def in_category(self, name: str, limit: int = 50) -> list[Product]:
        query = (
            select(Product)
            .join(Category)
            .where(Category.name == name, Product.is_active)
            .order_by(Product.price_cents)
            .limit(limit)
        )
        return list(self.session.scalars(query))

    def take_from_stock(self, product: Product, quantity: int) -> bool:
        if product.stock < quantity:
            return False
        product.stock -= quantity
        return True


class ReviewRepository(Repository[Review]):
    model = Review

    def latest(self, limit: int = 10) -> list[Review]:
        query = select(Review).order_by(Review.created_at.desc()).limit(limit)
        return list(self.session.scalars(query))
