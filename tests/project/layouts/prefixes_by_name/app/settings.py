from pydantic_settings import BaseSettings

ADMIN_PREFIX = "/admin"


class Settings(BaseSettings):
    API_V1_STR: str = "/api/v1"
    name: str = "shop"


settings = Settings()
