"""`python -m shop.serve`: the shop with a thread pool as large as the settings say."""

import anyio.to_thread
import uvicorn

from shop.settings import get_settings


def main() -> None:
    settings = get_settings()
    if settings.thread_tokens != 40:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = settings.thread_tokens
    uvicorn.run("shop.main:app", host="0.0.0.0", port=8000)


if __name__ == "__main__":
    main()
