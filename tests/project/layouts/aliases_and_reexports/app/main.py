import app.services.weather as weather_service
from app import services as svc
from app.services import fetch_weather
from fastapi import FastAPI as Application

app = Application()
load = fetch_weather


@app.get("/weather/{city}")
async def weather(city: str):
    return fetch_weather(city)  # blocks: requests.get


@app.get("/weather/{city}/again")
async def weather_again(city: str):
    return svc.fetch_weather(city)  # blocks: requests.get


@app.get("/weather/{city}/latest")
async def weather_latest(city: str):
    first = weather_service.latest(city)  # blocks: requests.get
    return [first, load(city), weather_service.fetch_by_alias(city)]  # blocks: requests.get, requests.get


@app.post("/mail/{address}")
async def mail(address: str):
    svc.send_mail(address)  # blocks: smtplib.SMTP
