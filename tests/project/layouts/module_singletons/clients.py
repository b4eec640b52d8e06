import requests


class Search:
    def query(self, text):
        return requests.get("https://search.example", params={"q": text}).json()


search = Search()

_lazy: "Search | None" = None
_shared = None
_by_tenant = {}
_by_region: dict[str, Search] = {}


def get_lazy():
    global _lazy
    if _lazy is None:
        _lazy = Search()
    return _lazy


def start():
    global _shared
    _shared = Search()


def get_shared():
    return _shared


def for_tenant(tenant):
    if tenant not in _by_tenant:
        _by_tenant[tenant] = Search()
    return _by_tenant[tenant]


def for_region(region):
    found = _by_region.get(region)
    if found is None:
        found = _by_region[region] = Search()
    return found


def for_language(language, _cache={}):
    try:
        return _cache[language]
    except KeyError:
        _cache[language] = Search()
        return _cache[language]
