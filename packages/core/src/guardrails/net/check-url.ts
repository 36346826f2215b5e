/** Whether an address may be fetched on a model's wish: its scheme, its host, and where that leads. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { abortable } from "../../async/abort.ts";
import type { Refusal, UrlPolicy, UrlVerdict } from "../verdicts.ts";
import { type Network, networkOf, readIPv4, readIPv6 } from "./address.ts";
import { matchesAny } from "./glob.ts";
import { hostPattern } from "./host-pattern.ts";

const SCHEMES = ["http", "https"];

/** Names that never leave the machine or its network. */
const LOCAL_NAMES = [
  "localhost",
  "*.localhost",
  "*.localdomain",
  "*.local",
  "*.internal",
  "*.intranet",
  "*.lan",
  "*.home.arpa",
  "*.corp",
  "*.svc",
  "*.cluster.local",
  "*.onion",
  "localtest.me",
  "*.localtest.me",
  "lvh.me",
  "*.lvh.me",
  "vcap.me",
  "*.vcap.me",
  "lacolhost.com",
  "*.lacolhost.com",
];
const METADATA_NAMES = ["metadata", "metadata.*", "instance-data", "instance-data.*"];
/** Services whose names are addresses: `10.0.0.1.nip.io`. */
const ADDRESS_NAMES = /(?:^|[.-])(\d{1,3}(?:[.-]\d{1,3}){3}|[\da-f]{8})\.(?:nip|sslip|xip)\.io$/;

export async function checkUrl(given: unknown, policy: UrlPolicy): Promise<UrlVerdict> {
  const { schemes = SCHEMES, ports, allowPrivate = false, resolve = false } = policy;
  const hosts = policy.hosts?.map((host) => hostPattern(host));
  const denyHosts = (policy.denyHosts ?? []).map((host) => hostPattern(host, "denyHosts"));
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== "string" || !URL.canParse(text)) return refused("invalid", "it is no absolute URL");
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.includes(scheme)) return refused("scheme", `the scheme "${scheme}" is not allowed`);
  if (url.username !== "" || url.password !== "")
    return refused("credentials", "it holds a user name or a password");
  const host = url.hostname.replace(/\.$/, "").toLowerCase();
  if (host === "") return refused("invalid", "it names no host");
  if (matchesAny(denyHosts, host)) return refused("host", "its host is not allowed");
  if (hosts !== undefined && !matchesAny(hosts, host)) return refused("host", "its host is not allowed");
  const port = url.port === "" ? (DEFAULT_PORTS[scheme] ?? 0) : Number(url.port);
  if (ports !== undefined && !ports.includes(port)) return refused("port", `port ${port} is not allowed`);
  if (allowPrivate) return { ok: true, url };
  // A host that is allowed by its whole name is what it is, wherever it leads.
  if (hosts?.includes(host) === true) return { ok: true, url };
  const byName = networkByName(host);
  if (byName !== "public") return refused("private", `its host is of a ${byName} network`);
  if (resolve === false || isAddress(host)) return { ok: true, url };
  return resolved(url, host, policy);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, ws: 80, wss: 443 };

/** What can be told without asking anybody. The parser has read decimal, octal and hexadecimal spellings already. */
function networkByName(host: string): Network {
  const bytes = readIPv4(host) ?? readIPv6(host);
  if (bytes !== undefined) return networkOf(bytes);
  if (matchesAny(METADATA_NAMES, host)) return "metadata";
  if (!host.includes(".") || matchesAny(LOCAL_NAMES, host)) return "private";
  const inside = ADDRESS_NAMES.exec(host)?.[1];
  if (inside === undefined) return "public";
  const dotted = /^[\da-f]{8}$/.test(inside)
    ? Array.from(inside.matchAll(/../g), ([pair]) => Number.parseInt(pair, 16)).join(".")
    : inside.replaceAll("-", ".");
  return networkOf(readIPv4(dotted) ?? [0, 0, 0, 0]);
}

function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, "")) !== 0;
}

/** Every address of the name must be public: a client may choose any of them. */
async function resolved(url: URL, host: string, { resolve, signal }: UrlPolicy): Promise<UrlVerdict> {
  const look = typeof resolve === "function" ? resolve : systemLookup;
  let addresses: readonly string[];
  try {
    const looking = (async () => look(host))();
    addresses = signal === undefined ? await looking : await abortable(looking, signal);
  } catch {
    signal?.throwIfAborted();
    return refused("unresolved", "its host could not be resolved");
  }
  if (addresses.length === 0) return refused("unresolved", "its host could not be resolved");
  for (const address of addresses) {
    const bytes = readIPv4(address) ?? readIPv6(address);
    const network = bytes === undefined ? "reserved" : networkOf(bytes);
    if (network !== "public") return refused("private", `its host leads to a ${network} network`);
  }
  return { ok: true, url, addresses };
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function refused(code: Refusal["code"], reason: string): Refusal {
  return { ok: false, code, reason };
}
