/** OpenAI's own models, and any server that speaks like them, by options or environment. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OpenAI } from "openai";
import { type Compatibility, profileOn, resolveServer } from "./chat/compatibility.ts";
import { ChatCompletionsModel } from "./chat/model.ts";
import { OPENAI_CHAT_PROFILES } from "./chat/openai-profiles.ts";
import { type ChatProfile, findChatProfile } from "./chat/profile.ts";

export interface OpenAIModelOptions {
  /** The model id, for example `gpt-4o`. */
  readonly model: string;
  /**
   * Default: the variable of the server that `baseURL` is known to be (`GROQ_API_KEY`, …), and `OPENAI_API_KEY` at OpenAI,
   * beside `OPENAI_BASE_URL`, and at servers that are not known. Not needed by servers of your own.
   */
  readonly apiKey?: string;
  /** Default: `OPENAI_BASE_URL`, then OpenAI's own. */
  readonly baseURL?: string;
  /** Default: `OPENAI_ORG_ID`. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`. */
  readonly project?: string;
  /** The longest wait for an answer to begin, and for each next piece of it, in ms. Default: 600,000. */
  readonly timeoutMs?: number;
  /** How often a request is sent again before an answer has begun. Default: 2. */
  readonly maxRetries?: number;
  /** The `fetch` to use. Default: the runtime's. */
  readonly fetch?: typeof fetch;
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** The family's quirks. Default: by model id. */
  readonly profile?: ChatProfile;
  /**
   * What the server wants differently in chat completions: its name, or differences. Default: by the address in `baseURL`,
   * where that is certain; otherwise as OpenAI's own.
   */
  readonly compatibility?: Compatibility;
}

const OPENAI_URL = "https://api.openai.com/v1";
const DEFAULT_TIMEOUT_MS = 600_000;

/**
 * A model of OpenAI, or of any server with its chat completions API. The `openai` package is loaded by the first call.
 *
 * @throws ConfigurationError when there is no API key and the base URL is OpenAI's.
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
    const settings = clientSettings(options, process.env);
    super({
      provider: "openai",
      modelId: options.model,
      profile: profileOn(
        options.profile ?? findChatProfile(options.model, OPENAI_CHAT_PROFILES),
        resolveServer(settings.baseURL, options.compatibility),
      ),
      idleTimeoutMs: settings.timeout,
      client: async () => {
        const { OpenAI } = await import("openai");
        return new OpenAI(settings);
      },
    });
  }
}

/** What the client is made with. */
export type ClientSettings = NonNullable<ConstructorParameters<typeof OpenAI>[0]> & {
  readonly baseURL: string;
  readonly timeout: number;
};

/**
 * Every setting that the client would otherwise take from the environment by itself is passed. It also adds the
 * headers in `OPENAI_CUSTOM_HEADERS`, which are meant for it and stay.
 */
export function clientSettings(options: OpenAIModelOptions, environment: NodeJS.ProcessEnv): ClientSettings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const baseURL = options.baseURL ?? read("OPENAI_BASE_URL") ?? OPENAI_URL;
  const url = URL.parse(baseURL);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(`baseURL is "${baseURL}"; expected an http or https URL`, {
      hint: `For example "${OPENAI_URL}" or "http://127.0.0.1:11434/v1".`,
    });
  }
  const apiKey = keyFor(baseURL, options, read);
  return {
    // The client insists on a key; a server that wants none ignores it.
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    baseURL,
    organization: options.organization ?? read("OPENAI_ORG_ID") ?? null,
    project: options.project ?? read("OPENAI_PROJECT_ID") ?? null,
    webhookSecret: null,
    // Nothing of ours prints; what the client would log, the error says.
    logLevel: "off",
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxRetries: options.maxRetries ?? 2,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.defaultHeaders === undefined ? {} : { defaultHeaders: options.defaultHeaders }),
  };
}

/** A key of OpenAI's is given to no other vendor, unless the environment names the two together. */
function keyFor(
  baseURL: string,
  options: OpenAIModelOptions,
  read: (name: string) => string | undefined,
): string | undefined {
  const { row, vendor: known } = resolveServer(baseURL, options.compatibility);
  const variable = (known ?? row)?.keyVariable;
  const given = options.apiKey ?? (variable === undefined ? undefined : read(variable));
  if (given !== undefined) return given;
  const isAnothers = known?.keyVariable !== undefined;
  const key = options.baseURL === undefined || !isAnothers ? read("OPENAI_API_KEY") : undefined;
  if (key === undefined && isAnothers) {
    throw new ConfigurationError(`no API key for ${known.name} model "${options.model}"`, {
      hint: `Pass \`apiKey\`, or set ${known.keyVariable}. A server of your own is named by \`baseURL\` and may go without.`,
    });
  }
  return key;
}
