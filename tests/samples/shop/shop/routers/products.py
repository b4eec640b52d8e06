import time
from typing import Annotated

import requests
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlalchemy import select

from shop.caching import reload_tax_rates, tax_rates
from shop.clients.exchange import exchange
from shop.clients.storage import disk
from shop.dependencies import (
    AsyncSessionDep,
    HttpDep,
    PageDep,
    ProductsDep,
    RateLimit,
    ReviewsDep,
    SettingsDep,
)
from shop.models import Product, Review
from shop.schemas.catalogue import PriceOut, ProductDetail, ProductOut, ReviewIn, ReviewOut, StockOut
from shop.services.inventory import reservations, stock_level
from shop.templating import page_banner, templates

router = APIRouter(prefix="/products", tags=["products"], dependencies=[Depends(RateLimit(50))])


@router.get("", response_model=list[ProductOut])
def list_products(products: ProductsDep, page: PageDep) -> list[Product]:
    return products.page(page.offset, page.limit)


@router.get("/catalogue", response_class=HTMLResponse)
async def catalogue(request: Request, session: AsyncSessionDep) -> HTMLResponse:
    rows = (await session.scalars(select(Product).order_by(Product.id).limit(100))).all()
    context = {"products": rows, "banner": page_banner()}
    return templates.TemplateResponse(request, "catalogue.html", context)


@router.get("/manifest", response_class=PlainTextResponse)
async def manifest() -> str:
    return disk.manifest


@router.get("/storage-label", response_class=PlainTextResponse)
async def storage_label() -> str:
    return disk.label


@router.get("/taxes")
async def taxes(country: str = "DE") -> dict[str, float]:
    return {country: tax_rates().get(country, 0.0)}


@router.post("/taxes/reload")
async def taxes_reload() -> dict[str, float]:
    return reload_tax_rates()


@router.get("/reviews/latest", response_model=list[ReviewOut])
def latest_reviews(reviews: ReviewsDep) -> list[Review]:
    return reviews.latest()


@router.get("/by-slug/{slug}", response_model=ProductOut)
async def by_slug(slug: str, products: ProductsDep) -> Product:
    product = products.by_slug(slug)
    if product is None:
        raise LookupError(slug)
    return product


@router.get("/by-supplier/{code}", response_model=ProductOut | None)
def by_supplier(code: str, products: ProductsDep) -> Product | None:
    return products.by_supplier_code(code)


@router.get("/by-brand/{brand}", response_model=list[ProductOut])
def by_brand(brand: str, products: ProductsDep) -> list[Product]:
    return products.by_brand(brand)


@router.get("/by-category/{name}", response_model=list[ProductOut])
def by_category(name: str, products: ProductsDep) -> list[Product]:
    return products.in_category(name)


@router.get("/{product_id}/detail", response_model=ProductDetail)
async def detail(product_id: int, products: ProductsDep) -> Product | None:
    return products.get(product_id)


@router.get("/{product_id}", response_model=ProductOut)
def read_product(product_id: int, products: ProductsDep) -> Product:
    product = products.get(product_id)
    if product is None:
        raise HTTPException(404, "No such product.")
    return product


@router.get("/{product_id}/price")
async def price(
    product_id: int, session: AsyncSessionDep, currency: Annotated[str, Query()] = "EUR"
) -> PriceOut:
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(404, "No such product.")
    amount = product.price_cents / 100 * exchange.rate(currency)
    return PriceOut(slug=product.slug, currency=currency, amount=amount)


@router.get("/{product_id}/price-cached")
async def cached_price(product_id: int, session: AsyncSessionDep, currency: str = "EUR") -> PriceOut:
    product = await session.get(Product, product_id)
    if product is None or currency not in exchange.known():
        raise HTTPException(404, "No such product or currency.")
    cents = exchange.convert_cached(product.price_cents, currency)
    return PriceOut(slug=product.slug, currency=currency, amount=cents / 100)


@router.get("/{product_id}/supplier-stock")
async def supplier_stock(product_id: int, settings: SettingsDep) -> StockOut:
    try:
        answer = requests.get(f"{settings.stock_url}/{product_id}", timeout=2)
        return StockOut(product_id=product_id, available=answer.json()["stock"])
    except requests.RequestException:
        time.sleep(0.2)
        return StockOut(product_id=product_id, available=0)


@router.get("/{product_id}/stock")
async def stock(product_id: int, http: HttpDep) -> StockOut:
    available = await stock_level(http, product_id)
    reserved = await reservations.held_for(product_id)
    return StockOut(product_id=product_id, available=available, reserved=reserved)


@router.post("/{product_id}/reviews", status_code=201, response_model=ReviewOut)
def add_review(product_id: int, payload: ReviewIn, reviews: ReviewsDep) -> Review:
    return reviews.add(Review(product_id=product_id, **payload.model_dump()))
