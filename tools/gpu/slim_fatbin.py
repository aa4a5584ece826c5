"""Zeroes the machine code for other GPUs in a CUDA library, in place, so that it packs to a third; for measuring, not for release.

python3 slim_fatbin.py LIBRARY ARCH   (ARCH: 90 for sm_90 and sm_90a)

A fatbin is a header (magic, version, header size, size of all entries) and entries (kind, version, header size, payload size, …, the
architecture at byte 28). Headers stay, so that the driver still finds its way; it takes the entry of its own architecture.
"""
import mmap
import struct
import sys

MAGIC = struct.pack("<I", 0xBA55ED50)
MACHINE_CODE = 2


def main() -> None:
    path, keep = sys.argv[1], int(sys.argv[2])
    kept = zeroed = 0
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        position = data.find(MAGIC)
        while position >= 0:
            _, version, header, size = struct.unpack_from("<IHHQ", data, position)
            if version != 1 or header != 16:
                position = data.find(MAGIC, position + 4)
                continue
            entry, end = position + header, position + header + size
            while entry < end:
                kind, _, entry_header, payload = struct.unpack_from("<HHIQ", data, entry)
                arch, = struct.unpack_from("<I", data, entry + 28)
                if kind == MACHINE_CODE and arch != keep:
                    data[entry + entry_header:entry + entry_header + payload] = bytes(payload)
                    zeroed += payload
                else:
                    kept += payload
                entry += entry_header + payload
            position = data.find(MAGIC, end)
    if kept == 0:
        sys.exit(f"'{path}' has no machine code for sm_{keep}; nothing would run.")
    print(f"{path}: {kept:,} bytes for sm_{keep} kept, {zeroed:,} zeroed")


if __name__ == "__main__":
    main()
