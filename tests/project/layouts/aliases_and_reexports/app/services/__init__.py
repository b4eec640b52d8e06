from .mail import *
from .weather import fetch as fetch_weather

__all__ = ["fetch_weather", "send_mail"]
