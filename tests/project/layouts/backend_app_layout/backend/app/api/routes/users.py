from app.core.mail import send
from fastapi import APIRouter

router = APIRouter(prefix="/users")


@router.post("/{address}/invite")
async def invite(address: str):
    send(address)  # blocks: smtplib.SMTP
