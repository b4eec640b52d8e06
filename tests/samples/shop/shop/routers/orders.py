from fastapi import APIRouter, BackgroundTasks, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from shop.background import announce, confirm_order, confirm_order_in_thread
from shop.clients.payments import PROVIDERS
from shop.clients.shipping import track_blocking
from shop.dependencies import (
    CurrentUser,
    OrderServiceDep,
    OrdersDep,
    SettingsDep,
    ShippingDep,
)
from shop.models import Order
from shop.schemas.sales import CartLine, OrderDetail, OrderOut, Payment, ReceiptOut, TaxOut
from shop.services.checkout import Checkout
from shop.services.offload import run_blocking

router = APIRouter(prefix="/orders", tags=["orders"])


def require(order: Order | None) -> Order:
    if order is None:
        raise HTTPException(404, "No such order.")
    return order


@router.post("", status_code=201, response_model=OrderOut)
def place_order(
    lines: list[CartLine], user: CurrentUser, service: OrderServiceDep, tasks: BackgroundTasks
) -> Order:
    order = service.place(user, {line.product_id: line.quantity for line in lines})
    tasks.add_task(confirm_order, user.email, order.reference)
    tasks.add_task(confirm_order_in_thread, user.email, order.reference)
    tasks.add_task(announce, order.reference)
    return order


@router.get("", response_model=list[OrderDetail])
def my_orders(user: CurrentUser, orders: OrdersDep) -> list[Order]:
    return orders.of_user(user.id)


@router.post("/express", status_code=201, response_model=OrderOut)
async def place_express(lines: list[CartLine], user: CurrentUser, service: OrderServiceDep) -> Order:
    wanted = {line.product_id: line.quantity for line in lines}
    return await run_in_threadpool(lambda: service.place_together(user, wanted))


@router.get("/quote")
async def quote(shipping: ShippingDep, country: str = "DE", grams: int = 500) -> dict[str, int]:
    offer = await shipping.quote(country, grams)
    return {"cents": offer.cents, "days": offer.days}


@router.get("/{reference}", response_model=OrderOut)
def read_order(reference: str, orders: OrdersDep) -> Order:
    return require(orders.by_reference(reference))


@router.post("/{reference}/pay", response_model=ReceiptOut)
async def pay(reference: str, payment: Payment, cents: int = 1000) -> object:
    checkout = Checkout.for_method(payment.method, payment.country)
    return checkout.pay(reference, cents)


@router.post("/{reference}/pay-later", response_model=ReceiptOut)
async def pay_later(reference: str, payment: Payment, cents: int = 1000) -> object:
    checkout = Checkout.for_method(payment.method, payment.country)
    return await run_blocking(checkout.pay, reference, cents)


@router.post("/{reference}/refund", response_model=ReceiptOut)
async def refund(reference: str, receipt_id: str, cents: int, method: str = "offline") -> object:
    receipt = PROVIDERS[method].refund(receipt_id, cents)
    return receipt


@router.get("/{reference}/fee")
async def fee(reference: str, cents: int, method: str = "offline") -> dict[str, int]:
    return {"fee": PROVIDERS[method].fee(cents)}


@router.get("/{reference}/tax")
async def tax(reference: str, cents: int, country: str = "DE") -> TaxOut:
    checkout = Checkout.for_method("offline", country)
    return TaxOut(reference=reference, tax_cents=checkout.tax(cents))


@router.post("/{reference}/cancel", response_model=OrderOut)
async def cancel(reference: str, user: CurrentUser, service: OrderServiceDep) -> Order:
    order = require(await run_in_threadpool(service.find, reference))
    if order.user_id != user.id:
        raise HTTPException(403, "Not your order.")
    return service.cancel(order)


@router.post("/{reference}/ship", response_model=OrderOut)
def ship(
    reference: str, number: str, service: OrderServiceDep, settings: SettingsDep
) -> Order:
    order = require(service.find(reference))
    if track_blocking(settings.shipping_url, number) != "lost":
        order.tracking_number = number
    service.save()
    return order


@router.post("/{reference}/ship-checked", response_model=OrderOut)
def ship_checked(
    reference: str, number: str, service: OrderServiceDep, settings: SettingsDep
) -> Order:
    state = track_blocking(settings.shipping_url, number)
    order = require(service.find(reference))
    if state != "lost":
        order.tracking_number = number
    service.save()
    return order


@router.get("/by-tracking-number/{number}", response_model=OrderOut)
def by_tracking_number(number: str, orders: OrdersDep) -> Order:
    return require(orders.by_tracking_number(number))


@router.get("/{reference}/parcel")
async def parcel(reference: str, settings: SettingsDep) -> dict[str, str]:
    return {"state": track_blocking(settings.shipping_url, reference)}


@router.get("/{reference}/parcel-later")
async def parcel_later(reference: str, settings: SettingsDep) -> dict[str, str]:
    return {"state": await run_in_threadpool(track_blocking, settings.shipping_url, reference)}


@router.get("/{reference}/receipt", response_class=HTMLResponse)
def receipt_page(reference: str, orders: OrdersDep) -> str:
    from shop.templating import templates

    order = require(orders.by_reference(reference))
    return templates.get_template("receipt.html").render(order=order)
