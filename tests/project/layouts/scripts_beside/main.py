from fastapi import FastAPI
from mailing import send
import storage

app = FastAPI()


@app.post("/send")
async def post():
    send("a@example.com")  # blocks: time.sleep
    return storage.load("a")  # blocks: open
