from fastapi import FastAPI
from routes import users

from services.mail import send

app = FastAPI()
app.include_router(users.router, prefix="/users")


@app.post("/send")
async def post():
    send("a@example.com")  # blocks: time.sleep


@app.get("/ask")
async def ask():
    from services.mail import ask

    return ask("https://example.org")  # blocks: requests.get
