# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type works."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / "bundles" / "vasomim_pretrain"
DOCUMENTS = [ROOT / "README.md", *sorted((BUNDLE / "docs").glob("*.md"))]


def blocks(document: Path, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


def bundle_commands() -> list[str]:
    text = "\n".join(block for document in DOCUMENTS for block in blocks(document))
    return [
        line
        for line in text.replace("\\\n", " ").splitlines()
        if "monai.bundle run" in line and not line.startswith("#")
    ]


@pytest.mark.parametrize("number", range(len(blocks(DOCUMENTS[0], "python"))))
def test_python_of_the_readme_runs(number, tmp_path, monkeypatch, global_rng_untouched):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(DOCUMENTS[0], "python")[number], "README.md", "exec"), {})


def test_there_are_commands():
    assert len(bundle_commands()) >= 10


@pytest.mark.parametrize("command", bundle_commands())
def test_configurations_and_knobs_of_a_command_exist(command):
    words = shlex.split(command)
    options = dict(zip(words[words.index("run") + 1 :: 2], words[words.index("run") + 2 :: 2], strict=True))
    files = options.pop("--config_file")
    configs = [
        json.loads((BUNDLE / file).read_text()) for file in (ast.literal_eval(files) if "[" in files else [files])
    ]
    assert {option.removeprefix("--") for option in options} <= set().union(*configs)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text())
    assert all((document.parent / link).exists() for link in links), links
