import asyncio
import time

from storage import load


async def main():
    time.sleep(1)
    load("users")


if __name__ == "__main__":
    asyncio.run(main())
