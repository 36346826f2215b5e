/** What the client is made with, from options and the environment; and whose key goes where. */
import type { ClientOptions } from "@anthropic-ai/sdk";
import { ConfigurationError, knownSecrets } from "@locus-sdk/core";
import { createNodeFetch } from "@locus-sdk/core/http";
import type { AnthropicModelOptions } from "./model-options.ts";

const ANTHROPIC_URL = "https://api.anthropic.com";
const DEFAULT_TIMEOUT_MS = 600_000;
/** The client insists on a key; a server that wants none ignores it. */
const NO_KEY = "none";

type HeaderValues = Readonly<Record<string, string>>;
type ReadVariable = (name: string) => string | undefined;

/** What the client is made with. */
export type ClientSettings = ClientOptions & { readonly apiKey: string; readonly timeout: number };

/** The settings, and what of them no error may hold. */
export interface Configured {
  readonly settings: ClientSettings;
  readonly secrets: readonly string[];
}

/**
 * Every setting that the client would otherwise take from the environment by itself is passed. It also adds the headers in
 * `ANTHROPIC_CUSTOM_HEADERS`, which are for those that `ANTHROPIC_API_KEY` is for.
 *
 * @throws ConfigurationError where the base URL is none, where Anthropic's has no key, where the environment's key is not
 *   for this host, and where a key or a header cannot be sent.
 */
export function clientSettings(options: AnthropicModelOptions, env: NodeJS.ProcessEnv): Configured {
  const read: ReadVariable = (name) => env[name]?.trim() || undefined;
  const baseURL = options.baseURL ?? read("ANTHROPIC_BASE_URL") ?? ANTHROPIC_URL;
  const url = URL.parse(baseURL);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    // It may hold a password: it is not repeated.
    const which = url === null ? "no URL" : `a URL of the scheme "${url.protocol}"`;
    throw new ConfigurationError(`baseURL is ${which}; expected an http or https URL`, {
      hint: `For example "${ANTHROPIC_URL}" or "http://127.0.0.1:8080", without "/v1".`,
    });
  }
  const isMeant = isEnvironments(url, read);
  const apiKey = keyFor(url, isMeant, options, read);
  checkHeaders(apiKey ?? NO_KEY, options.defaultHeaders);
  const fromEnvironment = environmentHeaders(read);
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const settings: ClientSettings = {
    apiKey: apiKey ?? NO_KEY,
    baseURL,
    webhookKey: null,
    // Nothing of ours prints; what the client would log, the error says.
    logLevel: "off",
    timeout,
    fetch: options.fetch ?? createNodeFetch({ timeoutMs: timeout }),
    defaultHeaders: {
      ...(isMeant ? {} : withheld(fromEnvironment, apiKey ?? NO_KEY)),
      ...options.defaultHeaders,
    },
    // A redirect would take the key and the conversation along.
    fetchOptions: { redirect: "manual" },
  };
  const headers = { ...fromEnvironment, ...options.defaultHeaders };
  return { settings, secrets: knownSecrets({ keys: [apiKey], headers, url: baseURL }) };
}

const ANTHROPICS = /(?:^|\.)anthropic\.com\.?$/i;
/** This machine, to which nothing is given away. */
const LOOPBACK = /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])\.?$/i;

/** Whether what the environment says is meant for `url`: it is Anthropic's, on this machine, or named by it as well. */
function isEnvironments(url: URL, read: ReadVariable): boolean {
  const named = URL.parse(read("ANTHROPIC_BASE_URL") ?? "");
  return ANTHROPICS.test(url.hostname) || LOOPBACK.test(url.hostname) || named?.origin === url.origin;
}

function keyFor(
  url: URL,
  isMeant: boolean,
  options: AnthropicModelOptions,
  read: ReadVariable,
): string | undefined {
  if (options.apiKey !== undefined) return options.apiKey;
  const key = read("ANTHROPIC_API_KEY");
  if (key === undefined && ANTHROPICS.test(url.hostname)) {
    throw new ConfigurationError(`no API key for Anthropic model "${options.model}"`, {
      hint: "Pass `apiKey`, or set ANTHROPIC_API_KEY. A server of your own is named by `baseURL` and may go without.",
    });
  }
  if (key === undefined || isMeant) return key;
  throw new ConfigurationError(`no API key for model "${options.model}" at "${url.hostname}"`, {
    code: "key_not_sent",
    hint: "ANTHROPIC_API_KEY was not sent: from the environment it goes to Anthropic, to this machine and to what ANTHROPIC_BASE_URL names. Pass it as `apiKey` if it is for this host, or any text if the host wants none.",
  });
}

/** Refused here, since `fetch` would quote the value it cannot send, or tell of it as of a failed connection. */
function checkHeaders(apiKey: string, headers: HeaderValues = {}): void {
  for (const [name, value] of Object.entries({ ...headers, "x-api-key": apiKey })) {
    try {
      new Headers([[name, value]]);
    } catch {
      const which = value === apiKey ? "the API key" : `header ${JSON.stringify(name)}`;
      throw new ConfigurationError(`${which} cannot be sent: it is no value of a header`, {
        hint: "Look for a line break in it, or for a character beyond Latin-1, such as a curly quote that came with copying.",
      });
    }
  }
}

/** What `ANTHROPIC_CUSTOM_HEADERS` holds: a header a line, as the client reads it. */
function environmentHeaders(read: ReadVariable): HeaderValues {
  const lines = (read("ANTHROPIC_CUSTOM_HEADERS") ?? "").split("\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

/** Takes the headers back that the client adds by itself, and gives it its own where they stood in its place. */
function withheld(headers: HeaderValues, apiKey: string): Readonly<Record<string, string | null>> {
  const own: Readonly<Record<string, string>> = { authorization: `Bearer ${apiKey}`, "x-api-key": apiKey };
  return Object.fromEntries(Object.keys(headers).map((name) => [name, own[name.toLowerCase()] ?? null]));
}
