"""The settings of a csvfile source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.documents import AnyText, Count, Duration, Flag, OneOrMore, Text, refusal
from core.fields import STANDARD
from core.instants import SECOND
from core.problems import did_you_mean


def _encoding(given: str) -> str:
    try:
        codecs.lookup(given.strip())
    except LookupError:
        raise refusal("wants an encoding, such as `utf-8`, `cp1252` or `utf-16`") from None
    return given.strip()


def _path(given: str) -> str:
    if given and not given.startswith("custom.") and not STANDARD.is_input(given):
        raise refusal(f"wants a lead field such as `person.email`, or nothing at all.{did_you_mean(given, STANDARD.fields)}")
    return given


class ReadConfig(BaseModel):
    """How a table is read where it is understood wrongly: `leadrelay inspect FILE` prints what is understood."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    encoding: Annotated[Text, AfterValidator(_encoding)] | None = Field(
        default=None, description="The encoding of text files.", examples=["cp1252"]
    )
    delimiter: Text | None = Field(
        default=None, description="What stands between two cells: the character itself, or `tab`.", examples=[";", "tab"]
    )
    quote: Text | None = Field(default=None, description="What stands around a cell: the character itself, or `none`.")
    escape: Text | None = Field(default=None, description="What stands before a quote inside a cell, where it is not doubled.")
    skip_lines: Count | None = Field(default=None, description="How many lines stand before the header or the first row.")
    header: Flag | None = Field(default=None, description="Whether the first row names the columns.")
    sheet: Text | None = Field(default=None, description="The sheet of a workbook by its name.", examples=["Leads"])
    footer: Flag | None = Field(default=None, description="`no` reads closing lines such as `Total: 5` as rows.")


class CsvFileConfig(BaseModel):
    """Which folder is watched, and how its files are read where they leave a doubt."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    folder: Text | None = Field(
        default=None,
        description="A folder whose files are imported by themselves, relative to the folder of this file. Without it: "
        "`leadrelay import` alone.",
        examples=["/data/inbox"],
    )
    done_folder: Text | None = Field(
        default=None, description="Where imported files go, with the file of their rejected rows. Default: `done` in `folder`."
    )
    failed_folder: Text | None = Field(
        default=None,
        description="Where files go that can not be imported, with a text that says why. Default: `failed` in `folder`.",
    )
    every: Duration = Field(default=5 * SECOND, ge=100, description="How often to look into `folder`.")
    quiet_for: Duration = Field(
        default=5 * SECOND,
        description="How long a file must not have changed before it is read, since it may still be uploading.",
    )
    patterns: OneOrMore = Field(
        default=(),
        description="Only files with such names. Default: all but hidden and partly uploaded ones.",
        examples=[["*.csv"]],
    )
    columns: dict[str, Annotated[AnyText, AfterValidator(_path)]] = Field(
        default={},
        description="The lead field of a column, where its name leaves a doubt; nothing for a column that is only kept.",
        examples=[{"Title": "person.job_title", "Kontakt": ""}],
    )
    read: ReadConfig = Field(default=ReadConfig(), description="How tables are read.")
    test: Flag = Field(default=False, description="Whether the leads of this source are test leads, which no CRM gets.")

    @model_validator(mode="after")
    def _is_no_circle(self) -> CsvFileConfig:
        for name in ("done_folder", "failed_folder"):
            given = getattr(self, name)
            if given is not None and self.folder is not None and Path(given) == Path(self.folder):
                raise refusal(
                    f"names the watched folder as its `{name}` too, so files would be read again and again. Name another one"
                )
        return self
