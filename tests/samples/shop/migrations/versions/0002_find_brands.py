"""find brands"""

import time

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_products_brand", "products", ["brand"])
    time.sleep(1)


def downgrade() -> None:
    op.drop_index("ix_products_brand", "products")
