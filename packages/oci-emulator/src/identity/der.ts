// DER, as much of it as a certificate needs.

const element = (tag: number, content: Uint8Array): Uint8Array => {
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Uint8Array.of(tag, size), content]);
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.concat([Uint8Array.of(tag, 0x80 | bytes.length, ...bytes), content]);
};

const joined =
  (tag: number) =>
  (...parts: readonly Uint8Array[]): Uint8Array =>
    element(tag, Buffer.concat(parts));

export const sequence: (...parts: readonly Uint8Array[]) => Uint8Array = joined(0x30);
export const set: (...parts: readonly Uint8Array[]) => Uint8Array = joined(0x31);

/** A context-specific tag around other elements. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  joined(0xa0 | number)(...parts);

/** A context-specific tag in place of a type's own. */
export const implicit = (number: number, content: Uint8Array): Uint8Array => element(0x80 | number, content);

/** A positive number, given as its bytes. */
export const integer = (...bytes: readonly number[]): Uint8Array => {
  const padded = (bytes[0] ?? 0) & 0x80 ? [0, ...bytes] : bytes;
  return element(0x02, Uint8Array.from(padded));
};

export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const nothing: Uint8Array = Uint8Array.of(0x05, 0);
export const octets = (content: Uint8Array): Uint8Array => element(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Uint8Array =>
  element(0x03, Buffer.concat([Uint8Array.of(unused), content]));
export const text = (value: string): Uint8Array => element(0x0c, Buffer.from(value));

export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Uint8Array.from(bytes));
}

/** Two-digit years up to 2049, as certificates demand. */
export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}
