/** The models that a compartment is offered, from the control plane, with the transport each would take. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciOptions } from "./config/options.ts";
import { type OciConfig, resolveOciConfig } from "./config/resolve.ts";
import { createControlPlane } from "./control/index.ts";
import type { ModelSummary } from "./control/kinds/models.ts";
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
  const { models } = createControlPlane(config, fetch);
  for await (const model of models.list({ vendor, capability }, { signal })) yield describe(model);
}

function describe(item: ModelSummary): OciModelInfo {
  const custom = item.type === "CUSTOM";
  const displayName = item.displayName ?? item.id;
  const id = custom ? item.id : displayName;
  const capabilities = item.capabilities ?? [];
  return {
    id,
    ocid: item.id,
    displayName,
    vendor: item.vendor,
    version: item.version,
    capabilities,
    lifecycle: item.lifecycleState,
    custom,
    deprecatedAt: item.timeDeprecated,
    onDemandRetiredAt: item.timeOnDemandRetired,
    dedicatedRetiredAt: item.timeDedicatedRetired,
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
