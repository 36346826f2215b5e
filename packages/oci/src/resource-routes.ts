/** Which address serves which resource of the `openai` client: a table by path and kind of credential. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciConfig } from "./config/resolve.ts";

/** An address: the base URL, the control plane under its API version, or the inference host under that version. */
type Base = "baseURL" | "control" | "versioned";

interface ResourceRoute {
  /** Below the base URL, as the `openai` client asks for it. */
  readonly path: RegExp;
  readonly what: string;
  /** For signed requests. */
  readonly signature: Base;
  /** For an OCI Generative AI API key, which the control plane does not take. */
  readonly apiKey: Base;
}

/** Searched from the top; what no row takes is asked of the base URL. */
const ROUTES: readonly ResourceRoute[] = [
  {
    path: /^\/vector_stores(?:\/[^/?]+)?$/,
    what: "vector stores",
    signature: "control",
    apiKey: "versioned",
  },
];

const VERSIONED = "/20231130/openai/v1";
/** On hosts that are not told apart by their names, the control plane's is not known. */
const INFERENCE = /^inference\.generativeai\./;

/**
 * The base URL for a path where it is another than the client's own.
 *
 * @throws ConfigurationError where a request has to go to the control plane, and its address is not known.
 */
export function baseFor(path: string, config: OciConfig): string | undefined {
  const route = ROUTES.find((row) => row.path.test(path));
  if (route === undefined) return undefined;
  if (config.vectorStoreBaseURL !== undefined) return config.vectorStoreBaseURL;
  const base = config.authType === "genai_api_key" ? route.apiKey : route.signature;
  // Whoever names a base URL that is not OCI's own has one address for everything.
  const ownBase = config.ownBaseURL && !INFERENCE.test(new URL(config.baseURL).hostname);
  if (base === "versioned") {
    return ownBase ? undefined : `${new URL(config.baseURL).origin}${VERSIONED}`;
  }
  if (config.controlEndpoint !== undefined) return `${config.controlEndpoint}${VERSIONED}`;
  if (ownBase) return undefined;
  throw new ConfigurationError(
    `${route.what} are kept by the control plane, and the one that belongs to ${new URL(config.baseURL).host} is not known`,
    {
      code: "control_plane_unknown",
      hint: "Give it: the `controlEndpoint` option or OCI_CONTROL_ENDPOINT; or `vectorStoreBaseURL`.",
    },
  );
}
