/** Addresses as numbers: reading them in all their spellings, and what networks they are of. */

/** An address by its bytes: 4 or 16. */
export type Bytes = readonly number[];

/** What kind of network an address is of; `public` is the only one that the world reaches. */
export type Network = "public" | "loopback" | "private" | "link-local" | "metadata" | "shared" | "reserved";

const NETWORKS_4: readonly (readonly [cidr: string, network: Network])[] = [
  ["169.254.169.254/32", "metadata"],
  ["169.254.170.2/32", "metadata"],
  ["169.254.170.23/32", "metadata"],
  ["100.100.100.200/32", "metadata"],
  ["168.63.129.16/32", "metadata"],
  ["192.0.0.192/32", "metadata"],
  ["127.0.0.0/8", "loopback"],
  ["10.0.0.0/8", "private"],
  ["172.16.0.0/12", "private"],
  ["192.168.0.0/16", "private"],
  ["169.254.0.0/16", "link-local"],
  ["100.64.0.0/10", "shared"],
  ["0.0.0.0/8", "reserved"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "reserved"],
  ["192.88.99.0/24", "reserved"],
  ["198.18.0.0/15", "reserved"],
  ["198.51.100.0/24", "reserved"],
  ["203.0.113.0/24", "reserved"],
  ["224.0.0.0/4", "reserved"],
  ["240.0.0.0/4", "reserved"],
];

const NETWORKS_6: readonly (readonly [prefix: string, bits: number, network: Network])[] = [
  ["::1", 128, "loopback"],
  ["fd00:ec2::254", 128, "metadata"],
  ["fd00:c1::a9fe:a9fe", 128, "metadata"],
  ["fd20:ce::254", 128, "metadata"],
  ["fc00::", 7, "private"],
  ["fec0::", 10, "private"],
  ["fe80::", 10, "link-local"],
  ["ff00::", 8, "reserved"],
  ["100::", 64, "reserved"],
  ["2001::", 23, "reserved"],
  ["2001:db8::", 32, "reserved"],
  ["3fff::", 20, "reserved"],
  ["::", 96, "reserved"],
];

/** Where an IPv4 address is inside of an IPv6 one, and at which byte. */
const EMBEDDED: readonly (readonly [prefix: string, bits: number, at: number])[] = [
  ["::ffff:0:0", 96, 12],
  ["::ffff:0:0:0", 96, 12],
  ["64:ff9b::", 96, 12],
  ["64:ff9b:1::", 48, 12],
  ["2002::", 16, 2],
];

export function networkOf(bytes: Bytes): Network {
  if (bytes.length === 4) {
    const row = NETWORKS_4.find(([cidr]) => {
      const [address = "", bits] = cidr.split("/");
      return within(bytes, readIPv4(address) ?? [], Number(bits));
    });
    return row?.[1] ?? "public";
  }
  const inner = EMBEDDED.find(([prefix, bits]) => within(bytes, readIPv6(prefix) ?? [], bits));
  if (inner !== undefined) return networkOf(bytes.slice(inner[2], inner[2] + 4));
  const row = NETWORKS_6.find(([prefix, bits]) => within(bytes, readIPv6(prefix) ?? [], bits));
  return row?.[2] ?? "public";
}

/** Four decimal numbers, as people write them. */
export function readIPv4(text: string): Bytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

/** With or without brackets and zone, `::` once, and an IPv4 address for its end. */
export function readIPv6(text: string): Bytes | undefined {
  const [address = ""] = text.replace(/^\[|\]$/g, "").split("%");
  if (address.length > 45 || !address.includes(":")) return undefined;
  const tail = /(?<=:)[\d.]+$/.exec(address)?.[0] ?? "";
  const four = tail.includes(".") ? readIPv4(tail) : [];
  if (four === undefined) return undefined;
  const head = four.length === 0 ? address : `${address.slice(0, -tail.length)}0:0`;
  const halves = head.split("::");
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const bytes = groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return four.length === 0 ? bytes : [...bytes.slice(0, 12), ...four];
}

function within(bytes: Bytes, network: Bytes, bits: number): boolean {
  for (let bit = 0; bit < bits; bit++) {
    const mask = 128 >> (bit % 8);
    const at = bit >> 3;
    if (((bytes[at] ?? 0) & mask) !== ((network[at] ?? 0) & mask)) return false;
  }
  return true;
}
