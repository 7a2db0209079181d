from decimal import Decimal
from pathlib import Path

import pytest

from gateway.usage.invoice import InvoiceError, read, words

OPENAI_COST = """\
start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id
1790467200,1790553600,2026-09-27T00:00:00+00:00,2026-09-28T00:00:00+00:00,,,,,,
1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,0.0038,usd,,,"gpt-4o-2024-08-06, input",p1
1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,0.0100,usd,,,"gpt-4o-2024-08-06, output",p1
"""
OPENAI_USAGE = """\
start_time,end_time,start_time_iso,end_time_iso,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens
1790553600,1790553660,2026-09-28T00:00:00+00:00,2026-09-28T00:01:00+00:00,gpt-4o-2024-08-06,2,3608,564,100
1790553660,1790553720,2026-09-28T00:01:00+00:00,2026-09-28T00:02:00+00:00,gpt-4o-2024-08-06,1,100,10,0
"""
ANTHROPIC_COST = """\
usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type
2026-09-28,Claude Haiku 4.5,Default,key,message,\u2264 200k,input_no_cache,0.05,0.05,token
2026-09-28,Claude Haiku 4.5,Default,key,message,\u2264 200k,output,0.02,0.02,token
"""
ANTHROPIC_USAGE = """\
usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,\
usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count
2026-09-28,claude-haiku-4-5-20251001,key,Default,message,\u2264 200k,10,20,30,40,7,0
"""
OTHER = """\
Date;ignored
"""


@pytest.mark.parametrize(
    ("text", "form", "model", "sums"),
    [
        pytest.param(OPENAI_COST, "OpenAI's costs", "gpt-4o", (None, None, None, "0.0138"), id="OpenAI's costs"),
        pytest.param(OPENAI_USAGE, "OpenAI's usage", "gpt-4o", ("3", "3708", "574", None), id="OpenAI's usage"),
        pytest.param(ANTHROPIC_COST, "Anthropic's costs", "claude-haiku-4-5", (None, None, None, "0.07"), id="Anthropic's costs"),
        pytest.param(ANTHROPIC_USAGE, "Anthropic's usage", "claude-haiku-4-5", (None, "100", "7", None), id="Anthropic's usage"),
    ],
)
def test_files_of_consoles_are_known_by_their_columns(
    tmp_path: Path, text: str, form: str, model: str, sums: tuple[str | None, ...]
) -> None:
    path = tmp_path / "invoice.csv"
    path.write_text("\ufeff" + text, encoding="utf-8")
    invoice = read(path)
    assert invoice.form.name == form
    ((key, found),) = invoice.sums.items()
    assert key == ("2026-09-28", words(model))
    assert (found.requests, found.prompt, found.completion, found.cost) == tuple(None if one is None else Decimal(one) for one in sums)


def test_any_other_file_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "invoice.csv"
    path.write_text('date,sku,in,cached,usd\n2026-09-28,m,10,5,"$1,234.50"\n2026-09-28,m,1,1,0.5\n')
    invoice = read(path, "day=date,model=sku,prompt=in+cached,cost=usd")
    (found,) = invoice.sums.values()
    assert found.prompt == 17
    assert found.cost == Decimal("1235.00")


@pytest.mark.parametrize(
    ("text", "columns", "sentence"),
    [
        pytest.param("a,b\n1,2\n", "", "has the columns a, b: it is none of OpenAI's costs", id="unknown columns"),
        pytest.param("", "", r"has the columns \(none\)", id="an empty file"),
        pytest.param("a,b\n1,2\n", "day=a,model=b,cost=c", "has the columns a, b: they are not among them", id="columns that it lacks"),
        pytest.param("a,b\n1,2\n", "day=a,cost=b", "--columns names day, model", id="no model named"),
        pytest.param("a,b,c\n1,2,3\n", "day=a,model=b,price=c", "--columns names day, model", id="an unknown measure"),
        pytest.param("d,m,c\n2026-09-28,m,much\n", "day=d,model=m,cost=c", "line 2: there is something else", id="no number"),
        pytest.param("d,m,c\n2026-09-28,m,nan\n", "day=d,model=m,cost=c", "line 2: there is something else", id="no finite number"),
        pytest.param("d,m,c\nmonday,m,1\n", "day=d,model=m,cost=c", "line 2: there is no day", id="no day"),
        pytest.param("d,m,c\n1e300,m,1\n", "day=d,model=m,cost=c", "line 2: there is no day", id="no day of this world"),
        pytest.param(OPENAI_COST.replace("usd", "eur"), "", "in eur, and only USD", id="another currency"),
    ],
)
def test_what_is_no_invoice_is_refused_in_a_sentence(tmp_path: Path, text: str, columns: str, sentence: str) -> None:
    path = tmp_path / "invoice.csv"
    path.write_text(text)
    with pytest.raises(InvoiceError, match=sentence):
        read(path, columns)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "invoice.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvoiceError, match="no CSV"):
        read(path)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06, cached input", True),
        ("anthropic/claude-3-5-haiku-20241022", "Claude Haiku 3.5", True),
        ("claude-3-7-sonnet-latest", "Claude Sonnet 3.7", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4.1", "gpt-4", False),
    ],
)
def test_models_are_known_by_the_words_of_their_names(one: str, other: str, is_same: bool) -> None:
    assert (words(one) == words(other)) is is_same
