from fastapi import APIRouter, HTTPException
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.dependencies import AsyncSessionDep, CurrentUser, HttpDep
from shop.models import CartItem, Product, User
from shop.schemas.catalogue import StockOut
from shop.schemas.sales import CartLine, CartOut
from shop.services.inventory import reservations

router = APIRouter(prefix="/cart", tags=["cart"])


async def items_of(session: AsyncSession, user: User) -> list[CartItem]:
    query = select(CartItem).where(CartItem.user_id == user.id).order_by(CartItem.id)
    return list(await session.scalars(query))


def summary(items: list[CartItem]) -> CartOut:
    lines = [CartLine(product_id=item.product_id, quantity=item.quantity) for item in items]
    total = sum(item.quantity * item.product.price_cents for item in items)
    return CartOut(lines=lines, total_cents=total)


@router.get("")
async def read_cart(user: CurrentUser, session: AsyncSessionDep) -> CartOut:
    return summary(await items_of(session, user))


@router.post("", status_code=201)
async def put_in_cart(line: CartLine, user: CurrentUser, session: AsyncSessionDep) -> CartOut:
    if await session.get(Product, line.product_id) is None:
        raise HTTPException(404, "No such product.")
    session.add(CartItem(user_id=user.id, product_id=line.product_id, quantity=line.quantity))
    await session.commit()
    return summary(await items_of(session, user))


@router.delete("", status_code=204)
async def empty_cart(user: CurrentUser, session: AsyncSessionDep) -> None:
    await session.execute(delete(CartItem).where(CartItem.user_id == user.id))
    await session.commit()


@router.post("/reserve")
async def reserve(line: CartLine, http: HttpDep) -> StockOut:
    held = await reservations.reserve(http, line.product_id, line.quantity)
    return StockOut(product_id=line.product_id, available=held)


@router.post("/merge")
async def merge(requests: list[CartLine]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for line in requests:
        merged[line.product_id] = merged.get(line.product_id, 0) + line.quantity
    requests.clear()
    return merged


@router.post("/release")
async def release(line: CartLine, http: HttpDep) -> StockOut:
    held = await reservations.release(http, line.product_id, line.quantity)
    return StockOut(product_id=line.product_id, available=held)
