"""What is asked of signed results of GPU runs."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import FilePath, Whole


class Evidence(Section):
    """Signed results of GPU runs, which answer where there is no GPU."""

    require: bool = Field(
        False,
        strict=True,
        description="Whether an item that needs a GPU fails where there is neither a GPU nor "
        "evidence that holds.",
    )
    folder: FilePath = Field("evidence", description="Folder of the evidence.")
    keys: tuple[FilePath, ...] = Field(
        (),
        description="Public keys whose signatures count; every .pub file in keys/ of the folder "
        "where none is given.",
    )
    max_age_days: Whole | None = Field(
        None, gt=0, description="Days after which the GPU run behind it is too old."
    )
