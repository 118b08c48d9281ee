"""The user's own lines, rewritten: what is shown as the next step."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.finding import Place
from pytest_frictionless.rewrites import arrays
from pytest_frictionless.rewrites.branches import rewritten_branch
from pytest_frictionless.rewrites.numbers import rewritten_number, unhashable_key
from pytest_frictionless.rewrites.pooling import averaged
from pytest_frictionless.rewrites.sizes import Size, rewritten_size
from pytest_frictionless.rewrites.training import in_both_modes

if TYPE_CHECKING:
    from pathlib import Path


class Source:
    """A file with one forward(); `line` is the one that ends in `# HERE`."""

    def __init__(self, path: Path, body: str) -> None:
        body = textwrap.dedent(body).strip("\n")
        path.write_text(f"def forward(self, x, n):\n{textwrap.indent(body, '    ')}\n")
        self.file = str(path)
        lines = path.read_text().splitlines()
        self.line = next(i for i, line in enumerate(lines, 1) if line.endswith("# HERE"))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("if y.sum() > 0:  # HERE\n    return y.relu()\nreturn -y", "return torch.where(y.sum() > 0, y.relu(), -y)"),
        ("if y.sum() > 0:  # HERE\n    y = a\nelse:\n    y = b", "y = torch.where(y.sum() > 0, a, b)"),
        ("y = f(x)\nif y.sum() > 0:  # HERE\n    y += 1", "y = torch.where(y.sum() > 0, y + 1, y)"),
        ("if y.sum() > 0: return y  # HERE\nreturn -y", "return torch.where(y.sum() > 0, y, -y)"),
        ("m = y.sum().item()\nif m > 0:  # HERE\n    return y\nreturn -y", "m = y.sum()\nreturn torch.where(m > 0, y, -y)"),
        ("if y.any() and not (y > n).all():  # HERE\n    return y\nreturn -y",
         "return torch.where(y.any() & torch.logical_not((y > n).all()), y, -y)"),
        ("if y.sum():  # HERE\n    return y\nreturn -y", "return torch.where(y.sum() != 0, y, -y)"),
        ("z = y if float(y.mean()) > 0 else -y  # HERE", "z = torch.where(y.mean() > 0, y, -y)"),
        ("assert x.min() > 0, 'no'  # HERE", "if not torch.compiler.is_exporting():\n    assert x.min() > 0, 'no'"),
        ("if y.isnan().any():  # HERE\n    raise ValueError(1)",
         "if not torch.compiler.is_exporting():\n    if y.isnan().any():\n        raise ValueError(1)"),
        ("while y.norm() > 1:  # HERE\n    y = y / 2",
         "for _ in range(MOST):  # MOST: the most turns it may take\n    y = torch.where(y.norm() > 1, y / 2, y)"),
        ("for i in range(n[0]):  # HERE\n    y = y + i",
         "for i in range(MOST):  # MOST: the most turns it may take\n    y = torch.where(i < n[0], y + i, y)"),
        ("y = f(x)\nif y.sum() > 0:  # HERE\n    y = y * 2\n    z = y.relu()\nelse:\n    z = -y",
         "def when_true(y):\n    y = y * 2\n    z = y.relu()\n    return y, z\ndef when_false(y):\n    z = -y\n"
         "    return y, z\ny, z = torch.cond(y.sum() > 0, when_true, when_false, (y,))"),
        ("if y.sum() > 0:  # HERE\n    return y, 1\nreturn -y, 0",
         "def when_true():\n    return (y, 1)\ndef when_false():\n    return (-y, 0)\n"
         "return torch.cond(y.sum() > 0, when_true, when_false)"),
        ("while y.norm() > 1:  # HERE\n    print(y)", ""),
        ("y = x + 1  # HERE", ""),
    ],
)  # fmt: skip
def test_a_branch_stays_in_the_graph(tmp_path: Path, body: str, wanted: str) -> None:
    source = Source(tmp_path / "nets.py", body)
    assert rewritten_branch(source.file, source.line) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return torch.zeros(int(n[0]), 8)  # HERE",
         "size = n[0].item()\ntorch._check(size >= 0)\ntorch._check(size <= MOST)\nreturn torch.zeros(size, 8)"),
        ("return x[: int(n + 1)]  # HERE",
         "size = (n + 1).item()\ntorch._check(size >= 0)\ntorch._check(size <= MOST)\nreturn x[:size]"),
        ("return F.one_hot(n)  # HERE", "return F.one_hot(n, num_classes=CLASSES)"),
        ("return x * math.exp(x.mean())  # HERE", "return x * torch.exp(x.mean())"),
        ("return self.experts[n.argmax().item()](x)  # HERE",
         "return torch.stack([module(x) for module in self.experts])[n.argmax()]"),
        ("if z.shape[0] > 3:  # HERE\n    return z", ""),
        ("return x.tolist()  # HERE", ""),
    ],
)  # fmt: skip
def test_a_number_stays_a_tensor(tmp_path: Path, body: str, wanted: str) -> None:
    source = Source(tmp_path / "nets.py", body)
    assert rewritten_number(source.file, source.line) == wanted
    assert rewritten_number(source.file, source.line) == wanted  # the tree is left as it was


@pytest.mark.parametrize(
    ("test", "taken", "check"),
    [
        ("z.shape[0] > 3", True, "z.shape[0] > 3"),
        ("z.shape[0] > 3", False, "z.shape[0] <= 3"),
        ("z.numel() == 0", False, "z.numel() != 0"),
        ("0 < len(z) < 9", True, "0 < len(z) < 9"),
        ("0 < len(z) < 9", False, ""),
        ("not len(z)", False, ""),
    ],
)
def test_a_branch_on_a_size_is_checked_as_the_example_takes_it(
    tmp_path: Path, test: str, taken: bool, check: str
) -> None:
    source = Source(tmp_path / "nets.py", f"if {test}:  # HERE\n    return z")
    told = rewritten_number(source.file, source.line, taken=taken)
    assert told.partition("  #")[0] == (f"torch._check({check})" if check else "")


def test_of_torchs_own_checks_one_is_put_before_the_line(tmp_path: Path) -> None:
    source = Source(tmp_path / "nets.py", "return i.view(-1, 4)  # HERE")
    text = rewritten_number(
        source.file, source.line, ("torch._check(a < 2)", "torch._check(a >= 2)")
    )
    assert text.startswith("torch._check(a >= 2)  # the one of these that always holds")
    assert text.endswith("\nreturn i.view(-1, 4)")


BATCH = Size(symbol="batch", expression="x.shape[0]", constant=2)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return y.reshape(int(x.shape[0]), -1)  # HERE", "return y.reshape(x.shape[0], -1)"),
        ("return y.reshape(len(x), -1)  # HERE", "return y.reshape(x.shape[0], -1)"),
        ("return y / math.sqrt(x.shape[0])  # HERE", "return y / x.shape[0] ** 0.5"),
        ("return y.view(2, -1)  # HERE", "return y.view(x.shape[0], -1)"),
        ("return y + torch.zeros((2, 8))  # HERE", "return y + torch.zeros((x.shape[0], 8))"),
        ("z = torch.ones(2, 8)\nreturn y + z  # HERE", "z = torch.ones(x.shape[0], 8)"),
        ("for t in range(x.shape[1]):  # HERE\n    total = f(x[:, t]) + total", "total = total + f(x).sum(1)"),
        ("for t in range(x.shape[1]):  # HERE\n    out.append(f(x[:, t]))",
         "out = f(x)  # stacked along axis 1 already"),
        ("return torch.stack([f(row) for row in x])  # HERE", "return f(x)"),
        ("if x.shape[0] > 4:  # HERE\n    return y\nreturn -y",
         "return torch.where(torch.scalar_tensor(x.shape[0]) > 4, y, -y)"),
        ("return self.a(x) if x.shape[0] > 4 else self.b(x)  # HERE",
         "return torch.where(torch.scalar_tensor(x.shape[0]) > 4, self.a(x), self.b(x))"),
        ("return y if len(x) > 4 else y.reshape(int(x.shape[0]), -1)  # HERE",
         "return torch.where(torch.scalar_tensor(x.shape[0]) > 4, y, y.reshape(x.shape[0], -1))"),
        ("for t in range(x.shape[1]):  # HERE\n    state = cell(x[:, t], state)", ""),
        ("a, b = y.split(1)  # HERE", ""),
    ],
)  # fmt: skip
def test_a_size_stays_symbolic(tmp_path: Path, body: str, wanted: str) -> None:
    source = Source(tmp_path / "nets.py", body)
    text = rewritten_size(Place(file=source.file, line=source.line), BATCH)
    assert text.partition("\n")[2] == wanted


class _Net:
    class _Table:
        shape = (2, 8)

    bias = _Table()


def test_a_buffer_of_the_examples_size_is_cut(tmp_path: Path) -> None:
    source = Source(tmp_path / "nets.py", "return y + self.bias  # HERE")
    text = rewritten_size(Place(file=source.file, line=source.line), BATCH, _Net())
    assert text.startswith("The buffer has the size of one example")
    assert text.endswith("\nreturn y + self.bias[:x.shape[0]]")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return torch.from_numpy(np.tanh(y.detach().cpu().numpy()))  # HERE", "return torch.tanh(y)"),
        ("z = np.mean(y.numpy(), axis=1, keepdims=True)  # HERE", "z = torch.mean(y, dim=1, keepdim=True)"),
        ("z = float(np.concatenate([x, y]))  # HERE", "z = torch.cat([x, y])"),
        ("z = np.fft.fft(y.numpy())  # HERE", ""),
    ],
)  # fmt: skip
def test_numpy_becomes_torch(tmp_path: Path, body: str, wanted: str) -> None:
    source = Source(tmp_path / "nets.py", body)
    assert arrays.without_numpy(source.file, source.line) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return F.dropout(self.a(x), 0.3)  # HERE", "return F.dropout(self.a(x), 0.3, training=self.training)"),
        ("y = F.dropout2d(x, p=0.3, training=True)  # HERE", "y = F.dropout2d(x, p=0.3, training=self.training)"),
        ("y = torch.dropout(x, 0.3, train=True)  # HERE", "y = torch.dropout(x, 0.3, train=self.training)"),
        ("return self.dropout(x)  # HERE", ""),
        ("return F.dropout(x, **options)  # HERE", ""),
    ],
)  # fmt: skip
def test_dropout_follows_the_mode_of_the_model(tmp_path: Path, body: str, wanted: str) -> None:
    source = Source(tmp_path / "nets.py", body)
    assert in_both_modes(source.file, source.line) == wanted


def test_other_lines(tmp_path: Path) -> None:
    sparse = Source(tmp_path / "a.py", "return torch.sparse.mm(self.a, x.T).T  # HERE")
    assert arrays.dense(sparse.file, sparse.line) == "return (self.a @ x.T).T"
    copied = Source(tmp_path / "b.py", "z = copy.deepcopy(y)  # HERE")
    assert arrays.cloned(copied.file, copied.line) == "z = y.clone()"
    pooled = Source(tmp_path / "c.py", "return F.adaptive_avg_pool2d(f(x), (3, 4))  # HERE")
    assert averaged(pooled.file, pooled.line) == (
        "y = f(x)\nreturn averages(y.shape[2], 3) @ y @ averages(y.shape[3], 4).T"
    )
    key = Source(tmp_path / "d.py", "if n not in self.rows:  # HERE\n    self.rows[n] = g(n)")
    assert unhashable_key(key.file, key.line) == "rows = g(n)  # made anew each time"
    output = Source(tmp_path / "e.py", "return Output(logits=y, loss=z)  # HERE")
    assert arrays.returned(output.file, 1)[2] == 'return {"logits": y, "loss": z}'


@pytest.mark.parametrize(("file", "line"), [("nowhere.py", 3), ("", 0), ("broken.py", 1)])
def test_what_cannot_be_read_is_left_alone(tmp_path: Path, file: str, line: int) -> None:
    (tmp_path / "broken.py").write_text("def forward(")
    path = str(tmp_path / file) if file else ""
    assert rewritten_branch(path, line) == ""
    assert rewritten_number(path, line) == ""
    assert rewritten_size(Place(file=path, line=line), BATCH) == ""
    assert arrays.without_numpy(path, line) == ""
