from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from shop.models import Order, OrderLine, OrderStatus
from shop.repositories.base import Repository


class OrderRepository(Repository[Order]):
    model = Order

    def by_reference(self, reference: str) -> Order | None:
        return self.session.scalar(select(Order).where(Order.reference == reference))

    def by_tracking_number(self, number: str) -> Order | None:
        return self.session.scalar(select(Order).where(Order.tracking_number == number))

    def of_user(self, user_id: int, limit: int = 20) -> list[Order]:
        query = (
            select(Order)
            .where(Order.user_id == user_id)
            .options(selectinload(Order.lines).joinedload(OrderLine.product))
            .order_by(Order.placed_at.desc())
            .limit(limit)
        )
        return list(self.session.scalars(query))

    def recent(self, limit: int = 50) -> list[Order]:
        query = select(Order).order_by(Order.id.desc()).limit(limit)
        return list(self.session.scalars(query))

    def everything(self) -> list[Order]:
        return list(self.session.scalars(select(Order)))

    def revenue_cents(self) -> int:
        query = select(func.sum(Order.total_cents)).where(Order.status != OrderStatus.CANCELLED)
        return self.session.scalar(query) or 0
