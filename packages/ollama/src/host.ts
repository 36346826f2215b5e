/** Where the server is: what people write for a host, as an address and the credentials it held. */
import { ConfigurationError } from "@locus-sdk/core";

/** An address without a slash at its end, and the headers that go there. */
export interface HostAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DEFAULT_PORT = "11434";
const DEFAULT_HOST = `http://127.0.0.1:${DEFAULT_PORT}`;

/**
 * The address in `host`, which may lack its scheme or its name, as in Ollama's own `OLLAMA_HOST`. Addresses that servers
 * listen on, and nobody can call everywhere (`0.0.0.0`), are this machine's.
 *
 * @throws ConfigurationError where it is no address.
 */
export function hostAddress(host: string = DEFAULT_HOST): HostAddress {
  const written = host.trim();
  const explicit = written.includes("://");
  const url = URL.parse(
    explicit ? written : `http://${written.startsWith(":") ? "127.0.0.1" : ""}${written}`,
  );
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    // It may hold a password: it is not repeated.
    throw new ConfigurationError("the host of Ollama is not an address; expected http or https", {
      hint: `For example "${DEFAULT_HOST}", "localhost" or "https://ollama.example.com/prefix". It comes from \`host\` or OLLAMA_HOST.`,
    });
  }
  const name = /^(?:0\.0\.0\.0|\[::\])$/.test(url.hostname) ? "127.0.0.1" : url.hostname;
  // A URL forgets the port that its scheme has anyway.
  const portless = !explicit && !/:\d+(?:\/|$)/.test(written);
  const port = portless ? DEFAULT_PORT : url.port;
  const path = url.pathname.replace(/\/+$/, "");
  return {
    url: `${url.protocol}//${name}${port === "" ? "" : `:${port}`}${path}`,
    headers: url.username === "" ? {} : { authorization: basic(url) },
  };
}

/** `fetch` refuses credentials in an address; in a header they do the same. */
function basic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
