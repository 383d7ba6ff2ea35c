"""Damage that leaves a file's form as it is: values of JSON, cells of CSV, headers of arrays, members of archives."""

import copy
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.mutation import Rng, mutated

VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 1e308, -1e308, 5e-324, 2**63, 10**30, "", "640", "\0", "=1+1", "![p](http://h/x)", "\u202e",
    "x" * 5000, [], {}, [[]], [None], {"a": 1}, [1, 2, 3], "1e999", "NaN", "Infinity", "-5", "0.5", "..\\..\\x", "../x",
)  # fmt: skip
TEXTS = ("NaN", "Infinity", "-Infinity", "1e999", "[" * 5000, '"a": 1, "a": 2', "\ufeff", "'", "1" * 5000)
"""What is put between the characters of JSON."""
SHAPES = (b"(0,)", b"(-1,)", b"(999999999999,)", b"(2, 3)", b"()", b"(1, 0)", b"(4611686018427387904, 2)", b"[1]")
TYPES = (b"'|O'", b"'<f2'", b"'<c16'", b"'<U9'", b"'|b1'", b"'>f8'", b"'<m8'", b"[('a', '<f4')]", b"'|V4'", b"'|S0'")


def damaged(content: bytes, rng: Rng) -> bytes:
    """Return damaged content: of its bytes, or, three times in four, of what its form holds."""
    form = _form(content)
    return form(content, rng) if form is not None and rng.integers(4) else mutated(content, rng)


def _form(content: bytes) -> Callable[[bytes, Rng], bytes] | None:
    if content[:1] in (b"{", b"[") and _is_json(content):
        return _json
    if content[:4] == b"PK\x03\x04":
        return _archive
    if content[:6] == b"\x93NUMPY":
        return _array
    return _csv if content.isascii() and b"," in content[:200] and b"\0" not in content else None


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place in JSON as what holds it and its key; of lists the first and the last ones."""
    if isinstance(content, dict):
        pairs = list(content.items())
    elif isinstance(content, list):
        pairs = [(at, content[at]) for at in dict.fromkeys((0, 1, len(content) - 1)) if 0 <= at < len(content)]
    else:
        return
    for key, value in pairs:
        yield content, key
        yield from _places(value)


def _json(content: bytes, rng: Rng) -> bytes:
    found = json.loads(content)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        places = list(_places(found))
        if not places:
            break
        holder, key = places[int(rng.integers(len(places)))]
        value = holder[key]
        match int(rng.integers(5)):
            case 0 if isinstance(holder, dict):
                holder[str(VALUES[int(rng.integers(len(VALUES)))])] = holder.pop(key)
            case 1:
                del holder[key]
            case 2 if isinstance(value, int | float):
                holder[key] = value * [-1, 0, 1e3, 1e-9, 1e12][int(rng.integers(5))]
            case _:
                holder[key] = copy.deepcopy(VALUES[int(rng.integers(len(VALUES)))])
    text = json.dumps(found)
    if not rng.integers(8):
        at = int(rng.integers(len(text) + 1))
        text = text[:at] + TEXTS[int(rng.integers(len(TEXTS)))] + text[at:]
    return text.encode("utf-8", "surrogatepass")


def _csv(content: bytes, rng: Rng) -> bytes:
    lines = [line.split(",") for line in content.decode("ascii").splitlines()]
    for _ in range(int(rng.choice([1, 1, 2, 5]))):
        line = lines[int(rng.integers(len(lines)))]
        at = int(rng.integers(len(line)))
        match int(rng.integers(4)):
            case 0:
                line.pop(at)
                line.extend([] if line else ["x"])
            case 1:
                line.insert(at, '"')
            case 2:
                lines.append(list(line))
            case _:
                line[at] = str(VALUES[int(rng.integers(len(VALUES)))])
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")


def _array(content: bytes, rng: Rng) -> bytes:
    """Let the header of an array tell of another shape or type, as long as it was."""
    head = 10 + int.from_bytes(content[8:10], "little")
    pattern, others = ((rb"\([^)]*\)", SHAPES), (rb"'[<>|=][^']*'", TYPES))[int(rng.integers(2))]
    other = others[int(rng.integers(len(others)))]
    told = re.sub(pattern, lambda _: other, content[10:head], count=1)[: head - 10].rstrip()
    return content[:10] + told[: head - 11].ljust(head - 11) + b"\n" + content[head:]


def _archive(content: bytes, rng: Rng) -> bytes:
    """Damage one member and pack all of them again, or change a field of the lists of members."""
    if not rng.integers(3):
        changed = bytearray(content)
        spots = [found.start() for found in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", content)]
        spot = spots[int(rng.integers(len(spots)))] + 4 + int(rng.integers(40))
        changed[min(spot, len(changed) - 1)] = int(rng.choice([0, 1, 8, 9, 12, 99, 255]))
        return bytes(changed)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        names = packed.namelist()
        chosen = names[int(rng.integers(len(names)))]
        for name in names:
            data = packed.read(name)
            made.writestr(name, damaged(data, rng) if name == chosen else data)
        if not rng.integers(4):
            made.writestr(f"{chosen}.more", bytes(1 << 20))
    return out.getvalue()
