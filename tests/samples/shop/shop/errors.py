"""Errors the shop answers with, and what it does about the unexpected."""

import logging
import traceback

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shop.clients.payments import PaymentError
from shop.services.orders import OutOfStockError
from shop.settings import get_settings

log = logging.getLogger(__name__)


async def on_payment_error(request: Request, error: PaymentError) -> JSONResponse:
    log.warning("%s failed: %s", request.url.path, error)
    return JSONResponse({"detail": str(error)}, status_code=502)


def on_out_of_stock(request: Request, error: OutOfStockError) -> JSONResponse:
    with (get_settings().data_folder / "missed-sales.log").open("a") as missed:
        missed.write(f"{request.url.path} {error}\n")
    return JSONResponse({"detail": str(error)}, status_code=409)


async def on_lookup_error(request: Request, error: LookupError) -> JSONResponse:
    report = get_settings().data_folder / "last-error.txt"
    report.write_text("".join(traceback.format_exception(error)))
    return JSONResponse({"detail": f"not found: {error}"}, status_code=404)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(PaymentError, on_payment_error)
    app.add_exception_handler(OutOfStockError, on_out_of_stock)
    app.add_exception_handler(LookupError, on_lookup_error)
