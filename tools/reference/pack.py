"""Packs folders of reference data into NAME.zip beside them, the same bytes every time, and removes the folders.

    python3 tools/reference/pack.py tests/Data/models/gemma2 ...

Tests see the archive as the folder: Repository.Data("models", "gemma2").
"""
import pathlib
import shutil
import sys
import zipfile

for folder in map(pathlib.Path, sys.argv[1:]):
    with zipfile.ZipFile(folder.with_name(folder.name + ".zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    shutil.rmtree(folder)
