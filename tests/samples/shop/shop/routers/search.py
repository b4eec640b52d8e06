import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from shop.caching import TimedCache
from shop.dependencies import AsyncSessionDep, HttpDep
from shop.schemas.catalogue import SearchResult
from shop.services import search
from shop.services.inventory import stock_level

router = APIRouter(prefix="/search", tags=["search"])
recent_searches: TimedCache[list[str]] = TimedCache(seconds=30)

Text = Annotated[str, Query(min_length=1, max_length=80)]
Limit = Annotated[int, Query(ge=1, le=50)]


@router.get("")
async def find(q: Text, session: AsyncSessionDep, limit: Limit = 20) -> SearchResult:
    products = await search.matching(session, q, limit)
    categories = await search.category_names(session)
    return SearchResult(products=products, categories=categories)


@router.get("/inspire")
async def inspire(q: Text, http: HttpDep) -> SearchResult:
    suggestions = await search.suggestions(http, q)
    trending = await search.trending(http)
    return SearchResult(products=[], suggestions=suggestions, trending=trending)


@router.get("/inspire-together")
async def inspire_together(q: Text, http: HttpDep) -> SearchResult:
    async with asyncio.TaskGroup() as group:
        suggestions = group.create_task(search.suggestions(http, q))
        trending = group.create_task(search.trending(http))
    return SearchResult(products=[], suggestions=suggestions.result(), trending=trending.result())


@router.get("/recent")
async def recent(q: Text, session: AsyncSessionDep) -> list[str]:
    names = recent_searches.get(q)
    if names is None:
        names = [product.name for product in await search.matching(session, q, 10)]
        recent_searches.put(q, names)
    return names


@router.get("/overview")
async def overview(session: AsyncSessionDep) -> dict[str, int]:
    names, sizes = await asyncio.gather(
        search.category_names(session), search.category_sizes(session)
    )
    return {"categories": len(names), "products": sum(sizes.values())}


@router.get("/overview-in-turn")
async def overview_in_turn(session: AsyncSessionDep) -> dict[str, int]:
    names = await search.category_names(session)
    sizes = await search.category_sizes(session)
    return {"categories": len(names), "products": sum(sizes.values())}


@router.get("/compare")
async def compare(http: HttpDep, product_id: Annotated[list[int], Query()]) -> list[int]:
    levels = []
    for key in product_id:
        levels.append(await stock_level(http, key))
    return levels


@router.get("/stock")
async def find_in_stock(q: Text, session: AsyncSessionDep, http: HttpDep) -> dict[str, int]:
    products = await search.matching(session, q, 50)
    levels = await search.stock_levels(http, products)
    return {product.slug: level for product, level in zip(products, levels, strict=True)}


@router.get("/stock-politely")
async def find_in_stock_politely(
    q: Text, session: AsyncSessionDep, http: HttpDep
) -> dict[str, int]:
    products = await search.matching(session, q, 50)
    levels = await search.stock_levels_politely(http, products)
    return {product.slug: level for product, level in zip(products, levels, strict=True)}
