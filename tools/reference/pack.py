"""Packs a folder of reference data: python pack.py FOLDER ARCHIVE.zip (or an archive once more: python pack.py ARCHIVE.zip ARCHIVE.zip).

Numbers of safetensors files compress better by planes, all first bytes of the elements, then all second ones: NAME.planes is NAME with its
header as it was, and behind it, type by type in the order of their names and plane by plane, the tensors in the order of their offsets.
tests/Shared/ReferenceArchive.cs puts them back. `advzip -z -4` (Debian's advancecomp) takes another two or three per cent off an archive.
"""
import json
import os
import struct
import sys
import zipfile

WIDTHS = {"F32": 4, "BF16": 2, "F16": 2, "I64": 8}


def planes(data):
    """None where a type has no width here, or bytes lie between the tensors."""
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    tensors = sorted((t["data_offsets"], t["dtype"]) for name, t in header.items() if name != "__metadata__")
    if any(dtype not in WIDTHS for _, dtype in tensors) or sum(e - s for (s, e), _ in tensors) != len(data) - start:
        return None
    parts = [data[:start]]
    for dtype in sorted({dtype for _, dtype in tensors}):
        for plane in range(WIDTHS[dtype]):
            parts += [data[start + s + plane:start + e:WIDTHS[dtype]] for (s, e), t in tensors if t == dtype]
    return b"".join(parts)


def files(source):
    if os.path.isfile(source):
        with zipfile.ZipFile(source) as archive:
            return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
    found = {}
    for folder, _, names in os.walk(source):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, source).replace(os.sep, "/")] = file.read()
    return found


def main(source, target):
    entries = files(source)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            data = entries[name]
            packed = planes(data) if name.endswith(".safetensors") and len(data) > 2000 and valid(data) else None
            entry = zipfile.ZipInfo(name + ".planes" if packed else name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, packed or data)


def valid(data):
    """Some reference files are broken on purpose; they stay as they are."""
    try:
        start = 8 + struct.unpack("<Q", data[:8])[0]
        return isinstance(json.loads(data[8:start]), dict)
    except (struct.error, ValueError):
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
