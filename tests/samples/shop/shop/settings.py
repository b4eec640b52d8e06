"""Configuration, read from SHOP_* environment variables or a .env file."""

from functools import lru_cache
from pathlib import Path
from tempfile import gettempdir

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_", env_file=".env", extra="ignore")

    title: str = "Corner Shop"
    environment: str = "development"
    debug: bool = False
    reload: bool = False
    sql_echo: bool = False
    data_folder: Path = Path(gettempdir()) / "corner-shop"
    secret_key: str = "change-me-before-you-sell-anything"
    token_minutes: int = 60 * 24
    page_size: int = 20
    thread_tokens: int = 40

    payments_url: str = "https://payments.invalid/v1"
    payments_key: str = "sandbox"
    default_payment_method: str = "offline"
    shipping_url: str = "https://shipping.invalid"
    rates_url: str = "https://rates.invalid/latest"
    stock_url: str = "https://stock.invalid"
    refresh_rates_minutes: int = 0

    smtp_host: str = "localhost"
    smtp_port: int = 2525
    mail_from: str = "hello@corner-shop.example"
    send_mail: bool = False

    storage: str = "disk"
    bucket: str = "corner-shop-media"

    @property
    def database_path(self) -> Path:
        return self.data_folder / "shop.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database_path}"

    @property
    def async_database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.database_path}"

    @property
    def media_folder(self) -> Path:
        return self.data_folder / "media"

    @property
    def export_folder(self) -> Path:
        return self.data_folder / "exports"

    @property
    def audit_log(self) -> Path:
        return self.data_folder / "audit.log"

    @property
    def maintenance_flag(self) -> Path:
        return self.data_folder / "maintenance"


@lru_cache
def get_settings() -> Settings:
    return Settings()
