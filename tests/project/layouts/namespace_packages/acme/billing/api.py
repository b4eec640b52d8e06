from fastapi import APIRouter

from acme.billing.store import open_store
from acme.shared import clock

router = APIRouter()


@router.get("/invoices")
async def invoices():
    clock.settle()  # blocks: time.sleep
    return open_store().execute("select * from invoices")  # blocks: sqlite3.connect, sqlite3.Connection.execute
