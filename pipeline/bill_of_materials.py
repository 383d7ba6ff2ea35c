"""What Whycam is installed from: packages of ``requirements.lock`` with their licences, and libraries inside wheels.

The list is made from the lock and from the installed packages' own descriptions, as CycloneDX 1.6 and as a table.
"""

import functools
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from core.errors import InputError
from pipeline.versions import packages

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
_PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+) ; (.+?) \\\n((?: +--hash=sha256:[0-9a-f]{64}[ \\]*\n)+)", re.M)
_BUNDLED = re.compile(
    r"(?:^|/)[\w.]*\.?(?:libs|dylibs)/(lib[A-Za-z][\w+]*?)(?:[-_][0-9a-f]{8,})?(?:\.\d+)*\.(?:so|dylib)"
)
"""A shared library that was put into a wheel: its name, without the checksum and version that follow."""
_SAYS = {
    "apache": "Apache-2.0", "apache software license": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause", "bsd-3-clause license": "BSD-3-Clause", "mit license": "MIT", "mit": "MIT",
    "mit licensed, as found in the license file": "MIT", "isc license (iscl)": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "python software foundation license": "PSF-2.0",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only", "the unlicense (unlicense)": "Unlicense",
    "nvidia proprietary software": "LicenseRef-NVIDIA-Proprietary",
    "other/proprietary license": "LicenseRef-Proprietary",
}  # fmt: skip
"""What packages write of their licence, in small letters, to its SPDX name."""
_TOLD_ELSEWHERE = {"cuda-toolkit": "LicenseRef-NVIDIA-Proprietary"}
"""Packages that do not say their licence, to what their publisher's pages say."""
FFMPEG = ("libavcodec", "libavdevice", "libavfilter", "libavformat", "libavutil", "libswresample", "libswscale")
"""Under the GPL where they were built with one of :data:`COPYLEFT`, which then lies beside them."""
COPYLEFT = ("libx264", "libx265")
LIBRARIES = {
    "libx264": "GPL-2.0-or-later", "libx265": "GPL-2.0-or-later", **dict.fromkeys(FFMPEG, "LGPL-2.1-or-later"),
    "libmp3lame": "LGPL-2.0-or-later", "libgnutls": "LGPL-2.1-or-later", "libgmp": "LGPL-3.0-or-later",
    "libnettle": "LGPL-3.0-or-later", "libhogweed": "LGPL-3.0-or-later", "libunistring": "LGPL-3.0-or-later",
    "libasound": "LGPL-2.1-or-later", "libgfortran": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libquadmath": "LGPL-2.1-or-later", "libgomp": "GPL-3.0-or-later WITH GCC-exception-3.1",
}  # fmt: skip
"""Licences of libraries in wheels that ask for more than a notice."""
NOTICE_ONLY = "see the licence files in the package"


@dataclass(frozen=True)
class Package:
    """One package of the lock.

    Attributes:
        name, version: as the lock has them.
        hashes: SHA-256 of its files, any of which may be installed.
        installed: version here; None where it is not installed.
        licence: SPDX expression, or the words of its publisher.
        libraries: shared libraries in its wheel that others made, to their licences.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    installed: str | None
    licence: str
    libraries: Mapping[str, str]


def locked(lock: Path = LOCK) -> list[Package]:
    """Return the packages that the lock names for this machine.

    Raises:
        InputError: the lock cannot be read.
    """
    from packaging.markers import Marker

    try:
        text = lock.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{lock.name} cannot be read: {error.strerror}; get Whycam again") from error
    return [
        _package(name, version, tuple(re.findall("[0-9a-f]{64}", hashes)))
        for name, version, marker, hashes in _PINNED.findall(text) if Marker(marker).evaluate()
    ]  # fmt: skip


def _package(name: str, version: str, hashes: tuple[str, ...]) -> Package:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return Package(name, version, hashes, None, "", {})
    names = sorted({match[1] for path in found.files or () if (match := _BUNDLED.search(str(path)))})
    libraries = {library: LIBRARIES.get(library, NOTICE_ONLY) for library in names}
    if set(COPYLEFT) & set(names):
        libraries |= {library: LIBRARIES[COPYLEFT[0]] for library in FFMPEG if library in names}
    return Package(name, version, hashes, found.version, licence_of(found), libraries)


def licence_of(found: metadata.Distribution) -> str:
    """Return what a package says of its licence: an SPDX expression where it gives one, or one that is known for it."""
    if told := found.metadata.get_all("License-Expression"):
        return str(told[0])
    classified = [line.rsplit(" :: ", 1)[-1] for line in found.metadata.get_all("Classifier") or ()
                  if line.startswith("License :: ")]  # fmt: skip
    written = [line for text in found.metadata.get_all("License") or () for line in text.strip().splitlines()[:1]]
    for said in (*written, *classified):
        if said.lower() in _SAYS:
            return _SAYS[said.lower()]
    name = str(found.metadata["Name"]).lower()
    return _TOLD_ELSEWHERE.get(name) or next(iter((*written, *classified)), "")


def rows(known: list[Package]) -> list[dict[str, Any]]:
    """Return the table of licences: a row for each package, and for each library in a wheel that asks for more."""
    made = []
    for one in known:
        made.append({"package": one.name, "version": one.version, "licence": one.licence or "not installed"})
        made += [{"package": f"{one.name}: {library}", "version": "", "licence": licence}
                 for library, licence in one.libraries.items() if licence != NOTICE_ONLY]  # fmt: skip
    return made


def problems(known: list[Package]) -> list[str]:
    """Say what is installed otherwise than the lock has it, and what tells no licence."""
    other = [f"{one.name} {one.installed or 'is not'} installed, the lock has {one.version}" for one in known
             if one.installed != one.version]  # fmt: skip
    return other + [f"{one.name} tells no licence" for one in known if one.installed and not one.licence]


def cyclonedx(known: list[Package]) -> dict[str, Any]:
    """Return the list as CycloneDX 1.6; the same lock gives the same document."""
    whycam = {"type": "application", "bom-ref": "whycam", "name": "whycam", "version": packages()["whycam"]}
    seed = "".join(f"{one.name}=={one.version}{one.hashes}" for one in known)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}", "version": 1,
        "metadata": {"component": whycam}, "components": [_component(one) for one in known],
        "dependencies": [{"ref": "whycam", "dependsOn": [_reference(one) for one in known]}],
    }  # fmt: skip


def _reference(one: Package) -> str:
    return f"pkg:pypi/{one.name.replace('_', '-').lower()}@{one.version}"


def _component(one: Package) -> dict[str, Any]:
    files = {"type": "distribution", "url": f"https://pypi.org/simple/{one.name}/",
             "hashes": [{"alg": "SHA-256", "content": sha256} for sha256 in one.hashes]}  # fmt: skip
    inside = [
        {"type": "library", "bom-ref": f"{_reference(one)}#{library}", "name": library}
        | ({} if licence == NOTICE_ONLY else {"licenses": [_licence(licence)]})
        for library, licence in one.libraries.items()
    ]
    return {
        "type": "library", "bom-ref": _reference(one), "name": one.name, "version": one.version,
        "purl": _reference(one), **({"licenses": [_licence(one.licence)]} if one.licence else {}),
        "externalReferences": [files], **({"components": inside} if inside else {}),
    }  # fmt: skip


def _licence(said: str) -> dict[str, Any]:
    return {"expression": said} if _is_expression(said) else {"license": {"name": said}}


@functools.cache
def _is_expression(said: str) -> bool:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        canonicalize_license_expression(said)
    except InvalidLicenseExpression:
        return False
    return True
