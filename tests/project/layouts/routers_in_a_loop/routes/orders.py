from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.get("/{number}")
def order(number: int):
    return number
