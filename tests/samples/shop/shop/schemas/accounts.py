from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Registration(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)
    name: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=8, max_length=72)
    referral: str | None = None


class Login(BaseModel):
    email: str
    password: str


class PasswordChange(BaseModel):
    old_password: str
    new_password: str = Field(min_length=8, max_length=72)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    is_admin: bool
    created_at: datetime


class AddressIn(BaseModel):
    street: str
    city: str
    country: str = Field("DE", min_length=2, max_length=2)


class AddressOut(AddressIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


class CustomerCard(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    addresses: list[AddressOut]
