/** The `openai` client on its way to OCI: signed, and deaf to the environment of an OpenAI account. */
import { ConfigurationError, LocusError } from "@locus-sdk/core";
import OpenAI, { type APIError, APIUserAbortError, type ClientOptions } from "openai";
import type { OciOptions } from "./config/options.ts";
import { type OciConfig, resolveOciConfig } from "./config/resolve.ts";
import { withTimeouts } from "./http/dispatcher.ts";
import { customHeaders } from "./http/headers.ts";
import { configOf, createFetch, type OciFetch, preflight, takeTurn } from "./http/signed-fetch.ts";
import { baseFor } from "./resource-routes.ts";

/** What a request is sent with, as the client tells its hooks. */
interface Preparation {
  readonly url: string;
  readonly options: { readonly signal?: AbortSignal | null | undefined };
}

/** Failures that no other try will heal, by the headers of the answer that stands for each. */
const failures = new WeakMap<Headers, LocusError>();

/**
 * Knows that some resources live at another address. And asks the signed fetch before sending: what fails there would
 * be retried as if the network had failed, and waiting for one's turn there would be taken for waiting for the answer.
 */
class OciOpenAI extends OpenAI {
  override buildURL(...[path, query, defaultBaseURL]: Parameters<OpenAI["buildURL"]>): string {
    const config = configOf(this._options.fetch);
    // A client that was given another base URL since then asks everything of that one.
    const base = config !== undefined && this.baseURL === config.baseURL ? baseFor(path, config) : undefined;
    return super.buildURL(base === undefined ? path : `${base}${path}`, query, defaultBaseURL);
  }

  protected override async prepareRequest(
    request: RequestInit,
    { url, options }: Preparation,
  ): Promise<void> {
    const { fetch } = this._options;
    const target = new URL(url);
    await preflight(fetch, target);
    const { headers, body } = request;
    const signal = options.signal ?? undefined;
    try {
      if (typeof headers === "object") await takeTurn(fetch, { url: target, headers, body, signal });
    } catch (error) {
      throw signal?.aborted === true ? new APIUserAbortError() : error;
    }
  }

  protected override async fetchWithAuth(
    url: Parameters<typeof fetch>[0],
    init: RequestInit,
    timeout: number,
    ...rest: [controller: AbortController, schemes?: object]
  ): Promise<Response> {
    try {
      // A request that was given more time than the others must not end with theirs.
      const patience = timeout > (configOf(this._options.fetch)?.timeoutMs ?? 0) ? withTimeouts(timeout) : {};
      return await super.fetchWithAuth(url, { ...patience, ...init }, timeout, ...rest);
    } catch (error) {
      if (!(error instanceof LocusError) || error.retryable) throw error;
      // What is thrown here is taken for a lost connection; an answer with a status is neither retried nor reworded.
      const standIn = new Response(null, { status: 400, headers: { "x-should-retry": "false" } });
      failures.set(standIn.headers, error);
      return standIn;
    }
  }

  protected override makeStatusError(...args: Parameters<OpenAI["makeStatusError"]>): APIError {
    // The client throws it and looks no further: to its callers any error is as good.
    return (failures.get(args[3]) as APIError | undefined) ?? super.makeStatusError(...args);
  }
}

/**
 * A genuine `OpenAI` client whose requests go to OCI Generative AI, authenticated as configured. Nothing of an
 * OpenAI account (`OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_PROJECT_ID`, …) reaches OCI or diverts its traffic.
 *
 * The compartment is needed for a signed request to a Generative AI host, not for a Data Science model deployment
 * (`baseURL: "https://modeldeployment.….oci.customer-oci.com/<ocid>/predict/v1"`). Vector stores are kept by another
 * host than their files; the client knows which, by kind of credential.
 *
 * Retries are the client's own (`maxRetries`, default 2; 401 is healed inside and not counted), and a request may take
 * `timeoutMs` (default 600,000 ms). The configuration file is read now, keys and tokens with the first request.
 *
 * @throws ConfigurationError when the configuration cannot be used, or lacks the compartment.
 * @example
 * ```ts
 * import { createOciOpenAI } from "@locus-sdk/oci";
 *
 * const client = createOciOpenAI({ profile: "DEFAULT", region: "us-chicago-1" });
 * const answer = await client.chat.completions.create({
 *   model: "openai.gpt-oss-120b",
 *   messages: [{ role: "user", content: "Hello" }],
 * });
 * ```
 */
export function createOciOpenAI(options: OciOptions = {}): OpenAI {
  const config = resolveOciConfig(options);
  assertCompartment(config);
  return openAIFor(config, createFetch(config));
}

/** The service would answer 404 to a signed request without a compartment, as to so much else. */
export function assertCompartment({ authType, baseURL, compartmentId }: OciConfig): void {
  const { hostname } = new URL(baseURL);
  if (compartmentId !== undefined || authType === "genai_api_key" || !/(?:^|\.)generativeai\./.test(hostname))
    return;
  throw new ConfigurationError(
    "requests to OCI Generative AI are made for a compartment, and none is configured",
    {
      code: "compartment_required",
      hint: "Give the `compartmentId` option or OCI_COMPARTMENT.",
    },
  );
}

/** As `createOciOpenAI`, over a fetch that is there already. */
export function openAIFor(config: OciConfig, fetch: OciFetch): OpenAI {
  // Each of these would otherwise be taken from an OPENAI_ variable.
  const isolated: Required<
    Pick<
      ClientOptions,
      "apiKey" | "adminAPIKey" | "organization" | "project" | "webhookSecret" | "baseURL" | "logLevel"
    >
  > = {
    // The client insists on a key; the signed fetch takes its header off.
    apiKey: "signed-by-oci",
    adminAPIKey: null,
    organization: null,
    project: config.project ?? null,
    webhookSecret: null,
    baseURL: config.baseURL,
    logLevel: "off",
  };
  // Those of OPENAI_CUSTOM_HEADERS, which the client takes in now.
  const defaultHeaders = Object.fromEntries([...customHeaders().keys()].map((name) => [name, null]));
  return new OciOpenAI({
    ...isolated,
    defaultHeaders,
    fetch,
    maxRetries: config.maxRetries,
    timeout: config.timeoutMs,
  });
}
