"""The bill of materials holds what the lock names, each with its licence and checksums, and nothing else."""

import json
import re

import pytest

from core.errors import InputError
from pipeline import bill_of_materials as bill
from tests.cli.test_main import run


@pytest.fixture(scope="module")
def known():
    return bill.locked()


def test_it_holds_what_the_lock_names_and_what_is_installed_is_that(known):
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", bill.LOCK.read_text(), re.M))
    names = [one.name for one in known]
    assert len(names) == len(set(names)) > 100 and set(names) <= pinned
    direct = re.findall(r"^([a-z0-9-]+)==", (bill.LOCK.parent / "requirements.txt").read_text(), re.M)
    assert set(direct) <= set(names)
    assert all(one.hashes and all(len(sha256) == 64 for sha256 in one.hashes) for one in known)
    assert bill.problems(known) == []


def test_every_package_tells_a_licence_and_those_that_ask_for_more_are_named(known):
    said = {row["package"]: row["licence"] for row in bill.rows(known)}
    assert all(said.values()) and said["zennit"] == "LGPL-3.0-or-later"
    inside = {one.name: one.libraries for one in known}
    assert "libavcodec" in inside["av"] or "libavformat" in inside["av"]
    assert said["av: libx264"] == said["av: libx265"] == said["av: libavcodec"] == "GPL-2.0-or-later"
    assert inside["opencv-python-headless"].get("libavcodec", "LGPL-2.1-or-later") == "LGPL-2.1-or-later"


def test_another_version_or_no_package_is_a_problem(known, monkeypatch):
    from dataclasses import replace

    one = replace(known[0], installed="0.0.1")
    gone = replace(known[1], installed=None, licence="")
    silent = replace(known[2], licence="")
    assert bill.problems([one, gone, silent]) == [
        f"{one.name} 0.0.1 installed, the lock has {one.version}",
        f"{gone.name} is not installed, the lock has {gone.version}",
        f"{silent.name} tells no licence",
    ]


def test_the_document_is_cyclonedx_and_the_same_each_time(known, capsys):
    made = bill.cyclonedx(known)
    assert made == bill.cyclonedx(bill.locked()) and json.loads(json.dumps(made, allow_nan=False)) == made
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", made["serialNumber"])
    references = [one["bom-ref"] for part in made["components"] for one in (part, *part.get("components", ()))]
    assert len(references) == len(set(references)) and "whycam" not in references
    assert {one["purl"] for one in made["components"]} == set(made["dependencies"][0]["dependsOn"])
    for one in made["components"]:
        (files,) = one["externalReferences"]
        assert files["type"] == "distribution" and {entry["alg"] for entry in files["hashes"]} == {"SHA-256"}
        assert all(set(told) in ({"expression"}, {"license"}) for told in one["licenses"])
    code, out, _ = run(capsys, "sbom", "--json", "-")
    assert code == 0 and json.loads(out) == made


def test_a_lock_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"requirements\.lock cannot be read"):
        bill.locked(tmp_path / "requirements.lock")
