from . import health, orders, users

ROUTERS = [health.router, users.admin_router]
