from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, HTTPException
from fastapi.concurrency import run_in_threadpool

from shop.background import confirm_order_in_thread
from shop.dependencies import AsyncSessionDep, CurrentUser, SessionDep, UsersDep
from shop.models import Address, User
from shop.schemas.accounts import (
    AddressIn,
    AddressOut,
    Login,
    PasswordChange,
    Registration,
    Token,
    UserOut,
)
from shop.security import (
    avatar_digest,
    create_token,
    hash_api_key,
    hash_password,
    new_referral_code,
    passwords,
    verify_password,
)
from shop.services.audit import audited, audited_in_thread
from shop.services.offload import run_blocking

router = APIRouter(prefix="/users", tags=["users"])


@router.post("", status_code=201, response_model=UserOut)
async def register(payload: Registration, users: UsersDep) -> User:
    hashed = hash_password(payload.password)
    user = User(email=payload.email, name=payload.name, password_hash=hashed)
    user.referral_code = new_referral_code()
    return users.add(user)


@router.post("/login")
def login(payload: Login, users: UsersDep) -> Token:
    user = users.by_email(payload.email)
    if user is None or not verify_password(payload.password, user.password_hash):
        raise HTTPException(401, "Wrong email or password.")
    return Token(access_token=create_token(user.email))


@router.get("/me", response_model=UserOut)
async def read_me(user: CurrentUser) -> User:
    return user


@router.put("/me/password", status_code=204)
@audited("change password")
async def change_password(payload: PasswordChange, user: CurrentUser, session: SessionDep) -> None:
    if not await run_in_threadpool(verify_password, payload.old_password, user.password_hash):
        raise HTTPException(403, "The old password is not right.")
    user.password_hash = await run_blocking(hash_password, payload.new_password)
    await run_blocking(session.commit)


@router.post("/me/check", status_code=204)
@audited_in_thread("check password")
async def check_password(user: CurrentUser, password: Annotated[str, Body(embed=True)]) -> None:
    if not passwords.verify(password, user.password_hash):
        raise HTTPException(403, "Wrong password.")


@router.post("/me/api-key")
async def create_api_key(user: CurrentUser) -> dict[str, str]:
    key = f"{user.id}-{new_referral_code()}"
    return {"key": key, "hash": hash_api_key(key, salt=user.email.encode())}


@router.get("/me/avatar")
async def avatar(user: CurrentUser) -> dict[str, str]:
    return {"url": f"https://avatars.invalid/{avatar_digest(user.email)}"}


@router.post("/me/renew")
async def renew_token(user: CurrentUser) -> Token:
    return Token(access_token=create_token(user.email))


@router.post("/me/addresses", status_code=201, response_model=AddressOut)
async def add_address(payload: AddressIn, user: CurrentUser, session: AsyncSessionDep) -> Address:
    address = Address(user_id=user.id, **payload.model_dump())
    session.add(address)
    await session.commit()
    await session.refresh(address)
    return address


@router.put("/me/name", response_model=UserOut)
async def rename(name: Annotated[str, Body(embed=True)], user: CurrentUser, session: SessionDep) -> User:
    user.name = name
    session.commit()
    return user


@router.get("/me/referrals", response_model=UserOut)
def referred_by(user: CurrentUser, users: UsersDep, code: str) -> User:
    return users.by_referral(code) or user


@router.post("/me/welcome", status_code=202)
def welcome_again(user: CurrentUser, tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(confirm_order_in_thread, user.email, "welcome")
    return {"status": "queued"}
