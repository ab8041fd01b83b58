"""What is a person's and goes, and what is an office's and stays; all names and numbers are made up."""

import pytest

from graph.privacy import without_contacts


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Kysy: Maija Meikäläinen, puh. 040 123 4567", "Kysy: […], puh. […]"),
        ("Maija Anneli Meikäläinen, p. 09 310 1691", "[…], p. 09 310 1691"),
        ("Johtaja\nMaija Meikäläinen\nKatu 1\npuh. 09 310 1691", "Johtaja\n[…]\nKatu 1\npuh. 09 310 1691"),
        ("Meikäläinen, Maija, maija.meikalainen@hel.fi", "[…], […]"),
        ("0401234567 (Maija Meikäläinen)", "[…] ([…])"),
        ("maija.meikalainen(at)hel.fi tai kirjaamo@hel.fi", "[…] tai kirjaamo@hel.fi"),
        (
            "Yhteys 09 310 1691: ESIMERKKI OYMAIJA MEIKÄLÄINEN, puh. 09 310 1692",
            "Yhteys 09 310 1691: ESIMERKKI […], puh. 09 310 1692",
        ),
        ("Henkilötunnus 010190-123A", "Henkilötunnus […]"),
        ("Soita +358 50 123 4567 tai +358 9 310 1691", "Soita […] tai +358 9 310 1691"),
    ],
)
def test_what_is_a_persons_is_taken_out(text: str, cleaned: str) -> None:
    assert without_contacts(text).text == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Päätös HEL 2020-045123456 on voimassa.",
        "Tilinumero FI21 1234 5600 0007 85",
        "Kirjaamo, puh. 09 310 13700, helsinki.kirjaamo@hel.fi",
        "Aino Ackté on Helsingin historiaa.",
        "Mannerheimintie 5 A 40 500 Helsinki, puh. 09 310 1691",
        "Hinta 0,45 euroa, 2045 asukasta",
        "Y-tunnus 0201256-6",
    ],
)
def test_what_is_an_offices_or_no_contact_at_all_stays(text: str) -> None:
    assert without_contacts(text) == (text, ())
