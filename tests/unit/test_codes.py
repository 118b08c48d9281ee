"""Records of finding codes, and the command that prints them."""

from __future__ import annotations

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.codes import CODES
from pytest_frictionless.codes.record import read_record

RECORD = """# FR202 data-dependent control flow

<!-- arguments: --frictionless-timeout 5 -->

A branch depends
on a value.

**Next**: Use
torch.where.

## How it arises

So.

## Example

`shop/nets.py`

```python
x = 1
```

`make.py`

````python
text = '''
```
'''
````

## Mended

`shop/nets.py`

```python
x = 2
```
"""


def test_a_record_is_read_as_its_parts() -> None:
    code = read_record(RECORD)
    assert (code.id, code.title) == ("FR202", "data-dependent control flow")
    assert code.meaning == "A branch depends on a value."
    assert code.remedy == "Use torch.where."
    assert code.remarks == {"arguments": "--frictionless-timeout 5"}
    assert code.how == "So."
    assert code.example == {"shop/nets.py": "x = 1\n", "make.py": "text = '''\n```\n'''\n"}
    assert code.mended == {"shop/nets.py": "x = 2\n"}
    assert "arguments" not in code.page


def test_a_class_of_failure_has_a_name_before_its_code() -> None:
    assert read_record("# E1 FR202 a branch\n\nSo.\n").id == "FR202"


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with"):
        read_record("FR202\n")


def test_codes_are_in_order_and_asked_for_by_id() -> None:
    assert list(CODES) == sorted(CODES)
    assert "FR202" in CODES
    assert "FR000" not in CODES


def test_explain_prints_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "fr202"]) == 0
    said = capsys.readouterr().out
    assert CODES["FR202"].title in said
    assert "torch.where" in said


def test_explain_without_a_code_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CODES)


def test_explain_of_an_unknown_code_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "FR2020"]) == 2
    assert "FR202" in capsys.readouterr().err
