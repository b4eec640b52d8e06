import os

from app import routes
from app.settings import settings
from fastapi import FastAPI

app = FastAPI()
PAIRS = [(routes.users, "/people"), (routes.items, "/shop")]

for router, prefix in PAIRS:
    app.include_router(router, prefix=prefix)

app.include_router(routes.reports)
app.include_router(routes.audits)
app.include_router(routes.audits, prefix="/latest")
app.include_router(routes.reports, prefix=os.environ["PREFIX"])
app.include_router(routes.orders, prefix=settings.API_V1_STR)
