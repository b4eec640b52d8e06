import requests
import threads
from fastapi import FastAPI
from threads import Pool, by_closure, by_keyword, by_lambda, bound, in_thread, on_loop, retry, with_timeout

app = FastAPI()
pool = Pool()


def fetch(url="https://a.example"):
    return requests.get(url)


class Client:
    def get(self):
        return requests.get("https://b.example")


@app.get("/plain")
async def plain():
    await in_thread(fetch, "https://a.example")
    await in_thread(function=fetch)
    await threads.in_thread(lambda: fetch())
    await in_thread(Client().get)
    await with_timeout(5, fetch, "https://a.example")
    await by_keyword(job=fetch)
    await bound(fetch, url="https://a.example")
    await by_lambda(fetch)
    await by_closure(fetch)


@app.get("/methods")
async def methods():
    await pool.run(fetch, "https://a.example")
    pool.start(Client().get)


@app.get("/arguments")
async def arguments():
    await in_thread(print, fetch())  # blocks: requests.get
    return await in_thread(fetch, fetch("https://b.example").text)  # blocks: requests.get


@app.get("/on-loop")
async def read_on_loop():
    retry(fetch)  # blocks: requests.get
    retry(lambda: fetch("https://b.example"))  # blocks: requests.get
    return await on_loop(fetch)  # blocks: requests.get
