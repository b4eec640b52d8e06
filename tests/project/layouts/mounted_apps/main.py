import time

from admin import admin_app
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

app = FastAPI()
reports = FastAPI()
app.mount("/admin", admin_app)
app.mount("/reports", app=reports, name="reports")
app.mount("/static", StaticFiles(directory="static"))


@reports.get("/daily")
async def daily():
    time.sleep(1)  # blocks: time.sleep
