/** Checks of URLs and paths, for tools to use on what a model gave them. The tables behind them are loaded at the first call. */

/** What may be fetched. */
export interface UrlPolicy {
  /** Default `["http", "https"]`. */
  readonly schemes?: readonly string[] | undefined;
  /** Only these; `*` stands for any characters: `"*.example.com"`. One named in full may be private. Default: all. */
  readonly hosts?: readonly string[] | undefined;
  /** Never these, by the same rule. */
  readonly denyHosts?: readonly string[] | undefined;
  /** Only these. Default: all. */
  readonly ports?: readonly number[] | undefined;
  /** Loopback, private, link-local and metadata addresses too. Default `false`. */
  readonly allowPrivate?: boolean | undefined;
  /**
   * Asks the DNS, or a function of yours, where the host leads; each of its addresses must be public, and a name that
   * is not resolved is refused. Default `false`: by its spelling alone.
   */
  readonly resolve?: boolean | ((host: string) => readonly string[] | Promise<readonly string[]>) | undefined;
  /** Ends a lookup. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a path may lead. */
export interface PathPolicy {
  /**
   * Directories to stay within, links followed; a relative path is one of the first. Default: none, and then what is
   * refused is `..`, other tricks of spelling, and where systems keep what is secret (`/etc/shadow`, `~/.ssh`, `.env`).
   */
  readonly roots?: readonly string[] | undefined;
  /** Default `true`. */
  readonly allowAbsolute?: boolean | undefined;
}

/** Why not. `reason` never quotes what was given. */
export interface Refusal {
  readonly ok: false;
  readonly code:
    | "invalid"
    | "scheme"
    | "credentials"
    | "host"
    | "port"
    | "private"
    | "unresolved"
    | "traversal"
    | "absolute"
    | "sensitive"
    | "outside"
    | "link";
  readonly reason: string;
}

/** `addresses` are what the name led to, where it was resolved: connect to one of them, and not to the name again. */
export type UrlVerdict =
  | { readonly ok: true; readonly url: URL; readonly addresses?: readonly string[] }
  | Refusal;

/** `path` is absolute, with its links followed. */
export type PathVerdict = { readonly ok: true; readonly path: string } | Refusal;

/**
 * Whether a URL may be fetched: not on the loopback, in a private or link-local network, or at a cloud's metadata
 * service, however it is spelled. Check every redirect in the same way (`redirect: "manual"`): where a public host sends
 * you is up to it.
 *
 * @throws the signal's reason where it aborts; ConfigurationError for a host in the policy that is none. What was given
 * is refused, and never thrown about.
 * @example
 * ```ts
 * import { checkUrl } from "@locus-sdk/core";
 *
 * const verdict = await checkUrl("http://0xA9FEA9FE/opc/v2/instance/");
 * console.log(verdict.ok || verdict.code); // "private"
 * ```
 */
export async function checkUrl(url: string | URL, policy: UrlPolicy = {}): Promise<UrlVerdict> {
  return (await import("./net/check-url.ts")).checkUrl(url, policy);
}

/**
 * Whether a path stays within its roots, by its spelling and with its links followed. Use the `path` of the verdict: what
 * was given may lead somewhere else a moment later.
 *
 * It never throws: a path of which nobody can say where it leads is refused.
 *
 * @example
 * ```ts
 * import { checkPath } from "@locus-sdk/core";
 *
 * const verdict = await checkPath("../../etc/passwd", { roots: ["/srv/files"] });
 * console.log(verdict.ok || verdict.code); // "outside"
 * ```
 */
export async function checkPath(path: string, policy: PathPolicy = {}): Promise<PathVerdict> {
  return (await import("./net/check-path.ts")).checkPath(path, policy);
}
