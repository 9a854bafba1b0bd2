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
BUNDLES = ROOT / "bundles"
PHANTOM = ROOT / "docs" / "phantom.md"
DOCUMENTS = [
    ROOT / "README.md",
    PHANTOM,
    ROOT / "docs" / "corpora.md",
    ROOT / "docs" / "export.md",
    ROOT / "docs" / "predict.md",
    ROOT / "docs" / "dicom.md",
    ROOT / "docs" / "results.md",
    *sorted(BUNDLES.glob("*/docs/*.md")),
]
SNIPPETS = [
    (document, number) for document in DOCUMENTS[:4] for number in range(document.read_text().count("```python"))
]


def blocks(document: Path, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


def bundle_commands() -> list[tuple[Path, str]]:
    """Commands with the bundle in which they are typed: that of the document or of the last `cd`, else pre-training."""
    found = []
    for document in DOCUMENTS:
        bundle = document.parents[1] if BUNDLES in document.parents else BUNDLES / "vasomim_pretrain"
        for line in "\n".join(blocks(document)).replace("\\\n", " ").splitlines():
            if folder := re.match(r"cd (bundles/\S+)", line):
                bundle = ROOT / folder[1]
            if "monai.bundle run" in line and not line.startswith("#"):
                found.append((bundle, line))
    return found


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
    for command in ("curate", "export", "few_label", "phantom", "predict"):
        monkeypatch.setattr(f"monai_ext.cli.{command}._run", ran.append)
    lines = [
        line.split("#")[0].split(">")[0]
        for block in blocks(document)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    commands = [line for line in lines if line.startswith("vasomim ")]
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert len(ran) == len(commands)


def test_there_are_commands():
    assert len(bundle_commands()) >= 10


@pytest.mark.parametrize(("bundle", "command"), bundle_commands())
def test_configurations_and_knobs_of_a_command_exist(bundle, command):
    words = shlex.split(command)
    options = dict(zip(words[words.index("run") + 1 :: 2], words[words.index("run") + 2 :: 2], strict=True))
    files = options.pop("--config_file")
    configs = [
        json.loads((bundle / file).read_text()) for file in (ast.literal_eval(files) if "[" in files else [files])
    ]
    assert {option.removeprefix("--") for option in options} <= set().union(*configs)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text())
    assert all((document.parent / link).exists() for link in links), links
