import requests
from fastapi import FastAPI

app = FastAPI()


class RemoteDict:
    def __getitem__(self, key):
        return requests.get(f"https://dict.example/{key}")

    def __setitem__(self, key, value):
        requests.put(f"https://dict.example/{key}", data=value)

    def __contains__(self, key):
        return requests.head(f"https://dict.example/{key}").ok

    def __len__(self):
        return requests.get("https://dict.example/length").json()

    def get(self, key, default=None):
        return self[key] if key in self else default


remote = RemoteDict()


@app.get("/item")
async def item(key: str):
    return remote[key]  # gap: requests.get, operators are not followed


@app.put("/item")
async def put_item(key: str):
    remote[key] = "x"  # gap: requests.put, operators are not followed


@app.get("/in")
async def contained(key: str):
    return key in remote  # gap: requests.head, operators are not followed


@app.get("/length")
async def length():
    return len(remote)  # gap: requests.get, operators are not followed


@app.get("/get")
async def get(key: str):
    return remote.get(key)  # gap: requests.get, the same inside a method
