/**
 * The vendor's client for the native API, used for what it knows: paths, headers and the JSON of every operation.
 * It is loaded by the first request.
 *
 * It sends through the `httpClient` it is given, and hears of nothing but success: it would retry what fails (a paid
 * answer that it cannot parse among it), print it, and lose its headers. Since it never sees a failure, it also never
 * prints one; nothing global is patched to keep it quiet.
 */
import type { JsonObject } from "@locus-sdk/core";
import type { AuthParams } from "oci-common";
import type { GenerativeAiInferenceClient, requests } from "oci-generativeaiinference";

/** The operations of the native API, by the names the vendor's client gives them. */
export type NativeOperation = "chat" | "embedText" | "rerankText" | "applyGuardrails";

/** A request as the vendor's client composed it, before any signature. */
export interface ComposedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

type SdkHttpClient = NonNullable<AuthParams["httpClient"]>;
type Vendor = typeof import("oci-generativeaiinference");
type Common = typeof import("oci-common");

let loaded: Promise<readonly [Vendor, Common]> | undefined;

/** One import of each, both of which resolve to the same copy of `oci-common`. */
function vendor(): Promise<readonly [Vendor, Common]> {
  loaded ??= Promise.all([import("oci-generativeaiinference"), import("oci-common")]);
  return loaded;
}

/** The vendor's client wants its model types; what it is given here was built after them, and tested against them. */
const OPERATIONS: Readonly<
  Record<NativeOperation, (client: GenerativeAiInferenceClient, details: JsonObject) => Promise<unknown>>
> = {
  chat: (client, details) =>
    client.chat({ chatDetails: details as unknown as requests.ChatRequest["chatDetails"] }),
  embedText: (client, details) =>
    client.embedText({
      embedTextDetails: details as unknown as requests.EmbedTextRequest["embedTextDetails"],
    }),
  rerankText: (client, details) =>
    client.rerankText({
      rerankTextDetails: details as unknown as requests.RerankTextRequest["rerankTextDetails"],
    }),
  applyGuardrails: (client, details) =>
    client.applyGuardrails({
      applyGuardrailsDetails: details as unknown as requests.ApplyGuardrailsRequest["applyGuardrailsDetails"],
    }),
};

/**
 * Performs one operation: the vendor's client composes the request, `send` brings it there and back. Resolves with
 * `send`'s answer, whole and with its headers, or rejects with what `send` threw.
 */
export async function callVendor(
  operation: NativeOperation,
  details: JsonObject,
  endpoint: string,
  send: (request: ComposedRequest) => Promise<Response>,
): Promise<Response> {
  const [{ GenerativeAiInferenceClient }, { CircuitBreaker, NoRetryConfigurationDetails }] = await vendor();
  let exchange: Promise<Response> | undefined;
  const httpClient: SdkHttpClient = {
    send: async ({ method, uri, headers, body }) => {
      exchange = send({ method, url: uri, headers, body: typeof body === "string" ? body : "" });
      // Settled, not awaited for its value: success or not, the client is told of an empty success.
      await exchange.catch(() => undefined);
      return Response.json({});
    },
  };
  // Made for one request, in microseconds, so that the answer needs no looking up. Without an authentication provider
  // it signs nothing.
  const client = new GenerativeAiInferenceClient(
    { httpClient },
    {
      retryConfiguration: NoRetryConfigurationDetails,
      circuitBreaker: new CircuitBreaker({ disableClientCircuitBreaker: true }),
    },
  );
  client.endpoint = endpoint;
  await OPERATIONS[operation](client, details);
  if (exchange === undefined) throw new TypeError(`the vendor's client sent nothing for ${operation}`);
  return exchange;
}
