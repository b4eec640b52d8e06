from channels import Base, Channel, Log, Mail, Rates, Signed
from fastapi import Depends, FastAPI

app = FastAPI()


def get_channel() -> Channel:
    return Mail()


@app.post("/mail")
async def mail(text: str):
    Mail().send(text)  # blocks: smtplib.SMTP


@app.post("/log")
async def log(text: str):
    Log().deliver(text)
    return Log().queue_length


@app.post("/signed")
async def signed(text: str):
    Signed().deliver(text)  # blocks: smtplib.SMTP
    return Signed().withdraw()  # blocks: requests.get


@app.post("/any")
async def any_channel(text: str, channel: Channel = Depends(get_channel)):
    channel.deliver(text)  # blocks: smtplib.SMTP
    return channel.queue_length  # blocks: requests.get


@app.post("/rates")
async def rates():
    return await Rates().refresh()
