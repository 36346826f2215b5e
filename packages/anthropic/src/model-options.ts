/** What the options of a Claude model are, and the check that they were spelled right: of the class and of the prefix. */
import { ConfigurationError, checkKeys } from "@locus-sdk/core";
import { z } from "zod";

export interface AnthropicModelOptions {
  /** The model id, for example `claude-sonnet-5-5`. */
  readonly model: string;
  /**
   * Default: `ANTHROPIC_API_KEY`, at Anthropic, at what `ANTHROPIC_BASE_URL` names and on this machine. Not needed by servers
   * of your own.
   */
  readonly apiKey?: string;
  /** Without `/v1`. Default: `ANTHROPIC_BASE_URL`, then Anthropic's own. */
  readonly baseURL?: string;
  /** The longest wait for an answer to begin, and for each next piece of it, in ms. Default: 600,000. */
  readonly timeoutMs?: number;
  /** How often a request is sent again before an answer has begun. Default: 2. */
  readonly maxRetries?: number;
  /**
   * Whether the tools, the system prompt and the conversation so far are marked to be cached for the next turn, where they
   * are long enough: writing costs a little more, reading a fraction. Default `false`.
   */
  readonly promptCaching?: boolean;
  /**
   * Whether arguments of tools are streamed as they are written. The API then checks them no longer: they may not be JSON,
   * which an agent tells the model. Default `false`: each argument comes in one piece, when it is complete.
   */
  readonly eagerInputStreaming?: boolean;
  /**
   * The `fetch` to use. Default: `createNodeFetch` of `@locus-sdk/core/http`, which is the runtime's own wherever that has been
   * replaced or is not Node's.
   */
  readonly fetch?: typeof fetch;
  /** Headers of every request, such as `anthropic-beta`. */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
}

const isFunction = (value: unknown): value is typeof fetch => typeof value === "function";

const shape = {
  model: z.string().min(1),
  apiKey: z.string().min(1).exactOptional(),
  baseURL: z.string().min(1).exactOptional(),
  timeoutMs: z.number().positive().exactOptional(),
  maxRetries: z.number().int().nonnegative().exactOptional(),
  promptCaching: z.boolean().exactOptional(),
  eagerInputStreaming: z.boolean().exactOptional(),
  fetch: z.custom<typeof fetch>(isFunction, "expected a function").exactOptional(),
  defaultHeaders: z.record(z.string(), z.string()).exactOptional(),
} satisfies Readonly<Record<keyof AnthropicModelOptions, z.ZodType>>;
const schema = z.strictObject(shape);

/**
 * The options that have a value: one given as `undefined` is as good as absent.
 *
 * @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one.
 */
export function checkOptions(options: { readonly model?: unknown }): AnthropicModelOptions {
  checkKeys("AnthropicModel", options, Object.keys(shape));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const which =
    typeof options.model === "string" ? `Anthropic model "${options.model}"` : "an Anthropic model";
  throw new ConfigurationError(
    `option "${issue?.path.map(String).join(".") ?? ""}" of ${which} cannot be used: ${issue?.message ?? ""}`,
  );
}
