import uuid

import requests
import socketio
import strawberry
from fastapi import FastAPI
from fastapi_users import BaseUserManager, UUIDIDMixin
from sqladmin import ModelView
from sqladmin.authentication import AuthenticationBackend
from strawberry.permission import BasePermission

app = FastAPI()


class User:
    id: uuid.UUID


class Users(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    async def on_after_register(self, user, request=None):
        requests.post("https://mail.example")  # blocks: requests.post

    async def rarely(self):
        return requests.get("https://mail.example").ok


class Login(AuthenticationBackend):
    async def login(self, request):
        return requests.get("https://users.example").ok  # blocks: requests.get


class Other:
    async def login(self, request):
        return requests.get("https://users.example").ok


class UserView(ModelView):
    def is_accessible(self, request):
        return requests.get("https://rights.example").ok  # blocks: requests.get


class Chat(socketio.AsyncNamespace):
    async def on_message(self, sid, data):
        requests.post("https://log.example", json=data)  # blocks: requests.post

    async def once(self):
        requests.post("https://log.example")


class Allowed(BasePermission):
    def has_permission(self, source, info, **kwargs):
        return requests.get("https://rights.example").ok  # blocks: requests.get


@strawberry.type
class Query:
    name: str = ""
