/** The client of models that Locus makes one for: what is the same in every request is worked out once. */
import { isRecord } from "@locus-sdk/core";
import type { OpenAI } from "openai";

/** What the client is made with. */
export type ClientSettings = NonNullable<ConstructorParameters<typeof OpenAI>[0]> & {
  readonly baseURL: string;
  readonly timeout: number;
};

type Options = Parameters<OpenAI["buildRequest"]>[0];
type Built = Awaited<ReturnType<OpenAI["buildRequest"]>>;

/** What `postJson` says of a request. Anything else may have a say in its address or its headers. */
const PLAIN: ReadonlySet<string> = new Set(["method", "path", "body", "stream", "maxRetries", "signal"]);

/**
 * A client with these settings. Its address and headers follow from the settings and the path alone, and putting them
 * together is most of what the client costs: the first request of a path is built by the client, the next ones after it.
 */
export async function clientWith(settings: ClientSettings): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  const client = new OpenAI(settings);
  const build = client.buildRequest.bind(client);
  const known = new Map<string, Built>();
  // Replaced in the instance: the client tells servers the name of its class.
  client.buildRequest = async (options, attempt) => {
    if (!isPlain(options, attempt?.retryCount)) return build(options, attempt);
    let first = known.get(options.path);
    if (first === undefined) {
      first = await build({ ...options, body: {}, signal: null }, attempt);
      known.set(options.path, first);
    }
    const { signal } = options;
    return {
      ...first,
      req: {
        ...first.req,
        // A `fetch` of the caller's may change them.
        headers: new Headers(first.req.headers),
        body: JSON.stringify(options.body),
        ...(signal === undefined || signal === null ? {} : { signal }),
      },
    };
  };
  return client;
}

/** Whether the request is a first try of a body that is JSON, and says nothing but that. */
function isPlain(options: Options, retries = 0): boolean {
  if (options.method !== "post" || retries !== 0 || !isRecord(options.body)) return false;
  for (const name in options) if (!PLAIN.has(name)) return false;
  return true;
}
