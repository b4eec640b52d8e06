"""Functions whose parameters say nothing of their types: what all callers pass does."""

import api
import requests
from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
Sessions = sessionmaker()


def get_db():
    with Sessions() as session:
        yield session


@app.get("/by-position")
async def by_position(db: Session = Depends(get_db)):
    return api.users(db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/by-keyword")
async def by_keyword(db: Session = Depends(get_db)):
    return api.orders(limit=3, db=db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/handed-on")
async def handed_on(db: Session = Depends(get_db)):
    return api.outer(db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/often")
async def often(db: Session = Depends(get_db)):
    api.optional()
    api.optional(None)
    return api.optional(db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/two")
async def two(a: AsyncSession, db: Session = Depends(get_db)):
    api.either(db)
    await a.run_sync(api.either)
    return api.either(a)


@app.get("/literal")
async def literal(db: Session = Depends(get_db)):
    api.literal("text")
    return api.literal(db)


@app.get("/recursive")
async def recursive(db: Session = Depends(get_db)):
    return api.walk(db, 3)  # blocks: sqlalchemy.orm.Query.all


@app.get("/mutual")
async def mutual(db: Session = Depends(get_db)):
    return api.ping(db, 3)  # once: sqlalchemy.orm.Query.all


@app.get("/methods")
async def methods(db: Session = Depends(get_db)):
    api.Store().load(db)  # blocks: sqlalchemy.orm.Query.all
    api.Store.shifted(api.Store(), db)
    return api.Store.made(db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/decorated")
async def decorated(db: Session = Depends(get_db)):
    return api.decorated(db)


@app.get("/rebound")
async def rebound(db: Session = Depends(get_db)):
    return api.rebound(db)


@app.get("/spread")
async def spread(arguments: list[Session]):
    return api.spread(*arguments)


@app.get("/inner")
async def inner(session: requests.Session):
    def fetch(http):
        return http.get("https://x.example").text

    return fetch(session)  # blocks: requests.Session.get


@app.get("/same-name")
async def same_name(session: requests.Session, db: Session = Depends(get_db)):
    other = api.Other()
    other.users(session)
    return api.users(db)  # blocks: sqlalchemy.orm.Query.all


@app.get("/attributes")
async def attributes(db: Session = Depends(get_db)):
    return api.of_holder(api.Holder(db))  # blocks: sqlalchemy.orm.Query.all


def nobody_calls_it(thing):
    return api.optional(thing)
