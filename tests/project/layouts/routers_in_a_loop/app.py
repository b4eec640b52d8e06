from fastapi import FastAPI
from routes import ROUTERS, orders, users

app = FastAPI()
for router in (users.router, orders.router):
    app.include_router(router, prefix="/api")


def create():
    other = FastAPI()
    for one in ROUTERS:
        other.include_router(one)
    [other.include_router(one, prefix="/again") for one in [users.extra]]
    return other
