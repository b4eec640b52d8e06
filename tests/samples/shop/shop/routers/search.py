from typing import Annotated

from fastapi import APIRouter, Query

from shop.dependencies import AsyncSessionDep, HttpDep
from shop.schemas.catalogue import SearchResult
from shop.services import search

router = APIRouter(prefix="/search", tags=["search"])

Text = Annotated[str, Query(min_length=1, max_length=80)]
Limit = Annotated[int, Query(ge=1, le=50)]


@router.get("")
async def find(q: Text, session: AsyncSessionDep, http: HttpDep, limit: Limit = 20) -> SearchResult:
    products = await search.matching(session, q, limit)
    categories = await search.category_names(session)
    suggestions = await search.suggestions(http, q)
    trending = await search.trending(http)
    return SearchResult(
        products=products, categories=categories, suggestions=suggestions, trending=trending
    )


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
