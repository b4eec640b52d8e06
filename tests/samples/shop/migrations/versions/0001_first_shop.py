"""first shop"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False),
        sa.Column("product_id", sa.ForeignKey("products.id"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("wishes")
