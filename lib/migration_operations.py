"""Operations that migrations of every app may use."""

from collections.abc import Sequence
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

COMES_WITH_ITS_MODEL = (migrations.AddField, migrations.AddConstraint, migrations.AddIndex)


class CreatePartitionedModel(migrations.CreateModel):
    """`CreateModel` whose table is partitioned by range of `recorded_at`, with a default."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE (recorded_at)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')


class Together(Operation):
    """Create models and add to them, or to others, in one step.

    Django builds every model anew for each operation; a hundred of them one by one make a
    fresh database take most of a minute. A model is created as it is at the end of the step:
    with its fields, constraints and indexes, whichever operation of the step names them.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        created = {
            operation.name_lower
            for operation in operations
            if isinstance(operation, migrations.CreateModel)
        }
        self.in_the_database = [
            operation
            for operation in operations
            if not (
                isinstance(operation, COMES_WITH_ITS_MODEL)
                and operation.model_name_lower in created
            )
        ]

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # rendered once, when next asked for
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        for operation in self.in_the_database:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        for operation in reversed(self.in_the_database):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Take {len(self.operations)} steps at once"
