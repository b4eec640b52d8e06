from fastapi import APIRouter
from services import mail

router = APIRouter()


@router.get("/")
async def read():
    mail.send("b@example.com")  # blocks: time.sleep
