"""
How Alembic runs the revisions: on the connection that it is handed, in its transaction.
"""

from alembic import context

from smscore_sqlmodel._rows import metadata
from smscore_sqlmodel._sqlite import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
