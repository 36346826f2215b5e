/** The Responses API of OCI Generative AI, the model users name `OCIResponsesModel`. */
import { ConfigurationError } from "@locus-sdk/core";
import { type HistoryOptions, ResponsesModel, type TracingOptions } from "@locus-sdk/openai";
import { placedBy } from "./cache-identity.ts";
import { openAIFor } from "./client.ts";
import { checkOptions, type OciModelOptions } from "./config/options.ts";
import { DEFAULT_TIMEOUT_MS, type OciConfig, resolveOciConfig } from "./config/resolve.ts";
import { ociContextWindow } from "./context-windows.ts";
import { assertCompartment, mapOciError } from "./errors.ts";
import { ociChatProfile } from "./families.ts";
import { createFetch, type OciFetch, placed } from "./http/signed-fetch.ts";
import { explainRoute, modelIdOf } from "./routing.ts";

/** Options of `OCIResponsesModel`: the way to OCI, and who keeps the conversation. */
export interface OCIResponsesModelOptions extends OciModelOptions, HistoryOptions, TracingOptions {
  /** More of what the service can put into an answer, by its names on the wire. */
  readonly include?: readonly string[] | undefined;
}

/** Options that the shared part of this package does not know. */
export const RESPONSES_OPTION_NAMES: readonly string[] = [
  "history",
  "store",
  "conversation",
  "onStateLost",
  "include",
  "rawOutput",
];

/** Paths other than `/openai/v1`, by model. Multi-agent models are served by the newer one only. */
const PATHS: readonly { readonly models: RegExp; readonly path: string }[] = [
  { models: /^xai\.grok-4\.20-multi-agent/i, path: "/v1" },
];

/**
 * A model behind OCI's Responses API. The service keeps the conversation (`history`), and is sent only what it has not
 * seen; what it forgets is replayed from the thread. With `store: false` nothing is kept there, and reasoning comes
 * back encrypted.
 *
 * Options are checked now; the configuration file, keys and tokens are read by the first call. The service wants a
 * project (`project`, `OCI_PROJECT`) where requests are signed.
 *
 * @throws ConfigurationError for an option that is unknown, unusable, or contradicts another.
 * @example
 * ```ts
 * import { Agent } from "@locus-sdk/core";
 * import { OCIResponsesModel } from "@locus-sdk/oci";
 *
 * const model = new OCIResponsesModel({ model: "openai.gpt-oss-120b", project: "ocid1.generativeaiproject.oc1..x" });
 * const agent = new Agent({ model });
 * ```
 */
export class OCIResponsesModel extends ResponsesModel {
  constructor(options: OCIResponsesModelOptions) {
    const checked = checkOptions(options, RESPONSES_OPTION_NAMES);
    const modelId = modelIdOf(checked.model ?? "");
    if (checked.transport !== undefined && checked.transport !== "responses") {
      throw new ConfigurationError(
        `OCIResponsesModel speaks the Responses API, not transport "${checked.transport}"`,
        { hint: 'Leave `transport` out here; getModel("oci:…", { transport }) chooses the class by it.' },
      );
    }
    explainRoute(modelId, { transport: "responses", env: {} });
    const { history, store, conversation, onStateLost, include, rawOutput } = options;
    let way: { readonly config: OciConfig; readonly fetch: OciFetch } | undefined;
    const connect = (): NonNullable<typeof way> => {
      if (way === undefined) {
        const given = { ...options, model: modelId, transport: "responses" as const };
        const usual = resolveOciConfig(given, RESPONSES_OPTION_NAMES);
        assertCompartment(usual);
        const config = options.baseURL === undefined ? atItsPath(modelId, usual) : usual;
        way = { config, fetch: createFetch(config) };
      }
      return way;
    };
    super({
      provider: "oci",
      modelId,
      profile: ociChatProfile(modelId),
      capabilities: ociContextWindow(modelId),
      idleTimeoutMs: checked.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      mapError: mapOciError(() => way?.config, "responses"),
      cacheIdentity: placedBy(() => connect().config),
      client: () => openAIFor(connect().config, connect().fetch),
      scope: () => scopeOf(connect()),
      ...(history === undefined ? {} : { history }),
      ...(store === undefined ? {} : { store }),
      ...(conversation === undefined ? {} : { conversation }),
      ...(onStateLost === undefined ? {} : { onStateLost }),
      ...(include === undefined ? {} : { include }),
      ...(rawOutput === undefined ? {} : { rawOutput }),
    });
  }
}

/** Responses live in a project, behind one base URL: an id means nothing elsewhere. */
async function scopeOf({
  config: { baseURL, project },
  fetch,
}: {
  readonly config: OciConfig;
  readonly fetch: OciFetch;
}): Promise<{ readonly [name: string]: string }> {
  return { baseURL: await placed(fetch, baseURL), ...(project === undefined ? {} : { project }) };
}

function atItsPath(modelId: string, config: OciConfig): OciConfig {
  const special = PATHS.find(({ models }) => models.test(modelId));
  return special === undefined ? config : { ...config, baseURL: `${config.endpoint}${special.path}` };
}
