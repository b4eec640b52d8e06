from . import http
from .http import get_json

client = http.Client()
