from pathlib import Path

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader

from shop.caching import banner

FOLDER = Path(__file__).parent / "templates"

templates = Jinja2Templates(directory=FOLDER)
templates.env.filters["money"] = lambda cents: f"{cents / 100:.2f} EUR"


def page_banner() -> str:
    return banner.text()


def fresh_environment() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
