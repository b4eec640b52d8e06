try:
    from app.cloud import Client
except ImportError:
    from app.local import Client

try:
    import orjson as json
except ImportError:
    import json

try:
    import requests
except ImportError:
    requests = None

__all__ = ["Client", "json", "requests"]
