from fastapi import Depends, FastAPI


async def checked():
    return None


def create_audit_app():
    audit = FastAPI(dependencies=[Depends(checked)])

    @audit.get("/entries")
    async def entries():
        return []

    return audit


def create_app():
    made = FastAPI()
    audit_app = create_audit_app()

    @audit_app.get("/late")
    async def late():
        return []

    made.mount("/audit", app=audit_app)
    return made
