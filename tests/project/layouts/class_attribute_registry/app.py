from fastapi import FastAPI
from registry import Registry, Tables

app = FastAPI()


@app.get("/files/{key}")
async def read_file(key: str):
    return Registry.storage.read(key)  # blocks: requests.get


@app.delete("/files")
async def purge_files():
    Registry.storage_class.purge()  # blocks: requests.delete


@app.post("/mail")
async def mail(text: str):
    Registry.mailer.send(text)  # blocks: requests.post
    Registry.by_name["mail"].send(text)  # blocks: requests.post


@app.get("/users/{key}")
async def read_user(key: str):
    return Tables.Users.read(key)  # blocks: requests.get
