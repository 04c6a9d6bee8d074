"""Nothing a person types can do anything in Slack but be read."""

from datetime import UTC, datetime

import pytest

from bot.views.text import cut, escaped, moment, own_words


@pytest.mark.parametrize(
    "harm",
    [
        "<!channel>",
        "<!here|here>",
        "<@U0GRACE>",
        "<#C0GENERAL>",
        "<https://evil.example|payments>",
        "a & b",
        "&lt;!channel&gt;",
    ],
)
def test_no_mention_and_no_link_survives(harm):
    safe = escaped(harm)

    assert "<" not in safe
    assert ">" not in safe
    assert safe.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == harm


@pytest.mark.parametrize("mark", ["*bold*", "_italic_", "~strike~", "`code`"])
def test_formatting_stays_visible_and_loses_its_power(mark):
    safe = escaped(mark)

    assert safe.replace("\u200b", "") == mark
    assert f"\u200b{mark[0]}" in safe


def test_an_address_with_an_underscore_still_leads_where_it_should():
    text = escaped("See https://git.example/on_call/api_v2?a=1&b=2 and run _this_.")

    assert "https://git.example/on_call/api_v2?a=1&amp;b=2 and" in text
    assert "\u200b_this\u200b_" in text


@pytest.mark.parametrize(
    "around",
    ["*https://a.example*", "https://a.example/`x`", "_https://a.example/b_", "https://a.example/~b~|*c*"],
)
def test_no_mark_around_an_address_keeps_its_power(around):
    safe = escaped(around)

    assert sum(safe.count(mark) for mark in "*_~`") == safe.count("\u200b")


def test_a_long_text_is_cut_without_leaving_half_an_entity():
    text = escaped("a" * 8 + "<" * 10)

    for longest in range(5, len(text)):
        kept = cut(text, longest)

        assert len(kept) <= longest
        assert kept.count("&") == kept.count(";")


@pytest.mark.parametrize(
    "whole",
    [
        "<@U0GRACE>",
        moment(datetime(2026, 11, 21, 3, 10, tzinfo=UTC)),
        "<https://a.example/x?y=1|EC-2026-0001>",
    ],
)
def test_a_long_text_is_cut_without_leaving_half_a_mention_a_time_or_a_link(whole):
    text = f"Ask {whole} and {whole}. Then wait."

    for longest in range(5, len(text)):
        kept = cut(text, longest)

        assert len(kept) <= longest
        assert kept.count("<") == kept.count(">") == kept.count(whole)


def test_a_sign_that_somebody_typed_is_no_reason_to_cut_more():
    assert cut("1 < 2, and so on and on", 12) == "1 < 2, and …"


def test_a_command_in_a_sentence_can_be_copied_and_run():
    said = own_words("Nobody in on_call: run `emergency-change people link`, or `/emergency-change list`.")

    assert said == (
        "Nobody in on\u200b_call: run `emergency-change people link`, or `/emergency-change list`."
    )


@pytest.mark.parametrize(
    "harm", ["`emergency-change <!channel>`", "`*bold*`", "`emergency-change\n*bold*`", "`emergency-changes`"]
)
def test_only_a_command_is_spared_and_nothing_in_it_reaches_anybody(harm):
    safe = own_words(harm)

    assert "<" not in safe
    assert "*" not in safe.replace("\u200b*", "")


def test_a_time_is_shown_in_the_readers_zone_with_utc_for_those_who_cannot():
    shown = moment(datetime(2026, 11, 21, 3, 10, tzinfo=UTC))

    assert shown == "<!date^1795230600^{date_short_pretty} {time}|2026-11-21 03:10 UTC>"
