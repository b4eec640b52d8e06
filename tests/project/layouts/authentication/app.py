import requests
import strawberry
from fastapi import Depends, FastAPI, Request
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from strawberry.fastapi import GraphQLRouter


class Tokens(AuthenticationBackend):
    async def authenticate(self, conn):
        name = requests.get("https://users.example").text  # blocks: requests.get
        return AuthCredentials(["authenticated"]), SimpleUser(name)


class Unused(AuthenticationBackend):
    async def authenticate(self, conn):
        return requests.get("https://users.example").text


def settings():
    return requests.get("https://settings.example").json()


async def context(request: Request, found=Depends(settings)):
    return {"tenant": requests.get("https://tenants.example").text}  # blocks: requests.get


def root():
    return requests.get("https://root.example").text


@strawberry.type
class Query:
    name: str = ""


app = FastAPI()
app.add_middleware(AuthenticationMiddleware, backend=Tokens())
graphql = GraphQLRouter(strawberry.Schema(Query), context_getter=context, root_value_getter=root)
app.include_router(graphql, prefix="/graphql")
