"""What every section is made of: frozen models that know no other keys, and the scalar types with their units."""

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from protocol_sim.numeric.units import parse_usd, usd_text


class Section(BaseModel):
    """A part of the scenario file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    known = "one of " + ", ".join(cls.model_fields)
                    raise PydanticCustomError("unknown_key", "{expected}", {"expected": known, "key": key})
        return data


def expect(what: str) -> PydanticCustomError:
    """The error of a value that is not `what`."""
    return PydanticCustomError("expected", "{expected}", {"expected": what})


def _wide(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d[\d_]*", value):
        return int(value.replace("_", ""))
    raise expect("an integer that is not negative, or its digits as text")


def _flag_or_wide(value: Any) -> int:
    return value if isinstance(value, bool) else _wide(value)


def _wide_plain(value: int) -> int | str:
    return value if value < 2**63 else str(value)   # TOML promises 64 bits only


def _usd(value: Any) -> int:
    if not isinstance(value, str):                  # a bare 1 could mean a dollar or 1e-8 of one
        raise expect("a USD price as text, such as '0.5231'")
    try:
        return parse_usd(value)
    except ValueError as error:
        raise expect(f"a USD price as text: {error}") from None


Name = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$", description="a name without spaces or dots")]
Text = StrictStr
Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=0, lt=2**40)]                       # the width of Aave's times
Positive = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Seed = Annotated[StrictInt, Field(ge=0, lt=2**64)]
Bps = Annotated[StrictInt, Field(ge=0, le=65_535)]                        # 10_000 = 100 %; the width that Aave stores
Wide = Annotated[int, BeforeValidator(_wide), Field(lt=2**256), PlainSerializer(_wide_plain)]
FlagOrWide = Annotated[int, PlainValidator(_flag_or_wide), PlainSerializer(_wide_plain)]
Usd = Annotated[int, BeforeValidator(_usd), Field(gt=0, lt=2**62), PlainSerializer(usd_text)]   # 8 decimals
Amount = StrictStr                                                        # "12.5 CRV" or raw digits; see `Scenario.raw`
Number = Annotated[float, Field(allow_inf_nan=False)]
