from fastapi import Depends, FastAPI
from repositories import Order, Orders, Repository, Service, User, Users
from sqlalchemy.orm import Session

app = FastAPI()


def get_session() -> Session:
    return Session()


@app.get("/users/{key}")
async def user(key: int, session: Session = Depends(get_session)):
    return Users(session).get(key)  # blocks: sqlalchemy.orm.Session.get


@app.get("/users/{key}/avatar")
async def avatar(key: int):
    users = Users(None)
    return users.build().avatar()  # blocks: requests.get


@app.get("/users/first/avatar")
async def first_avatar():
    user = await Users(None).first()
    return user.avatar()  # blocks: requests.get


@app.get("/orders/{key}/avatar")
async def order_avatar(key: int):
    return Orders(None).build().avatar()


@app.get("/plain/{key}")
async def plain(key: int, users: Repository[User] = Depends(Users)):
    return users.build().avatar()  # blocks: requests.get


@app.get("/direct/{key}")
async def direct(key: int):
    return Repository[User](None).build().avatar()  # blocks: requests.get


@app.get("/names/{name}")
async def by_name(name: str):
    return Users(None).by_name(name)  # blocks: sqlalchemy.orm.Session.get


@app.get("/service/{key}")
async def service(key: int, found: Service[int, User] = Depends()):
    return found.fetch(key).avatar()  # blocks: requests.get


@app.get("/avatars")
async def avatars():
    return [user.avatar() for user in Users(None).all()]  # blocks: requests.get, sqlalchemy.orm.Session.scalars
