from app.client import load
from app.settings import settings
from fastapi import FastAPI

app = FastAPI(root_path=settings.root)


@app.get("/orders/{key}")
async def read_order(key: str):
    return load(key)  # blocks: requests.get
