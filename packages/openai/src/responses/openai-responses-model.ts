/** OpenAI's own models over the Responses API, and any server that has it, by options or environment. */
import { placeOf } from "../cache-identity.ts";
import { OPENAI_CHAT_PROFILES } from "../chat/openai-profiles.ts";
import { findChatProfile } from "../chat/profile.ts";
import { clientWith } from "../client.ts";
import { checkResponsesOptions, type OpenAIResponsesModelOptions } from "../model-options.ts";
import { clientSettings } from "../openai-model.ts";
import { ResponsesModel } from "./model.ts";

export type { OpenAIResponsesModelOptions } from "../model-options.ts";

/**
 * A model of OpenAI, or of any server with its Responses API: the server keeps the conversation unless told otherwise,
 * and runs tools of its own. The `openai` package is loaded by the first call.
 *
 * @throws ConfigurationError when there is no API key and the base URL is a vendor's, when the environment's is not for that
 *   host, and where `history`, `store` and
 *   `conversation` contradict each other.
 * @example
 * ```ts
 * import { OpenAIResponsesModel } from "@locus-sdk/openai";
 *
 * const model = new OpenAIResponsesModel({ model: "gpt-5", apiKey: "…", store: false });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class OpenAIResponsesModel extends ResponsesModel {
  constructor(options: OpenAIResponsesModelOptions) {
    checkResponsesOptions(options);
    const { settings, secrets } = clientSettings(options, process.env);
    const { history, store, conversation, onStateLost, include, rawOutput } = options;
    const { baseURL, organization, project } = settings;
    super({
      provider: "openai",
      modelId: options.model,
      profile: options.profile ?? findChatProfile(options.model, OPENAI_CHAT_PROFILES),
      idleTimeoutMs: settings.timeout,
      cacheIdentity: { baseURL: placeOf(settings.baseURL) },
      secrets,
      client: () => clientWith(settings),
      scope: {
        baseURL: withoutCredentials(baseURL),
        ...(typeof organization === "string" ? { organization } : {}),
        ...(typeof project === "string" ? { project } : {}),
      },
      ...(history === undefined ? {} : { history }),
      ...(store === undefined ? {} : { store }),
      ...(conversation === undefined ? {} : { conversation }),
      ...(onStateLost === undefined ? {} : { onStateLost }),
      ...(include === undefined ? {} : { include }),
      ...(rawOutput === undefined ? {} : { rawOutput }),
    });
  }
}

/** The scope is stored with each thread. */
function withoutCredentials(baseURL: string): string {
  const url = URL.parse(baseURL);
  if (url === null || (url.username === "" && url.password === "" && url.search === "")) return baseURL;
  return `${url.origin}${url.pathname}`;
}
