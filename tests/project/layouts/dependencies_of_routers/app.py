from fastapi import APIRouter, Depends, FastAPI, Security
from guards import on_app, on_include, on_outer, on_route, on_router

COMMON = [Depends(on_include)]

app = FastAPI(dependencies=[Depends(on_app)])
outer = APIRouter(prefix="/outer", dependencies=[Depends(on_outer)])
inner = APIRouter(prefix="/inner", dependencies=[Security(on_router, scopes=["x"])])


@inner.get("/a", dependencies=[Depends(on_route)])
async def a():
    return {}


@outer.get("/b")
def b():
    return {}


@app.get("/c")
async def c():
    return {}


outer.include_router(inner, dependencies=COMMON)
app.include_router(outer, prefix="/v1")
