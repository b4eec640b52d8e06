from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, ORJSONResponse, Response, StreamingResponse
from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.dependencies import AsyncSessionDep, OrdersDep, SessionDep
from shop.models import Order, User
from shop.schemas.accounts import CustomerCard
from shop.schemas.catalogue import ProductOut
from shop.schemas.sales import DailyTotal, OrderOut
from shop.services import statistics
from shop.services.reports import EXPORTERS, PREVIEWS, as_row, csv_lines, csv_text, packed
from shop.templating import fresh_environment, templates

router = APIRouter(tags=["reports"])

DAILY_TOTALS = TypeAdapter(list[DailyTotal])


async def recent_orders(session: AsyncSession, limit: int = 100) -> list[Order]:
    return list(await session.scalars(select(Order).order_by(Order.id.desc()).limit(limit)))


@router.get("/export/{kind}")
async def export(kind: str, session: AsyncSessionDep) -> dict[str, str]:
    path = EXPORTERS[kind](await recent_orders(session))
    return {"file": path.name}


@router.get("/preview/{kind}")
async def preview(kind: str, session: AsyncSessionDep) -> dict[str, str]:
    text = PREVIEWS[kind](await recent_orders(session))
    return {"text": text}


@router.get("/packed")
async def packed_export(session: AsyncSessionDep) -> Response:
    text = csv_text(await recent_orders(session))
    return Response(packed(text), media_type="application/gzip")


@router.get("/packed-in-thread")
async def packed_in_thread(session: AsyncSessionDep) -> Response:
    text = csv_text(await recent_orders(session))
    body = await run_in_threadpool(packed, text)
    return Response(body, media_type="application/gzip")


@router.get("/stream")
async def stream(session: AsyncSessionDep) -> StreamingResponse:
    orders = await recent_orders(session)
    return StreamingResponse(csv_lines(orders), media_type="text/csv")


@router.get("/stream-async")
async def stream_async(session: AsyncSessionDep) -> StreamingResponse:
    orders = await recent_orders(session)

    async def lines() -> AsyncIterator[str]:
        for order in orders:
            yield ",".join(as_row(order)) + "\n"

    return StreamingResponse(lines(), media_type="text/csv")


@router.get("/customers", response_model=list[CustomerCard])
def customers(session: SessionDep) -> list[User]:
    return list(session.scalars(select(User).order_by(User.id).limit(50)))


@router.get("/customers-with-addresses", response_model=list[CustomerCard])
def customers_with_addresses(session: SessionDep) -> list[User]:
    query = select(User).options(selectinload(User.addresses)).order_by(User.id).limit(50)
    return list(session.scalars(query))


@router.get("/customers/names")
async def customer_names(session: AsyncSessionDep) -> list[str]:
    orders = await session.scalars(select(Order).order_by(Order.id).limit(20))
    return [order.user.name for order in orders]


@router.get("/orders", response_model=list[OrderOut])
def all_orders(orders: OrdersDep) -> list[Order]:
    return orders.everything()


@router.get("/orders/some", response_model=list[OrderOut])
def some_orders(orders: OrdersDep, limit: int = 100) -> list[Order]:
    return orders.recent(limit)


@router.get("/revenue")
def revenue(session: SessionDep) -> dict[str, int]:
    return statistics.revenue_by_customer(session)


@router.get("/revenue-joined")
def revenue_joined(session: SessionDep) -> dict[str, int]:
    return statistics.revenue_by_customer_joined(session)


@router.post("/stars")
def stars(slugs: list[str], session: SessionDep) -> dict[str, float]:
    return statistics.stars_by_product(session, slugs)


@router.post("/stars-at-once")
def stars_at_once(slugs: list[str], session: SessionDep) -> dict[str, float]:
    return statistics.stars_by_product_at_once(session, slugs)


@router.get("/figures")
def figures(session: SessionDep, orders: OrdersDep) -> dict[str, Any]:
    latest = statistics.latest_customer(session)
    review = statistics.latest_review(session)
    return {
        "orders": statistics.number_of_orders(session),
        "counted": statistics.number_of_orders_counted(session),
        "unpaid": statistics.has_unpaid(session),
        "sold_out": statistics.sold_out(session),
        "sold_out_by_query": statistics.sold_out_by_query(session),
        "latest_customer": latest.name if latest else None,
        "latest_review": review.stars if review else None,
        "buckets": statistics.price_buckets(orders),
    }


@router.post("/prices/raise")
def raise_prices(session: SessionDep, percent: int = 2) -> dict[str, int]:
    return {"products": statistics.raise_prices(session, percent)}


@router.post("/prices/lower")
def lower_prices(session: SessionDep, percent: int = 2) -> dict[str, int]:
    return {"products": statistics.lower_prices(session, percent)}


async def daily_rows(session: AsyncSession) -> list[dict[str, Any]]:
    day = func.date(Order.placed_at)
    query = select(day, func.count(), func.sum(Order.total_cents)).group_by(day).limit(31)
    rows = await session.execute(query)
    return [{"day": name, "orders": number, "cents": cents} for name, number, cents in rows]


@router.get("/daily")
async def daily(session: AsyncSessionDep) -> list[DailyTotal]:
    return [DailyTotal(**row) for row in await daily_rows(session)]


@router.get("/daily/rows", response_model=list[DailyTotal])
async def daily_rows_as_they_are(session: AsyncSessionDep) -> Any:
    return await daily_rows(session)


@router.get("/daily/untyped")
async def daily_untyped(session: AsyncSessionDep):
    return [row for row in await daily_rows(session)]


@router.get("/daily/encoded")
async def daily_encoded(session: AsyncSessionDep):
    rows = await daily_rows(session)
    return JSONResponse(jsonable_encoder(rows))


@router.get("/daily/adapter")
async def daily_adapter(session: AsyncSessionDep) -> Response:
    adapter = TypeAdapter(list[DailyTotal])
    body = adapter.dump_json(adapter.validate_python(await daily_rows(session)))
    return Response(body, media_type="application/json")


@router.get("/daily/shared-adapter")
async def daily_shared_adapter(session: AsyncSessionDep) -> Response:
    body = DAILY_TOTALS.dump_json(DAILY_TOTALS.validate_python(await daily_rows(session)))
    return Response(body, media_type="application/json")


@router.get("/daily/first", response_model=DailyTotal)
async def daily_first(session: AsyncSessionDep) -> Any:
    rows = await daily_rows(session)
    return DailyTotal(**rows[0]).model_dump()


@router.get("/daily/last", response_model=DailyTotal)
async def daily_last(session: AsyncSessionDep) -> Any:
    rows = await daily_rows(session)
    return DailyTotal(**rows[-1])


@router.get("/daily/quick", response_model=DailyTotal)
async def daily_quick(session: AsyncSessionDep) -> Any:
    rows = await daily_rows(session)
    return DailyTotal.model_construct(**rows[0])


@router.get("/daily/json", response_model=list[DailyTotal], response_class=JSONResponse)
async def daily_json(session: AsyncSessionDep) -> Any:
    return await daily_rows(session)


@router.get("/products/fast", response_class=ORJSONResponse)
async def products_fast(session: AsyncSessionDep) -> list[ProductOut]:
    return []


@router.get("/page")
async def page(session: AsyncSessionDep) -> Response:
    environment = fresh_environment()
    orders = await recent_orders(session)
    source = "{% for order in orders %}{{ order.reference }} {% endfor %}"
    return Response(environment.from_string(source).render(orders=orders))


@router.get("/page-in-thread")
async def page_in_thread(session: AsyncSessionDep) -> Response:
    rows = await daily_rows(session)
    template = templates.get_template("daily.html")
    return Response(await run_in_threadpool(template.render, rows=rows), media_type="text/html")


@router.get("/file/{name}")
def exported_file(name: str, session: SessionDep) -> Response:
    path = Path("/nonexistent") if "/" in name else exports_folder() / name
    if not path.is_file():
        raise LookupError(name)
    return Response(path.read_bytes())


def exports_folder() -> Path:
    from shop.settings import get_settings

    return get_settings().export_folder
