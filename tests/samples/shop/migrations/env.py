from alembic import context

from shop import models  # noqa: F401
from shop.database import Base, create_tables, engine

create_tables()

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
