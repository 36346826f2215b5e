/** The options of a model, and what is made of them once. */
import { ConfigurationError, checkKeys, knownSecrets } from "@locus-sdk/core";
import { createNodeFetch } from "@locus-sdk/core/http";
import { z } from "zod";
import { hostAddress } from "./host.ts";
import type { PullProgress } from "./progress.ts";

/** Whether a model thinks before it answers, or how hard where it knows levels. */
export type Think = boolean | "low" | "medium" | "high";

export interface OllamaModelOptions {
  /** The model's name, with a tag where it is not `latest`: `llama3.2`, `qwen3:8b`. */
  readonly model: string;
  /** Default: `OLLAMA_HOST`, then `http://127.0.0.1:11434`. */
  readonly host?: string;
  /** Headers of every request, for servers behind a gateway. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The longest wait for an answer to begin, loading the model included, and for each next piece of it, in ms.
   * Default: 300,000.
   */
  readonly timeoutMs?: number;
  /** How often a request is sent again before an answer has begun. Default: 2. */
  readonly maxRetries?: number;
  /** How long the model stays loaded after an answer: seconds, or `"10m"`; -1 for ever. Default: the server's, 5 minutes. */
  readonly keepAlive?: number | string;
  /** Tokens of context that the server makes room for. Default: the server's, which is far less than most models can take. */
  readonly numCtx?: number;
  /** Default: the model's own way. `settings.reasoning.effort` of a request goes before it. */
  readonly think?: Think;
  /**
   * What to do about a model that the server does not have: pull it, and tell a function of its progress, or draw that as a
   * bar on standard error. Default: an error.
   */
  readonly pull?: boolean | "bar" | ((progress: PullProgress) => void);
  /**
   * The `fetch` to use. Default: `createNodeFetch` of `@locus-sdk/core/http`, which is the runtime's own wherever that has been
   * replaced or is not Node's.
   */
  readonly fetch?: typeof fetch;
}

const isFunction = (value: unknown): boolean => typeof value === "function";

const optionsSchema = z.strictObject({
  model: z.string().trim().min(1),
  host: z.string().trim().min(1).exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  timeoutMs: z
    .number()
    .positive()
    .max(2 ** 31 - 1)
    .exactOptional(),
  maxRetries: z.number().int().nonnegative().exactOptional(),
  keepAlive: z
    .union([z.number(), z.string().regex(/^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$|^0$/)], {
      error: 'expected seconds, or a text like "10m"',
    })
    .exactOptional(),
  numCtx: z.number().int().positive().exactOptional(),
  think: z
    .union([z.boolean(), z.enum(["low", "medium", "high"])], {
      error: 'expected true, false, "low", "medium" or "high"',
    })
    .exactOptional(),
  pull: z
    .union([
      z.boolean(),
      z.literal("bar"),
      z.custom<(progress: PullProgress) => void>(isFunction, 'expected true, false, "bar" or a function'),
    ])
    .exactOptional(),
  fetch: z.custom<typeof fetch>(isFunction, "expected a function").exactOptional(),
});

/** The names of all options. */
export const OPTION_NAMES: readonly string[] = Object.keys(optionsSchema.shape);

/** How the server is reached: what every request needs. */
export interface Connection {
  readonly modelId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly fetch: typeof fetch;
  /** What no error may hold, whatever it looks like. */
  readonly secrets: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 300_000;

/**
 * @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one.
 */
export function readOptions(options: OllamaModelOptions): OllamaModelOptions {
  checkKeys("OllamaModel", options, OPTION_NAMES);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const parsed = optionsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigurationError(
    `option "${issue?.path.map(String).join(".") ?? ""}" of an Ollama model cannot be used: ${issue?.message ?? ""}`,
  );
}

/** How to reach the server that `options` and the environment name. */
export function connectionOf(options: OllamaModelOptions, env: NodeJS.ProcessEnv): Connection {
  const host = options.host ?? (env.OLLAMA_HOST?.trim() || undefined);
  const { url, headers: ofHost } = hostAddress(host);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const headers = { ...ofHost, ...readHeaders(options.headers ?? {}) };
  return {
    modelId: options.model,
    url,
    headers,
    timeoutMs,
    maxRetries: options.maxRetries ?? 2,
    fetch: options.fetch ?? createNodeFetch({ timeoutMs }),
    secrets: knownSecrets({
      keys: [env.OLLAMA_API_KEY],
      headers,
      url: host?.includes("://") === true ? host : `http://${host ?? ""}`,
    }),
  };
}

/** Refused here, since `fetch` would quote the value it cannot send. Names in lower case, so that one wins over another. */
function readHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]]);
    } catch {
      throw new ConfigurationError(`header ${JSON.stringify(name)} of an Ollama model cannot be sent`, {
        hint: "Look for a line break or a character beyond Latin-1 in its name or its value.",
      });
    }
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
