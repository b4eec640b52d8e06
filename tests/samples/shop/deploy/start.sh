#!/bin/sh
set -e
corner-shop seed
exec sh -c "uvicorn shop.main:app --host 0.0.0.0 --loop asyncio --http h11"
