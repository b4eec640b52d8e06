import requests as http

get = http.get


def fetch(city):
    return http.get(f"https://weather.example/{city}").json()


def fetch_by_alias(city):
    return get(f"https://weather.example/{city}")


latest = fetch
