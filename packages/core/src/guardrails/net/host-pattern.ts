/** Hosts as policies name them, in the form that a URL has them in: lower case, Punycode, brackets, no dot at the end. */
import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { ConfigurationError } from "../../errors/errors.ts";

/**
 * `pattern`, in which `*` may stand for any characters, so that it can be compared with a URL's host name.
 *
 * @throws ConfigurationError for what can be no host: a URL, a port, a name with spaces.
 */
export function hostPattern(pattern: string, option = "hosts"): string {
  const given = pattern.trim().replace(/\.$/, "").toLowerCase();
  const plain = given.startsWith("[") && given.endsWith("]") ? given.slice(1, -1) : given;
  const host = plain.includes("*") ? withStars(plain) : canonical(isIPv6(plain) ? `[${plain}]` : given);
  if (host !== undefined) return host;
  throw new ConfigurationError(`${option}: "${pattern}" is no host`, {
    hint: 'Give a name or an address alone, without scheme, port or path: "api.example.com", "*.example.com", "2606:4700::1".',
  });
}

function canonical(host: string): string | undefined {
  if (!/^[^\s/?#@\\]+$/.test(host) || /:\d*$/.test(host.replace(/^\[.*\]$/, ""))) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}

/** Labels with a star are taken as they are; others may be of any alphabet. */
function withStars(pattern: string): string | undefined {
  if (pattern.includes(":")) return /^[\da-f:.*]+$/.test(pattern) ? `[${pattern}]` : undefined;
  const labels = pattern
    .split(".")
    .map((label) => (/^[a-z0-9_*-]+$/.test(label) ? label : label.includes("*") ? "" : domainToASCII(label)));
  return labels.includes("") ? undefined : labels.join(".");
}
