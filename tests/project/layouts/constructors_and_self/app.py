import sqlite3

import requests
from fastapi import FastAPI

app = FastAPI()


class Warehouse:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()

    def stock(self, sku):
        return self.session.get(f"{self.url}/{sku}").json()


class Ledger:
    def __init__(self, path="ledger.db"):
        self.connection = sqlite3.connect(path)


class Shop:
    warehouse: Warehouse

    def __init__(self, warehouse: Warehouse, *, retries: int = 3):
        self.warehouse = warehouse
        self.retries = retries
        self.backup, self.spare = Warehouse("https://backup.example"), None

    def price(self, sku):
        return self.warehouse.stock(sku)["price"]

    def price_from_backup(self, sku):
        return self.backup.stock(sku)["price"]


@app.get("/price/{sku}")
async def price(sku: str):
    shop = Shop(Warehouse("https://stock.example"))
    shop.price_from_backup(sku)  # blocks: requests.Session.get
    return shop.price(sku)  # blocks: requests.Session.get


@app.get("/stock/{sku}")
async def stock(sku: str):
    return Warehouse("https://stock.example").stock(sku)  # blocks: requests.Session.get


@app.post("/ledger")
async def ledger():
    Ledger()  # blocks: sqlite3.connect
    return {"opened": True}


@app.get("/session/{sku}")
async def session(sku: str):
    warehouse = Warehouse("https://stock.example")
    return warehouse.session.get(sku).text  # blocks: requests.Session.get
