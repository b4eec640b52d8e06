import helpers
from fastapi import FastAPI

app = FastAPI()


@app.get("/annotated")
async def annotated():
    helpers.annotated().ping()  # blocks: requests.get
    helpers.inferred().ping()  # blocks: requests.get
    helpers.optional().ping()  # blocks: requests.get
    helpers.either().ping()  # blocks: requests.get
    helpers.quoted().ping()  # blocks: requests.get


@app.get("/chained")
async def chained():
    return helpers.annotated().configured().again().ping()  # blocks: requests.get


@app.get("/pairs")
async def pairs():
    client, fake = helpers.pair()
    fake.ping()
    client.ping()  # blocks: requests.get
    fake, client = helpers.annotated_pair()
    fake.ping()
    return client.ping()  # blocks: requests.get


@app.get("/later")
async def later():
    client = await helpers.later()
    return client.ping()  # blocks: requests.get


@app.get("/given")
async def given():
    holder = helpers.Holder()
    holder.client.ping()  # blocks: requests.get
    holder.other.ping()  # blocks: requests.get
    return helpers.given()  # blocks: requests.get
