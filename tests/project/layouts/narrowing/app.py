import httpx
from fastapi import FastAPI

from clients import Awaiting, Careful, Client, Remote

app = FastAPI()


@app.get("/either")
async def either(client: Client | Awaiting):
    if isinstance(client, Awaiting):
        return await client.get()
    return client.get()  # blocks: requests.get


@app.get("/other")
async def other_branch(client: Client | Awaiting):
    if isinstance(client, Client):
        return client.get()  # blocks: requests.get
    else:
        return await client.get()


@app.get("/libraries")
async def libraries(client: httpx.Client | httpx.AsyncClient):
    if isinstance(client, httpx.AsyncClient):
        return await client.get("https://example.org")
    elif isinstance(client, httpx.Client):
        return client.get("https://example.org")  # blocks: httpx.Client.get
    return None


@app.get("/several")
async def several(value):
    if isinstance(value, (Remote, Careful)) and value:
        return value.get()  # blocks: requests.get
    return value.get()


@app.get("/below")
async def a_class_below_the_one_asked_for(value: Careful):
    if isinstance(value, Client):
        return value.get()
    return None


@app.get("/above")
async def a_class_above_the_one_asked_for(value: Client):
    if isinstance(value, Careful):
        return value.get()
    return value.get()  # blocks: requests.get


@app.get("/raised")
async def raised(value):
    if not isinstance(value, Client):
        raise TypeError(value)
    return value.get()  # blocks: requests.get


@app.get("/raised-for-several")
async def raised_for_several(value, other):
    if not isinstance(value, Client) or not isinstance(other, Client):
        raise TypeError(value)
    other.get()  # blocks: requests.get
    return value.get()  # blocks: requests.get


@app.get("/in-a-branch")
async def left_in_a_branch(values: list, name: str):
    for value in values:
        if not isinstance(value, Client):
            continue
        if name:
            break
    return value.get()


@app.get("/rebound")
async def rebound(value):
    if isinstance(value, Client):
        value.get()  # blocks: requests.get
        value = str(value)
        return value.get()
    return None


@app.get("/tested")
async def in_the_test_itself(value):
    if isinstance(value, Client) and value.get():  # blocks: requests.get
        return 1
    return 0


@app.get("/unknown")
async def an_unknown_class(value: Client):
    from elsewhere import Something

    if isinstance(value, Something):
        return None
    return value.get()  # blocks: requests.get


@app.get("/match")
async def matched(value: Client | Awaiting | None):
    match value:
        case None:
            return None
        case Awaiting():
            return await value.get()
        case Remote() | Careful():
            return value.get()  # blocks: requests.get
        case Client(name="x") as client:
            return client.get()  # blocks: requests.get


def passed_on(value):
    return value.get()


@app.get("/passed")
async def passed(value):
    if isinstance(value, Client):
        return passed_on(value)  # blocks: requests.get
    return None
