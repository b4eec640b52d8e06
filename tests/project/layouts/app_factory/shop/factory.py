from fastapi import APIRouter, FastAPI

from shop import api


def build_v1() -> APIRouter:
    v1 = APIRouter(prefix="/v1")
    v1.include_router(api.router)
    for router, tag in [(api.admin, "admin")]:
        v1.include_router(router, prefix="/admin", tags=[tag])
    return v1


def create_app(debug: bool = False) -> FastAPI:
    application = FastAPI(debug=debug)
    application.include_router(build_v1(), prefix="/api")

    @application.get("/health")
    async def health():
        return {"ok": True}

    return application
