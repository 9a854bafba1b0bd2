# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes example: what its parts say of each other, and its schema where kubernetes-validate is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML reads the example")

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "kubernetes" / "pretrain.yaml"
SERVICE, JOB = yaml.safe_load_all(FILE.read_text(encoding="utf-8"))
POD = JOB["spec"]["template"]["spec"]
(TRAINING,) = POD["containers"]
WORDS = TRAINING["args"]
OPTIONS = dict(word.removeprefix("--").split("=", 1) for word in WORDS if "=" in word)


def test_pods_find_each_other_at_the_name_of_the_first():
    name, port = OPTIONS["rdzv_endpoint"].split(":")
    assert (
        name == f"{JOB['metadata']['name']}-0.{SERVICE['metadata']['name']}"
        and JOB["spec"]["completionMode"] == "Indexed"
    )
    assert POD["subdomain"] == SERVICE["metadata"]["name"] and SERVICE["spec"]["clusterIP"] == "None"
    assert SERVICE["spec"]["selector"] == {"batch.kubernetes.io/job-name": JOB["metadata"]["name"]}
    assert SERVICE["spec"]["publishNotReadyAddresses"] and SERVICE["spec"]["ports"][0]["port"] == int(port)


def test_nodes_and_gpus_are_the_same_everywhere():
    assert int(OPTIONS["nnodes"]) == JOB["spec"]["completions"] == JOB["spec"]["parallelism"]
    assert int(OPTIONS["nproc_per_node"]) == TRAINING["resources"]["limits"]["nvidia.com/gpu"]


def test_a_pod_has_time_to_save_and_is_made_again():
    assert POD["terminationGracePeriodSeconds"] > 30 and OPTIONS["resume"] == "auto"
    assert POD["restartPolicy"] == "Never" and JOB["spec"]["backoffLimit"] > 0
    assert JOB["spec"]["podFailurePolicy"]["rules"][0]["action"] == "Ignore"


def test_it_writes_to_what_is_mounted_for_it_alone():
    mounts = {mount["name"]: mount for mount in TRAINING["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in POD["volumes"]}
    assert mounts["corpus"]["readOnly"] and TRAINING["securityContext"]["readOnlyRootFilesystem"]
    assert all(OPTIONS[knob].startswith(mounts["runs"]["mountPath"]) for knob in ("output_dir", "encoder_file"))
    assert OPTIONS["dataset_dir"].startswith(mounts["corpus"]["mountPath"]) and POD["securityContext"]["runAsNonRoot"]


def test_every_knob_is_one_of_the_configuration():
    bundle = ROOT / "bundles" / Path(TRAINING["workingDir"]).name
    knobs = json.loads((bundle / "configs" / "train.json").read_text(encoding="utf-8"))
    ours = [name for name in OPTIONS if not name.startswith(("rdzv", "n", "max_restarts", "config_file"))]
    assert len(ours) == 6 and set(ours) <= set(knobs)


def test_it_keeps_the_published_schema():
    """`pip install kubernetes-validate` brings the schemas."""
    validator = pytest.importorskip("kubernetes_validate")
    for part in (SERVICE, JOB):
        validator.validate(part, "1.31", strict=True)
