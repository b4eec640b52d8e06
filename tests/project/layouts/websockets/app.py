import time

from fastapi import APIRouter, Depends, FastAPI, WebSocket

app = FastAPI()
router = APIRouter(prefix="/live")


class Rooms:
    def __init__(self):
        self.open: list[WebSocket] = []

    async def join(self, websocket: WebSocket):
        await websocket.accept()
        self.open.append(websocket)

    async def broadcast(self, text: str):
        self.remember(text)  # blocks: open
        for websocket in self.open:
            await websocket.send_text(text)

    def remember(self, text):
        with open("log", "a") as log:
            log.write(text)


rooms = Rooms()


def get_token(token: str = ""):
    time.sleep(0.1)


@router.websocket("/rooms/{name}")
async def room(websocket: WebSocket, name: str, token: str = Depends(get_token)):
    await rooms.join(websocket)
    while True:
        text = await websocket.receive_text()
        time.sleep(0.1)  # blocks: time.sleep
        await rooms.broadcast(text)


@app.websocket_route("/raw")
async def raw(websocket):
    time.sleep(0.1)  # blocks: time.sleep


app.include_router(router)
