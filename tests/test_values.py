"""Single values of registers, against the judgement of others where there is one."""

import random

from stdnum.fi import ytunnus

from loaders.values import Values, decimal


def test_business_ids_are_judged_as_python_stdnum_judges_them() -> None:
    chance = random.Random(5)
    usable = 0
    for _ in range(10_000):
        text = f"{chance.randrange(10_000_000):07}-{chance.randrange(10)}"
        found = Values("units").business_id("business_id", text)
        assert (found == text) is ytunnus.is_valid(text), text
        usable += found is not None
    # One in eleven has no check digit, and of ten digits one is right.
    assert 800 < usable < 1000


def test_business_ids_are_read_with_and_without_hyphen_and_leading_zero() -> None:
    values = Values("units")
    for text in ("0201256-6", "02012566", " 201256-6", "0201256 - 6"):
        assert values.business_id("business_id", text) == "0201256-6"
    assert values.dropped == {}
    assert values.business_id("business_id", "0201256-7") is None and values.dropped


def test_amounts_are_decimals_with_two_places_at_most() -> None:
    texts = {"1 250,50": "1250.5", "-7.4": "-7.4", "0": "0", "1,234": None, "1e3": "1000", "NaN": None, "": None}
    assert {text: found and found.text for text in texts for found in [decimal(text)]} == texts
