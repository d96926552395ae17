"""JSON, format 1: what docs/json.md says, held against what the command prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.explain.derived import EXAMPLES, WITH_NUMBERS, asked, forward_text, paper

from chainrule.explain.schema import explanation_json, solution_json
from chainrule.explain.solution import solve

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]
Json = dict[str, Any]

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
every_example_with_numbers = pytest.mark.parametrize(
    "path", WITH_NUMBERS, ids=lambda path: path.stem
)


def solved(text: str) -> Json:
    """The document of `chainrule solve --json`, written and read back."""
    read = paper(text)
    found = solution_json(solve(read), forward_text(read))
    return read_back(found)


def explained(text: str) -> Json:
    """The document of `chainrule explain --json`, written and read back."""
    read = paper(text)
    steps = forward_text(read)
    return read_back(explanation_json(solve(read), steps, asked(text)))


def read_back(found: Json) -> Json:
    """Through text, which must be JSON without NaN and leave everything as it was."""
    again: Json = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    return again


def documented(heading: str) -> set[str]:
    """The keys in the first table below a text."""
    table = PAGE.split(heading, 1)[1].split("| --- | --- |\n", 1)[1].split("\n\n", 1)[0]
    first_cells = "".join(line.split(" | ")[0] for line in table.splitlines())
    return set(re.findall(r"`(\w+)`", first_cells))


def size(shape: list[int]) -> int:
    return int(np.prod(shape))


def shape_of(value: Any) -> list[int]:
    """The shape of nested lists, all of the same length at each level."""
    if not isinstance(value, list):
        assert isinstance(value, float) or value in ("inf", "-inf", "nan")
        return []
    (inner,) = {tuple(shape_of(entry)) for entry in value}
    return [len(value), *inner]


def assert_sized(one: Json) -> None:
    assert set(one) >= {"shape", "value"}
    assert shape_of(one["value"]) == one["shape"]


# The page.

TOP = documented("# JSON, format 1")
FORWARD = documented('`"kind": "forward"`')
DERIVATION = documented('`"kind": "derivation"`')
LINK = {"symbol", "matrix_shape", "diagonal", "numbers"}
FACTOR = {"closed", "symbolic", "sentence", "remarks"}
FORK = {"formula", "paths", "path_products", "paths_in_all"}
PRODUCT = {"symbol", "formula", "matrix_shape", "diagonal", "numbers"}


def test_the_page_lists_the_keys_that_are_tested_here() -> None:
    assert {"format", "values", "derivatives", "updates", "steps"} <= TOP
    links = PAGE[PAGE.index("A link is a factor or a fork") :]
    for key in (*LINK, *FACTOR, *FORK):
        assert f"`{key}`" in links
    products = next(line for line in PAGE.splitlines() if line.startswith("| `products`"))
    assert set(re.findall(r"`(\w+)`", products)) == {"products", *PRODUCT}


def test_the_page_shows_what_the_command_prints() -> None:
    ((command, shown),) = re.findall(r"^```\n\$ chainrule (.*)\n(.*)\n```$", PAGE, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-m", "chainrule.cli.main", *command.split()],
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == shown + "\n"


# The documents of the examples.


@every_example_with_numbers
def test_solve_has_the_documented_keys(path: Path) -> None:
    found = solved(path.read_text(encoding="utf-8"))
    assert set(found) == TOP
    assert found["format"] == 1
    for one in (*found["values"].values(), *found["derivatives"].values()):
        assert set(one) == {"shape", "value"}
        assert_sized(one)
    for change in found["updates"].values():
        assert set(change) == {"old", "gradient", "new"}
        assert shape_of(change["old"]) == shape_of(change["new"]) == shape_of(change["gradient"])
    for step in found["steps"]:
        assert step["kind"] == "forward"
        assert set(step) == {"kind", *FORWARD}
        assert_sized(step)
        assert {key: step[key] for key in ("shape", "value")} == found["values"][step["name"]]
    assert all(isinstance(line, str) for line in (*found["conventions"], *found["notes"]))


@every_example
def test_solve_names_everything_that_was_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read, found = paper(text), solved(text)
    questions = {question.text: question.is_derivative for question in read.questions}
    names = [*read.graph.names, *(text for text, about in questions.items() if not about)]
    assert set(found["values"]) == set(names)
    assert set(found["derivatives"]) == {text for text, about in questions.items() if about}
    assert set(found["updates"]) == {update.name for update in read.updates}
    assert [step["name"] for step in found["steps"]] == [one.name for one in read.definitions]


@every_example
def test_every_number_reads_back_as_the_same_number(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    solution, found = solve(paper(text)), solved(text)
    arrays = dict(solution.givens) | {one.name: one.value for one in solution.values}
    for name, value in arrays.items():
        assert np.array(found["values"][name]["value"]).tobytes() == value.tobytes()
    for answer in solution.answers:
        group = found["derivatives" if answer.is_derivative else "values"]
        assert np.array(group[answer.text]["value"]).tobytes() == answer.value.tobytes()
    for change in solution.changes:
        shown = found["updates"][change.name]
        assert change.gradient is not None
        for key, value in (("old", change.old), ("gradient", change.gradient), ("new", change.new)):
            assert np.array(shown[key]).tobytes() == value.tobytes()


@every_example_with_numbers
def test_explain_has_the_documented_keys(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = explained(text)
    assert set(found) == {*TOP, "answers"}
    assert found["answers"] == solved(text)["derivatives"]
    derivations = [step for step in found["steps"] if step["kind"] == "derivation"]
    forward = [step for step in found["steps"] if step["kind"] == "forward"]
    assert forward == solved(text)["steps"]
    assert len(derivations) == len(found["derivatives"]) == len(asked(text)) > 0
    for step, own in zip(derivations, found["derivatives"].values(), strict=True):
        assert set(step) == {"kind", *DERIVATION}
        names = f"{step['of']}/∂{step['wrt']}", f"{step['of']}/d{step['wrt']}"
        assert step["chain"].startswith((f"∂{names[0]} = ", f"d{names[1]} = "))
        assert step["result"] == own
        assert_sized(step["result"])
        assert step["closed_form"] is None or isinstance(step["closed_form"], str)
        assert set(step["verified"]) == {"method", "largest_error", "relative_error"}
        assert step["verified"]["relative_error"] < 1e-6
        for link in step["factors"]:
            assert_link(link)
        assert len(step["products"]) == len(step["factors"]) - 1
        for product in step["products"]:
            assert set(product) == PRODUCT
            assert_numbers(product)


def assert_link(link: Json) -> None:
    assert_numbers(link)
    if link["kind"] == "factor":
        assert set(link) == {"kind", *LINK, *FACTOR}
        assert all(isinstance(remark, str) for remark in link["remarks"])
    else:
        assert set(link) == {"kind", *LINK, *FORK}
        assert link["kind"] == "fork"
        assert len(link["paths"]) == min(12, link["paths_in_all"]) > 1
        for path, total in zip(link["paths"], link["path_products"], strict=True):
            assert set(total) == PRODUCT
            assert total["matrix_shape"] == link["matrix_shape"]
            assert_numbers(total)
            for factor in path:
                assert factor["kind"] == "factor"
                assert_link(factor)


def assert_numbers(one: Json) -> None:
    rows, columns = one["matrix_shape"]
    if one["diagonal"]:
        assert rows == columns
        assert shape_of(one["numbers"]) == [rows]
    else:
        assert shape_of(one["numbers"]) == [rows, columns]


# What the examples do not have.


def test_the_lecture_in_json() -> None:
    found = explained("x = [2, 3]\ny = x^2\nl = sum(y)\ndl/dx")
    step = found["steps"][-1]
    assert step["chain"] == "∂l/∂x = ∂l/∂y · ∂y/∂x"
    assert [link["numbers"] for link in step["factors"]] == [[[1.0, 1.0]], [4.0, 6.0]]
    assert [link["diagonal"] for link in step["factors"]] == [False, True]
    assert found["derivatives"] == {"∂l/∂x": {"shape": [2], "value": [4.0, 6.0]}}


def test_what_json_has_no_number_for_is_a_string() -> None:
    found = solved("x = [1000, 0, -1]\ny = exp(x)\nz = y - y\nu = -y\ndy/dx")
    assert found["values"]["y"]["value"][0] == "inf"
    assert found["values"]["u"]["value"][0] == "-inf"
    assert found["values"]["z"]["value"] == ["nan", 0.0, 0.0]
    assert found["derivatives"]["dy/dx"]["value"][0] == ["inf", 0.0, 0.0]
    assert found["notes"][0].startswith("y = exp(x) is infinite")


def test_an_update_without_a_derivative_has_no_gradient() -> None:
    found = solved("x = [1, 2]\nk = 3\nl = sum(x^2)\nx := x - 0.5 * dl/dx\nk := k + 1")
    assert found["updates"] == {
        "x": {"old": [1.0, 2.0], "gradient": [2.0, 4.0], "new": [0.0, 0.0]},
        "k": {"old": 3.0, "gradient": None, "new": 4.0},
    }


def test_a_substitution_that_would_say_nothing_is_null() -> None:
    steps = {step["name"]: step for step in solved("x = 2\ny = x\nz = x^2")["steps"]}
    assert steps["y"]["substituted"] is None
    assert steps["z"]["substituted"] == "2^2"


@pytest.mark.parametrize(
    "text", ["x = 1\nz = 2\ny = x^2\ndy/dz", "y = 2\ndy/dy", "x = 0\ny = relu(x)\ndy/dx"]
)
def test_where_there_is_nothing_to_compare_verified_is_null(text: str) -> None:
    assert explained(text)["steps"][-1]["verified"] is None


def test_more_numbers_than_are_written_out_are_null() -> None:
    step = explained("x = ones(30)\ny = outer(x, x)\nz = sum(y)\ndz/dx")["steps"][-1]
    assert [link["matrix_shape"] for link in step["factors"]] == [[1, 900], [900, 30]]
    assert [link["numbers"] is None for link in step["factors"]] == [False, True]
    assert step["result"]["value"] == [60.0] * 30


def test_a_function_at_several_points_has_a_key_for_each() -> None:
    found = explained("f(x) = x^2\nD(f)(1)\nD(f)(2)\nD(f)(3)")["derivatives"]
    assert {key: one["value"] for key, one in found.items()} == {
        "∂f/∂x": 2.0,
        "∂f/∂x (2)": 4.0,
        "∂f/∂x (3)": 6.0,
    }


def test_a_sum_over_paths_has_the_product_of_each() -> None:
    step = explained("a = 2\ny = a^2\nz = y * a\nl = 3 * z\ndz/da\ndl/da")["steps"]
    lone, chain = step[-2:]
    assert lone["chain"] == "dz/da = ∂z/∂y · ∂y/∂a + ∂z/∂a"
    assert chain["chain"] == "∂l/∂a = ∂l/∂z · (∂z/∂y · ∂y/∂a + ∂z/∂a)"
    (fork,) = lone["factors"]
    assert (lone["of"], lone["wrt"], fork["symbol"]) == ("z", "a", "dz/da")
    assert [product["numbers"] for product in fork["path_products"]] == [[[8.0]], [[4.0]]]
    assert fork["numbers"] == [[12.0]]
    assert chain["products"][0]["formula"] == "∂l/∂z · dz/da"


def test_the_keys_of_derivatives_have_round_signs_throughout() -> None:
    found = explained("a = 2\ny = a^2\nz = y * a\ndz/da\n∂(2*z)/∂a\ndz/dy")
    assert set(found["derivatives"]) == {"∂z/∂a", "∂(2*z)/∂a", "∂z/∂y"}


def test_paths_beyond_the_twelfth_are_only_counted() -> None:
    rows = ["x = 1", "a0 = x", "b0 = x"]
    rows += [f"a{i + 1} = a{i} + b{i}\nb{i + 1} = a{i} - b{i}" for i in range(30)]
    found = explained("\n".join([*rows, "y = a30 + b30", "dy/dx"]))
    (fork,) = found["steps"][-1]["factors"]
    assert fork["paths_in_all"] == 2**31
    assert len(fork["paths"]) == 12
    assert fork["formula"].endswith(" + … 2,147,483,636 more paths")
