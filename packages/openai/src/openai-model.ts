/** OpenAI's own models, and any server that speaks like them, by options or environment. */
import { ConfigurationError, knownSecrets } from "@locus-sdk/core";
import { createNodeFetch } from "@locus-sdk/core/http";
import { placeOf } from "./cache-identity.ts";
import { profileOn, resolveServer } from "./chat/compatibility.ts";
import { ChatCompletionsModel } from "./chat/model.ts";
import { OPENAI_CHAT_PROFILES } from "./chat/openai-profiles.ts";
import { findChatProfile } from "./chat/profile.ts";
import { type ClientSettings, clientWith } from "./client.ts";
import { checkHeaders, environmentHeaders, isEnvironments, keyFor } from "./keys.ts";
import { checkChatOptions, type OpenAIModelOptions } from "./model-options.ts";

export type { OpenAIModelOptions } from "./model-options.ts";

const OPENAI_URL = "https://api.openai.com/v1";
const DEFAULT_TIMEOUT_MS = 600_000;

/**
 * A model of OpenAI, or of any server with its chat completions API. The `openai` package is loaded by the first call.
 *
 * @throws ConfigurationError when there is no API key and the base URL is a vendor's, or when the environment's is not for
 *   that host.
 * @example
 * ```ts
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const model = new OpenAIModel({ model: "llama3.2", baseURL: "http://127.0.0.1:11434/v1" });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class OpenAIModel extends ChatCompletionsModel {
  constructor(options: OpenAIModelOptions) {
    checkChatOptions(options);
    const { settings, secrets } = clientSettings(options, process.env);
    super({
      provider: "openai",
      modelId: options.model,
      profile: profileOn(
        options.profile ?? findChatProfile(options.model, OPENAI_CHAT_PROFILES),
        resolveServer(settings.baseURL, options.compatibility),
      ),
      idleTimeoutMs: settings.timeout,
      cacheIdentity: { baseURL: placeOf(settings.baseURL) },
      secrets,
      client: () => clientWith(settings),
    });
  }
}

/** The client insists on a key; a server that wants none ignores it. */
const NO_KEY = "none";

/**
 * Every setting that the client would otherwise take from the environment by itself is passed. It also adds the
 * headers in `OPENAI_CUSTOM_HEADERS`, which are for those that `OPENAI_API_KEY` is for.
 */
export function clientSettings(
  options: OpenAIModelOptions,
  environment: NodeJS.ProcessEnv,
): { readonly settings: ClientSettings; readonly secrets: readonly string[] } {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const baseURL = options.baseURL ?? read("OPENAI_BASE_URL") ?? OPENAI_URL;
  const scheme = URL.parse(baseURL)?.protocol;
  if (scheme !== "https:" && scheme !== "http:") {
    // It may hold a password: it is not repeated.
    const which = scheme === undefined ? "no URL" : `a URL of the scheme "${scheme}"`;
    throw new ConfigurationError(`baseURL is ${which}; expected an http or https URL`, {
      hint: `For example "${OPENAI_URL}" or "http://127.0.0.1:11434/v1".`,
    });
  }
  const apiKey = keyFor(baseURL, options, read);
  checkHeaders(apiKey ?? NO_KEY, options.defaultHeaders);
  const isMeant = isEnvironments(baseURL, read);
  const fromEnvironment = environmentHeaders(read);
  const secrets = knownSecrets({
    keys: [apiKey],
    headers: { ...fromEnvironment, ...options.defaultHeaders },
    url: baseURL,
  });
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const settings: ClientSettings = {
    apiKey: apiKey ?? NO_KEY,
    adminAPIKey: null,
    baseURL,
    organization: options.organization ?? (isMeant ? read("OPENAI_ORG_ID") : undefined) ?? null,
    project: options.project ?? (isMeant ? read("OPENAI_PROJECT_ID") : undefined) ?? null,
    webhookSecret: null,
    // Nothing of ours prints; what the client would log, the error says.
    logLevel: "off",
    timeout,
    maxRetries: options.maxRetries ?? 2,
    fetch: options.fetch ?? createNodeFetch({ timeoutMs: timeout }),
    defaultHeaders: {
      ...(isMeant ? {} : withheld(fromEnvironment, apiKey ?? NO_KEY)),
      ...options.defaultHeaders,
    },
    // A redirect would take the key and the conversation along.
    fetchOptions: { redirect: "manual" },
  };
  return { settings, secrets };
}

/** Takes the headers back that the client adds by itself, and gives it its own where they stood in its place. */
function withheld(
  headers: Readonly<Record<string, string>>,
  apiKey: string,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.keys(headers).map((name) => [
      name,
      name.toLowerCase() === "authorization" ? `Bearer ${apiKey}` : null,
    ]),
  );
}
