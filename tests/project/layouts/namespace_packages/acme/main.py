import acme.billing.api
from fastapi import FastAPI

app = FastAPI()
app.include_router(acme.billing.api.router, prefix="/billing")
