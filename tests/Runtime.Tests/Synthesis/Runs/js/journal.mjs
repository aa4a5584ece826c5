// node journal.mjs read FILE: one line of JSON for each record of a journal; bytes as hexadecimal digits.
// node journal.mjs write FILE: values in all forms that the other side must read.
import { readFileSync, writeFileSync } from "node:fs";
import { decode, decodeMulti, encode } from "@msgpack/msgpack";

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1;
  return n >>> 0;
});

function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const [mode, file] = process.argv.slice(2);
if (mode === "read") {
  const [header, ...records] = decodeMulti(new Uint8Array(readFileSync(file)));
  console.log(JSON.stringify(header));
  for (const [crc, payload] of records) {
    if (crc !== crc32c(payload)) throw new Error(`checksum ${crc}, expected ${crc32c(payload)}`);
    console.log(JSON.stringify(decode(payload), (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString("hex") : v)));
  }
} else {
  const values = [
    null, true, false, 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, Number.MAX_SAFE_INTEGER,
    -1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, Number.MIN_SAFE_INTEGER,
    "", "ƙ 𝒳", "x".repeat(31), "x".repeat(32), "x".repeat(255), "x".repeat(256), "x".repeat(65536),
    new Uint8Array(0), new Uint8Array(255), new Uint8Array(256), new Uint8Array(65536),
    [], Array(15).fill(1), Array(16).fill(1), Array(65536).fill(1), {}, { a: [1, { b: null }] },
    Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i])),
  ];
  writeFileSync(file, Buffer.concat(values.map((v) => encode(v))));
}
