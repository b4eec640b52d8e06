import asyncio
import time

import click


async def migrate():
    time.sleep(1)
    with open("migration") as stream:
        return stream.read()


@click.command()
def command():
    asyncio.run(migrate())


def console():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(migrate())
