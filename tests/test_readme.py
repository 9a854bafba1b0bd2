# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type works."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest

from monai_ext.cli import main
from monai_ext.phantom import PhantomSettings

ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / "bundles" / "vasomim_pretrain"
PHANTOM = ROOT / "docs" / "phantom.md"
DOCUMENTS = [ROOT / "README.md", PHANTOM, ROOT / "docs" / "corpora.md", *sorted((BUNDLE / "docs").glob("*.md"))]
SNIPPETS = [
    (document, number) for document in DOCUMENTS[:3] for number in range(document.read_text().count("```python"))
]


def blocks(document: Path, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


def bundle_commands() -> list[str]:
    text = "\n".join(block for document in DOCUMENTS for block in blocks(document))
    return [
        line
        for line in text.replace("\\\n", " ").splitlines()
        if "monai.bundle run" in line and not line.startswith("#")
    ]


@pytest.mark.parametrize(("document", "number"), SNIPPETS)
def test_python_of_the_documents_runs(document, number, tmp_path, monkeypatch, global_rng_untouched):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(document, "python")[number], document.name, "exec"), {})


def test_settings_of_the_phantom_are_all_documented_with_their_values():
    values = PhantomSettings().to_dict()
    rows = [f"| `{name}` | {json.dumps(values[name])} | {text} |" for name, text in PhantomSettings.describe().items()]
    assert "\n".join(rows) in PHANTOM.read_text(), "print them anew:\n" + "\n".join(rows)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_options_of_the_vasomim_command_exist(document, monkeypatch):
    """Every `vasomim` line of the documents is parsed; none is run."""
    ran = []
    for command in ("curate", "phantom"):
        monkeypatch.setattr(f"monai_ext.cli.{command}._run", ran.append)
    lines = [line.split("#")[0].split(">")[0] for block in blocks(document) for line in block.splitlines()]
    commands = [line for line in lines if line.startswith("vasomim ")]
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert len(ran) == len(commands)


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
