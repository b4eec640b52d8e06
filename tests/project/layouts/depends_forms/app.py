import deps
from aliases import NestedDep, OuterClient, UserDep
from deps import (
    AdminDep,
    AdminOnly,
    ClientDep,
    Filters,
    Paging,
    PagingDep,
    QuotaChecker,
    RoleChecker,
    get_admin,
    get_client,
    only_read,
    quota,
    require,
    slow,
)
from fastapi import Depends, FastAPI, Query

app = FastAPI()


@app.get("/default")
async def default(client=Depends(slow)):
    return client.get()  # blocks: requests.get


@app.get("/alias")
async def alias(client: ClientDep, term: str = Query()):
    return client.get()  # blocks: requests.get


@app.get("/imported")
async def imported(client: OuterClient, user: UserDep):
    return client.get()  # blocks: requests.get


@app.get("/module")
async def module(client: deps.ClientDep, admin: AdminDep):
    return client.get()  # blocks: requests.get


@app.get("/nested")
async def nested(client: NestedDep):
    return client.get()  # blocks: requests.get


@app.get("/value")
async def value(admin=AdminOnly):
    return admin


@app.get("/keyword")
async def keyword(client=Depends(dependency=get_client, use_cache=False)):
    return client.get()  # blocks: requests.get


@app.get("/class")
async def class_(paging: Paging = Depends()):
    return paging.fetch()  # blocks: requests.get


@app.get("/class-alias")
async def class_alias(paging: PagingDep):
    return paging.fetch()  # blocks: requests.get


@app.get("/class-argument")
async def class_argument(paging=Depends(Paging)):
    return paging.fetch()  # blocks: requests.get


@app.get("/dataclass")
async def data(filters: Filters = Depends(Filters)):
    return filters.name


@app.get("/callable", dependencies=[Depends(RoleChecker("admin")), Depends(quota)])
async def callable_():
    return {}


@app.get("/callable-parameter")
async def callable_parameter(allowed=Depends(RoleChecker("user")), quota=Depends(QuotaChecker())):
    return {}


@app.get("/lambda")
async def lambda_(value=Depends(lambda: 3)):
    return value


@app.get("/lambda-client")
async def lambda_client(client=Depends(lambda: deps.Client())):
    return client.get()  # blocks: requests.get


@app.get("/partial")
async def partial_(value=Depends(only_read)):
    return value


@app.get("/factory", dependencies=[Depends(require("admin"))])
async def factory(value=Depends(require("user"))):
    return value


@app.get("/sub")
def sub(admin=Depends(get_admin)):
    return admin
