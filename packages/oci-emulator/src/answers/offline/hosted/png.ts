// A bar chart as a PNG, without a drawing library.
import { crc32, deflateSync } from "node:zlib";

const height = 64;
const barWidth = 6;
const gap = 2;
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Grey bars on white, as high as their values; values below zero have no height. */
export function barChart(values: readonly number[]): Uint8Array {
  const highest = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  const width = Math.max(values.length, 1) * (barWidth + gap) + gap;
  // A byte of filter, then a byte a pixel, row by row.
  const rows = Buffer.alloc((width + 1) * height, 0xff);
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0;
  for (const [index, value] of values.entries()) {
    const bar = Math.round((Math.max(value, 0) / highest) * (height - gap));
    const left = 1 + gap + index * (barWidth + gap);
    for (let row = height - bar; row < height; row += 1) {
      const start = row * (width + 1) + left;
      rows.fill(0x55, start, start + barWidth);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey, the one compression and filter there are, not interlaced.
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
