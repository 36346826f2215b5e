/** Where requests go: addresses taken apart, those of the last few only once. */

/** An address in the parts that a request is made of. */
export interface Target {
  /** Without what stands behind `#`. */
  readonly href: string;
  readonly protocol: string;
  /** With the port, for messages. */
  readonly host: string;
  /** Of IPv6 without its brackets. */
  readonly hostname: string;
  readonly port: string;
  /** With what is asked. */
  readonly path: string;
  readonly hasCredentials: boolean;
}

/** A process talks to a few addresses, most of the time to one. */
const MOST_KNOWN = 32;
const known = new Map<string, Target>();

/** The parts of an http or https address; `undefined` for everything else. */
export function targetOf(input: string | URL | Request): Target | undefined {
  if (typeof input !== "string") return input instanceof URL ? parts(new URL(input)) : undefined;
  const before = known.get(input);
  if (before !== undefined) return before;
  const target = parts(URL.parse(input));
  if (target === undefined) return undefined;
  if (known.size === MOST_KNOWN) known.clear();
  known.set(input, target);
  return target;
}

function parts(url: URL | null): Target | undefined {
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const { protocol, host, hostname, port, username, password, pathname, search } = url;
  url.hash = "";
  const { href } = url;
  return {
    href,
    protocol,
    host,
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    port,
    // A lone "?" is part of what is asked for, but not of `search`.
    path: `${pathname}${search === "" && href.endsWith("?") ? "?" : search}`,
    hasCredentials: username !== "" || password !== "",
  };
}
