"""a role says what its members may do

Before, every admin saw all clients and nobody edited anything in the browser. Roles that only
admins have keep that right; the owner of the practice may do everything, whatever the role.

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("role", sa.Column("rights", sa.JSON(), nullable=False, server_default="[]"))
    op.execute(
        """
        UPDATE role SET rights = '["clients"]'
        WHERE EXISTS (SELECT 1 FROM member WHERE role_id = role.id AND kind = 'admin')
          AND NOT EXISTS (SELECT 1 FROM member WHERE role_id = role.id AND kind <> 'admin')
        """
    )


def downgrade() -> None:
    op.drop_column("role", "rights")
