"""Forms in the GOV.UK pattern: fields, dates, rows, and the renderer that draws them.

Use the fields through the package: `govuk.LongTextField(label="What we know", ...)`. The markup
comes from `templates/govuk/`, through the setting FORM_RENDERER.
"""

from lib.govuk.carried import CarriedId, CarriedNumber
from lib.govuk.dates import (
    DateField,
    MomentField,
    OptionalDateField,
    PartialDateField,
)
from lib.govuk.fields import (
    ChoiceField,
    EmailField,
    FileField,
    LongTextField,
    ManyChoicesField,
    RecordField,
    RecordsField,
    SelectField,
    TextField,
    TickField,
    WholeNumberField,
    YesNoField,
)
from lib.govuk.once import OnceForm
from lib.govuk.rows import RowSet, asked_for_another_row, row_set, with_another_row

__all__ = [
    "CarriedId",
    "CarriedNumber",
    "ChoiceField",
    "DateField",
    "EmailField",
    "FileField",
    "LongTextField",
    "ManyChoicesField",
    "MomentField",
    "OnceForm",
    "OptionalDateField",
    "PartialDateField",
    "RecordField",
    "RecordsField",
    "RowSet",
    "SelectField",
    "TextField",
    "TickField",
    "WholeNumberField",
    "YesNoField",
    "asked_for_another_row",
    "row_set",
    "with_another_row",
]
