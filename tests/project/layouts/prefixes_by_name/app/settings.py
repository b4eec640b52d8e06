from pydantic_settings import BaseSettings

API = "/api"
VERSION_1 = "/v1"
ADMIN_PREFIX = "/admin"


class Settings(BaseSettings):
    API_V1_STR: str = "/api/v1"
    name: str = "shop"


settings = Settings()
