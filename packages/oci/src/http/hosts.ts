/** Which hosts may be sent credentials: OCI's own, this machine, and those named by the user. */
import { ConfigurationError } from "@locus-sdk/core";
import { REALM_DOMAINS } from "../config/regions.ts";

const ORACLE_DOMAINS: readonly string[] = [...new Set(Object.values(REALM_DOMAINS))];
/** Model deployments of Data Science, and anyone's API gateway. */
const CUSTOMER_DOMAINS: readonly string[] = ["oci.customer-oci.com"];
/** Before OCI's own domain. Behind its other hosts may be anyone's function or bucket: a bearer key stays away by itself. */
const GENERATIVE_AI = /(?:^|\.)generativeai\.[a-z0-9-]+\.oci$/;

/** What decides where credentials may go. */
export interface HostRules {
  /** Further hosts: `"gateway.example.com"`, `"gateway.example.com:8443"` or `"*.example.com"`. */
  readonly allowedHosts?: readonly string[];
  /** The credential is a key that whoever receives it can use; a signature is good for one request only. */
  readonly bearer?: boolean;
}

/** Whether `hostname` (as `URL` gives it) is this machine. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

/** Whether `hostname` is this machine, or one that only this machine reaches. */
function isLocal(hostname: string): boolean {
  return (
    isLoopback(hostname) ||
    /^169\.254(?:\.\d{1,3}){2}$/.test(hostname) ||
    /^\[fe[89ab][0-9a-f]:/.test(hostname) ||
    hostname === "[fd00:c1::a9fe:a9fe]"
  );
}

/**
 * The URL, without a slash at its end, of a service of the machine itself: metadata, or an identity service in tests.
 *
 * @throws ConfigurationError where it is on any other machine: whoever answers there decides who is calling.
 */
export function localUrl(text: string, from: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || !isLocal(url.hostname)) {
    throw new ConfigurationError(`${from} must be an http or https URL of this machine`, {
      hint: 'It is there for tests, for example "http://127.0.0.1:8765". Leave it out to use OCI\'s own.',
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

const within = (hostname: string, domain: string): boolean => hostname.endsWith(`.${domain}`);

const isOci = (hostname: string): boolean =>
  [...ORACLE_DOMAINS, ...CUSTOMER_DOMAINS].some((domain) => within(hostname, domain));

const isGenerativeAi = (hostname: string): boolean =>
  ORACLE_DOMAINS.some(
    (domain) => within(hostname, domain) && GENERATIVE_AI.test(hostname.slice(0, -domain.length - 1)),
  );

function isAllowed(url: URL, entry: string): boolean {
  const allowed = entry.trim().toLowerCase();
  if (allowed.startsWith("*.")) return within(url.hostname, allowed.slice(2));
  return url.host === allowed || url.hostname === allowed;
}

/**
 * Refuses a URL that credentials may not be sent to.
 *
 * @throws ConfigurationError naming the host, never the whole URL: it may hold a password.
 */
export function assertSafeUrl(url: URL, rules: HostRules = {}): void {
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError(`the URL for ${url.host} carries a user name or password`, {
      hint: "Remove it: OCI is sent signed requests, or a bearer key.",
    });
  }
  const loopback = isLoopback(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw new ConfigurationError(
      `${url.protocol}//${url.host} is not safe for credentials: expected https, or http on this machine`,
      { hint: "Use an https endpoint." },
    );
  }
  const bearer = rules.bearer === true;
  if (loopback || (bearer ? isGenerativeAi(url.hostname) : isOci(url.hostname))) return;
  if ((rules.allowedHosts ?? []).some((entry) => isAllowed(url, entry))) return;
  const why = bearer
    ? "is no host of OCI Generative AI, so no API key is sent to it"
    : "is no OCI host, so no credentials are sent to it";
  throw new ConfigurationError(`${url.host} ${why}`, {
    hint: `If it is meant, name it: allowedHosts: [${JSON.stringify(url.host)}].`,
  });
}
