import time

from fastapi import Depends, FastAPI


class Guard:
    async def check(self):
        time.sleep(0.1)  # blocks: time.sleep

    def check_in_thread(self):
        time.sleep(0.1)

    @staticmethod
    async def static():
        time.sleep(0.1)  # blocks: time.sleep

    @classmethod
    async def of_class(cls):
        time.sleep(0.1)  # blocks: time.sleep


class Users:
    def __init__(self, guard: Guard):
        self.guard = guard

    def load(self):
        time.sleep(1)


async def get_users():
    return Users(guard)


async def current(users: Users = Depends(get_users)):
    return users.load()  # blocks: time.sleep


guard = Guard()
app = FastAPI()


@app.get("/bound")
async def bound(first=Depends(guard.check), second=Depends(guard.check_in_thread)):
    return first, second


@app.get("/unbound")
async def unbound(first=Depends(Guard.static), second=Depends(Guard.of_class)):
    return first, second


@app.get("/current")
async def read_current(user=Depends(current)):
    return user
