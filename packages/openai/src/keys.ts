/** Whose key goes where: what the environment holds is sent to those it is of, and to nobody whom an option names. */
import { ConfigurationError } from "@locus-sdk/core";
import { detectServer, resolveServer } from "./chat/compatibility.ts";
import type { OpenAIModelOptions } from "./model-options.ts";

/** Reads a variable of the environment; one of white space alone is none. */
export type ReadVariable = (name: string) => string | undefined;

/** Whether `host` is this machine, to which nothing is given away. */
const isLoopback = (host: string): boolean =>
  /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])\.?$/i.test(host);

/**
 * Whether what the environment says of OpenAI (`OPENAI_API_KEY`, `OPENAI_ORG_ID`, …) is meant for `baseURL`: it is OpenAI's,
 * on this machine, or named by the same environment.
 */
export function isEnvironments(baseURL: string, read: ReadVariable): boolean {
  const url = URL.parse(baseURL);
  if (url === null) return false;
  const named = URL.parse(read("OPENAI_BASE_URL") ?? "");
  return detectServer(baseURL) === "openai" || isLoopback(url.hostname) || named?.origin === url.origin;
}

/** What `OPENAI_CUSTOM_HEADERS` holds: a header a line, as the client reads it. */
export function environmentHeaders(read: ReadVariable): Readonly<Record<string, string>> {
  const lines = (read("OPENAI_CUSTOM_HEADERS") ?? "").split("\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

/** Refused here, since `fetch` would quote the value it cannot send, or tell of it as of a failed connection. */
export function checkHeaders(apiKey: string, headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries({ ...headers, authorization: `Bearer ${apiKey}` })) {
    try {
      new Headers([[name, value]]);
    } catch {
      const which = name === "authorization" ? "the API key" : `header ${JSON.stringify(name)}`;
      throw new ConfigurationError(`${which} cannot be sent: it is no value of a header`, {
        hint: "Look for a line break in it, or for a character beyond Latin-1, such as a curly quote that came with copying.",
      });
    }
  }
}

/**
 * The key for `baseURL`: what is given; of a vendor's own address, what its variable says; `OPENAI_API_KEY` where it is
 * meant.
 *
 * @throws ConfigurationError where the vendor wants a key and there is none, and where the environment has one that is
 *   not for this host.
 */
export function keyFor(baseURL: string, options: OpenAIModelOptions, read: ReadVariable): string | undefined {
  if (options.apiKey !== undefined) return options.apiKey;
  const { row, vendor } = resolveServer(baseURL, options.compatibility);
  const host = URL.parse(baseURL)?.hostname ?? "";
  // A server that is said to behave like a vendor's is not thereby the vendor's.
  const variable = vendor?.keyVariable ?? (isLoopback(host) ? row?.keyVariable : undefined);
  const own = variable === undefined ? undefined : read(variable);
  if (own !== undefined) return own;
  const openais = read("OPENAI_API_KEY");
  if (openais !== undefined && isEnvironments(baseURL, read)) return openais;
  if (vendor?.keyVariable !== undefined) {
    const unused =
      openais === undefined || variable === "OPENAI_API_KEY" ? "" : " OPENAI_API_KEY is not sent there.";
    throw new ConfigurationError(`no API key for ${vendor.name} model "${options.model}"`, {
      hint: `Pass \`apiKey\`, or set ${vendor.keyVariable}.${unused} A server of your own is named by \`baseURL\` and may go without.`,
    });
  }
  const [present] = ["OPENAI_API_KEY", row?.keyVariable].filter(
    (name) => name !== undefined && read(name) !== undefined,
  );
  if (present === undefined) return undefined;
  throw new ConfigurationError(`no API key for model "${options.model}" at "${host}"`, {
    code: "key_not_sent",
    hint: `${present} was not sent: from the environment a key goes to its own vendor, to this machine and to what OPENAI_BASE_URL names. Pass it as \`apiKey\` if it is for this host, or any text if the host wants none.`,
  });
}
