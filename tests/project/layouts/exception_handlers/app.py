import time

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


def record(error):
    with open("errors", "a") as stream:
        stream.write(str(error))


async def on_key_error(request: Request, error: KeyError):
    record(error)  # blocks: open
    return JSONResponse({}, 404)


async def on_value_error(request: Request, error: ValueError):
    time.sleep(0.1)  # blocks: time.sleep


def on_type_error(request: Request, error: TypeError):
    time.sleep(0.1)


class Handlers:
    async def on_index_error(self, request, error):
        time.sleep(0.1)  # blocks: time.sleep


app = FastAPI(exception_handlers={ValueError: on_value_error, TypeError: on_type_error})
app.add_exception_handler(KeyError, on_key_error)
app.add_exception_handler(IndexError, Handlers().on_index_error)


@app.exception_handler(RequestValidationError)
async def on_invalid(request: Request, error: RequestValidationError):
    time.sleep(0.1)  # blocks: time.sleep


@app.exception_handler(500)
def on_crash(request, error):
    record(error)
