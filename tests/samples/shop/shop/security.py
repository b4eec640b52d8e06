"""Passwords and tokens."""

import hashlib
import hmac
import secrets
from datetime import timedelta

import bcrypt
import jwt
from passlib.context import CryptContext

from shop.database import now
from shop.settings import get_settings

passwords = CryptContext(schemes=["bcrypt"], deprecated="auto", bcrypt__rounds=10)


def hash_password(plain: str) -> str:
    return passwords.hash(plain)


def verify_password(plain: str, hashed: str) -> bool:
    return passwords.verify(plain, hashed)


def hash_api_key(key: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", key.encode(), salt, 200_000).hex()


def check_pin(pin: str, hashed: bytes) -> bool:
    return bcrypt.checkpw(pin.encode(), hashed)


def create_token(email: str) -> str:
    settings = get_settings()
    expires = now() + timedelta(minutes=settings.token_minutes)
    return jwt.encode({"sub": email, "exp": expires}, settings.secret_key, algorithm="HS256")


def read_token(token: str) -> str | None:
    try:
        claims = jwt.decode(token, get_settings().secret_key, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return None
    return claims["sub"]


def signature_of(body: bytes) -> str:
    return hmac.new(get_settings().secret_key.encode(), body, hashlib.sha256).hexdigest()


def avatar_digest(email: str) -> str:
    return hashlib.md5(email.strip().lower().encode()).hexdigest()


def new_referral_code() -> str:
    return secrets.token_hex(4).upper()
