import settings
from fastapi import FastAPI
from shared.clients import load

app = FastAPI()


@app.get("/worker")
async def read_worker():
    settings.read()
    return load()  # blocks: requests.get
