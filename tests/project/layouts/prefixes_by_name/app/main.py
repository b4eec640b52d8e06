from app import routes
from app.settings import settings
from fastapi import FastAPI

app = FastAPI()
PAIRS = [(routes.users, "/people"), (routes.items, "/shop")]

for router, prefix in PAIRS:
    app.include_router(router, prefix=prefix)

app.include_router(routes.orders, prefix=settings.API_V1_STR)
