/** The models that a compartment is offered, from the control plane, with the transport each would take. */
import { ConfigurationError, ServerError } from "@locus-sdk/core";
import { z } from "zod";
import type { OciOptions } from "./config/options.ts";
import { type OciConfig, resolveOciConfig } from "./config/resolve.ts";
import { mapOciError } from "./errors.ts";
import { getJson } from "./http/get-json.ts";
import { createFetch, type OciFetch } from "./http/signed-fetch.ts";
import { explainRoute, type Route } from "./routing.ts";

/** A model as the control plane describes it. Dates are ISO 8601. */
export interface OciModelInfo {
  /** What to ask for it by: `openai.gpt-oss-120b`, or the OCID of a model of one's own. */
  readonly id: string;
  readonly ocid: string;
  readonly displayName: string;
  readonly vendor: string | undefined;
  readonly version: string | undefined;
  /** As OCI names them: `CHAT`, `TEXT_EMBEDDINGS`, `TEXT_RERANK`, … */
  readonly capabilities: readonly string[];
  /** `ACTIVE`, `CREATING`, `DELETED`, … */
  readonly lifecycle: string | undefined;
  readonly custom: boolean;
  readonly deprecatedAt: string | undefined;
  /** From then on it is served on dedicated clusters only, and then not at all. */
  readonly onDemandRetiredAt: string | undefined;
  readonly dedicatedRetiredAt: string | undefined;
  /** How it is reached to chat with; absent where it does not chat. */
  readonly route: Route | undefined;
  /** Why it is not reached like that. */
  readonly unreachable: string | undefined;
}

/** What to list, and the way to it. */
export interface ListModelsOptions extends OciOptions {
  /** Only models of this vendor (`cohere`), by OCI's own spelling. */
  readonly vendor?: string | undefined;
  /** Only models that can do this (`CHAT`). */
  readonly capability?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const text = z.string().nullish().catch(undefined);
const modelSchema = z.object({
  id: z.string(),
  displayName: text,
  vendor: text,
  version: text,
  type: text,
  lifecycleState: text,
  capabilities: z.array(z.string()).nullish().catch(undefined),
  timeDeprecated: text,
  timeOnDemandRetired: text,
  timeDedicatedRetired: text,
});
const pageSchema = z.object({ items: z.array(modelSchema) });
const OWN_OPTIONS = ["vendor", "capability", "signal"] as const;

/**
 * Lists the models that the compartment is offered, page by page as they are read.
 *
 * @throws ConfigurationError where the compartment or the control plane is not known, or an API key is all there is;
 *   a typed error where OCI refuses.
 * @example
 * ```ts
 * import { listOciModels } from "@locus-sdk/oci";
 *
 * for await (const { id, route } of listOciModels({ profile: "DEFAULT", capability: "CHAT" })) {
 *   process.stdout.write(`${id}  ${route?.transport ?? "-"}\n`);
 * }
 * ```
 */
export async function* listOciModels(options: ListModelsOptions = {}): AsyncGenerator<OciModelInfo, void> {
  const config = resolveOciConfig(options, OWN_OPTIONS);
  yield* modelsOver(config, createFetch(config), options);
}

/** As `listOciModels`, over a fetch that is there already. */
export async function* modelsOver(
  config: OciConfig,
  fetch: OciFetch,
  { vendor, capability, signal }: Pick<ListModelsOptions, (typeof OWN_OPTIONS)[number]> = {},
): AsyncGenerator<OciModelInfo, void> {
  const url = new URL(`${controlPlane(config)}/20231130/models`);
  url.searchParams.set("compartmentId", compartmentOf(config));
  if (vendor !== undefined) url.searchParams.set("vendor", vendor);
  if (capability !== undefined) url.searchParams.set("capability", capability);
  const seen = new Set<string>();
  const { maxRetries } = config;
  const mapError = mapOciError(() => config);
  for (;;) {
    const { body, headers } = await getJson(fetch, url, { mapError, what: "models", maxRetries, signal });
    const page = pageSchema.safeParse(body);
    if (!page.success) {
      throw new ServerError(`${url.host} answered with something that is no list of models`, {
        retryable: false,
        hint: "Check the control plane's address: the `controlEndpoint` option or OCI_CONTROL_ENDPOINT.",
      });
    }
    for (const item of page.data.items) yield describe(item);
    const next = headers.get("opc-next-page") ?? "";
    // A page that names itself as the next one would never end.
    if (next === "" || seen.has(next)) return;
    seen.add(next);
    url.searchParams.set("page", next);
  }
}

function describe(item: z.infer<typeof modelSchema>): OciModelInfo {
  const custom = item.type === "CUSTOM";
  const displayName = item.displayName ?? item.id;
  const id = custom ? item.id : displayName;
  const capabilities = item.capabilities ?? [];
  return {
    id,
    ocid: item.id,
    displayName,
    vendor: item.vendor ?? undefined,
    version: item.version ?? undefined,
    capabilities,
    lifecycle: item.lifecycleState ?? undefined,
    custom,
    deprecatedAt: item.timeDeprecated ?? undefined,
    onDemandRetiredAt: item.timeOnDemandRetired ?? undefined,
    dedicatedRetiredAt: item.timeDedicatedRetired ?? undefined,
    ...routeOf(id, capabilities),
  };
}

/** A listing tells what each model is; the transport asked for in the environment has no say in that. */
function routeOf(id: string, capabilities: readonly string[]): Pick<OciModelInfo, "route" | "unreachable"> {
  if (capabilities.length > 0 && !capabilities.includes("CHAT")) {
    return { route: undefined, unreachable: "it does not chat" };
  }
  try {
    return { route: explainRoute(id, { env: {} }), unreachable: undefined };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.code === "responses_only"
      ? { route: explainRoute(id, { env: {}, transport: "responses" }), unreachable: undefined }
      : { route: undefined, unreachable: error.message };
  }
}

function controlPlane({ controlEndpoint, authType, baseURL }: OciConfig): string {
  if (authType === "genai_api_key") {
    throw new ConfigurationError(
      "models are listed for signed requests, not for an OCI Generative AI API key",
      {
        code: "control_plane_needs_signature",
        hint: "Give a `profile` (OCI_PROFILE), or OCI_AUTH_TYPE=instance_principal and the like.",
      },
    );
  }
  if (controlEndpoint !== undefined) return controlEndpoint;
  throw new ConfigurationError(`the control plane that belongs to ${new URL(baseURL).host} is not known`, {
    code: "control_plane_unknown",
    hint: "Give it: the `controlEndpoint` option or OCI_CONTROL_ENDPOINT.",
  });
}

function compartmentOf({ compartmentId }: OciConfig): string {
  if (compartmentId !== undefined) return compartmentId;
  throw new ConfigurationError("models are listed for a compartment, and none is configured", {
    code: "compartment_required",
    hint: "Give the `compartmentId` option or OCI_COMPARTMENT.",
  });
}
