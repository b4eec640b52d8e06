import time


async def test_root():
    time.sleep(1)
