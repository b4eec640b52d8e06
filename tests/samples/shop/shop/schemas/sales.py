from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shop.models import OrderStatus


class CartLine(BaseModel):
    product_id: int
    quantity: int = Field(1, ge=1, le=99)


class CartOut(BaseModel):
    lines: list[CartLine]
    total_cents: int


class OrderLineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    product_id: int
    quantity: int
    unit_cents: int


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    reference: str
    status: OrderStatus
    total_cents: int
    placed_at: datetime


class OrderDetail(OrderOut):
    lines: list[OrderLineOut]


class Payment(BaseModel):
    method: str = "offline"
    country: str = "DE"


class ReceiptOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    cents: int
    provider: str


class TaxOut(BaseModel):
    reference: str
    tax_cents: int


class PaymentEvent(BaseModel):
    reference: str
    state: str
    receipt_id: str = ""


class DailyTotal(BaseModel):
    day: str
    orders: int
    cents: int
