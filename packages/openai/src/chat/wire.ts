/** The shape of a chat completion, read leniently: what a server adds is let through, what it leaves out is tolerated. */
import { z } from "zod";

/** A choice of a completion; the rest of the types are what its members hold. */
interface WireChoice {
  readonly index?: number | undefined;
  readonly message?: WireMessage | null | undefined;
  readonly finish_reason?: string | null | undefined;
  /** Moonshot's place for it. */
  readonly usage?: WireUsage | null | undefined;
}
export interface WireMessage {
  readonly content?: string | readonly unknown[] | null | undefined;
  readonly reasoning_content?: string | null | undefined;
  readonly reasoning?: string | null | undefined;
  readonly refusal?: string | null | undefined;
  readonly tool_calls?: readonly WireToolCall[] | null | undefined;
  readonly function_call?: WireFunction | null | undefined;
}
interface WireFunction {
  readonly name?: string | null | undefined;
  readonly arguments?: unknown;
}
/** A tool call; some servers leave the function's members flat beside the id. */
interface WireToolCall extends WireFunction {
  readonly id?: string | null | undefined;
  readonly function?: WireFunction | null | undefined;
}
export interface WireUsage {
  readonly prompt_tokens?: number | undefined;
  readonly completion_tokens?: number | undefined;
  readonly total_tokens?: number | undefined;
  readonly cost?: number | undefined;
  /** OpenRouter's, of calls by a key of one's own: `cost` is its fee then, and the vendor is paid beside it. */
  readonly is_byok?: boolean | undefined;
  readonly cost_details?: { readonly upstream_inference_cost?: number | undefined } | null | undefined;
  readonly prompt_tokens_details?:
    | { readonly cached_tokens?: number | undefined; readonly cache_write_tokens?: number | undefined }
    | null
    | undefined;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | undefined } | null | undefined;
}
export interface WireCompletion {
  readonly model?: string | null | undefined;
  readonly service_tier?: string | null | undefined;
  readonly choices: readonly WireChoice[];
  readonly usage?: WireUsage | null | undefined;
}

const text: z.ZodType<string | undefined> = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
/** What is less than nothing was not told. */
const tokens: z.ZodType<number | undefined> = z
  .number()
  .nonnegative()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

const usage = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens,
  cost: tokens,
  is_byok: z.boolean().optional().catch(undefined),
  cost_details: z.object({ upstream_inference_cost: tokens }).nullish().catch(undefined),
  prompt_tokens_details: z
    .object({ cached_tokens: tokens, cache_write_tokens: tokens })
    .nullish()
    .catch(undefined),
  completion_tokens_details: z.object({ reasoning_tokens: tokens }).nullish().catch(undefined),
});

const calledFunction = z.object({ name: text, arguments: z.unknown().optional() });

const toolCall = z.object({
  id: text.catch(undefined),
  function: calledFunction.nullish(),
  name: text.catch(undefined),
  arguments: z.unknown().optional(),
});

const message = z.object({
  content: z.union([z.string(), z.array(z.unknown())]).nullish(),
  reasoning_content: text.catch(undefined),
  reasoning: text.catch(undefined),
  refusal: text.catch(undefined),
  tool_calls: z.array(toolCall).nullish(),
  function_call: calledFunction.nullish(),
});

const choice = z.object({
  index: tokens,
  message: message.nullish(),
  finish_reason: text.catch(undefined),
  usage: usage.nullish().catch(undefined),
});

const completion = z.object({
  model: text.catch(undefined),
  service_tier: text.catch(undefined),
  choices: z.array(choice).min(1),
  usage: usage.nullish().catch(undefined),
});

/** The completion in `body`, or what keeps it from being one. */
export function parseCompletion(body: unknown): z.ZodSafeParseResult<WireCompletion> {
  return completion.safeParse(body);
}

/** The token counts in `value`, or `undefined` where there are none. */
export function parseUsage(value: unknown): WireUsage | undefined {
  return usage.safeParse(value).data;
}
