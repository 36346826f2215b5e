/** What the options of OpenAI's models are, and the check that they were spelled right: of classes and of the prefix. */
import { ConfigurationError, didYouMean, isRecord } from "@locus-sdk/core";
import { z } from "zod";
import type { Compatibility } from "./chat/compatibility.ts";
import type { ChatProfile } from "./chat/profile.ts";
import type { HistoryOptions, TracingOptions } from "./responses/options.ts";

export interface OpenAIModelOptions {
  /** The model id, for example `gpt-4o`. */
  readonly model: string;
  /**
   * Default: the variable of the server that `baseURL` is known to be (`GROQ_API_KEY`, …), and `OPENAI_API_KEY` at OpenAI,
   * at what `OPENAI_BASE_URL` names, and on this machine. Not needed by servers of your own.
   */
  readonly apiKey?: string;
  /** Default: `OPENAI_BASE_URL`, then OpenAI's own. */
  readonly baseURL?: string;
  /** Default: `OPENAI_ORG_ID`, where `OPENAI_API_KEY` would be sent too. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`, where `OPENAI_API_KEY` would be sent too. */
  readonly project?: string;
  /** The longest wait for an answer to begin, and for each next piece of it, in ms. Default: 600,000. */
  readonly timeoutMs?: number;
  /** How often a request is sent again before an answer has begun. Default: 2. */
  readonly maxRetries?: number;
  /**
   * The `fetch` to use. Default: `createNodeFetch` of `@locus-sdk/core/http`, which is the runtime's own wherever that has been
   * replaced or is not Node's.
   */
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

export interface OpenAIResponsesModelOptions extends OpenAIModelOptions, HistoryOptions, TracingOptions {
  /** More of what the server can put into an answer, such as `file_search_call.results`. */
  readonly include?: readonly string[];
}

const isFunction = (value: unknown): value is typeof fetch => typeof value === "function";
const isProfile = (value: unknown): value is ChatProfile =>
  typeof value === "object" && value !== null && "maxTokensField" in value;
const isCompatibility = (value: unknown): value is Compatibility =>
  typeof value === "string" || isRecord(value);

type Shape<Name extends string> = Readonly<Record<Name, z.ZodType>>;

const chatShape = {
  model: z.string().min(1),
  apiKey: z.string().min(1).exactOptional(),
  baseURL: z.string().min(1).exactOptional(),
  organization: z.string().min(1).exactOptional(),
  project: z.string().min(1).exactOptional(),
  timeoutMs: z.number().positive().exactOptional(),
  maxRetries: z.number().int().nonnegative().exactOptional(),
  fetch: z.custom<typeof fetch>(isFunction, "expected a function").exactOptional(),
  defaultHeaders: z.record(z.string(), z.string()).exactOptional(),
  profile: z.custom<ChatProfile>(isProfile, "expected a chat profile").exactOptional(),
  compatibility: z
    .custom<Compatibility>(isCompatibility, "expected the name of a server, or an object of differences")
    .exactOptional(),
} satisfies Shape<keyof OpenAIModelOptions>;
const responsesShape = {
  ...chatShape,
  history: z.enum(["response-id", "conversation", "client"]).exactOptional(),
  store: z.boolean().exactOptional(),
  conversation: z.string().min(1).exactOptional(),
  onStateLost: z.enum(["replay", "error"]).exactOptional(),
  include: z.array(z.string()).exactOptional(),
  rawOutput: z.boolean().exactOptional(),
} satisfies Shape<keyof OpenAIResponsesModelOptions>;

const chatSchema = z.strictObject(chatShape);
const responsesSchema = z.strictObject(responsesShape);

const KNOWN = Object.keys(responsesShape);
/** The classes are chosen by themselves, models of the prefix by this. */
const TRANSPORT = "transport";

/**
 * @throws ConfigurationError naming the option that is unknown, unusable or of the Responses API, and the nearest known
 *   one.
 */
export function checkChatOptions(options: object): OpenAIModelOptions {
  const given = checkNames(options);
  const misplaced = Object.keys(given).find((name) => !(name in chatShape));
  if (misplaced !== undefined) {
    throw new ConfigurationError(`option "${misplaced}" of ${nameOf(given)} is for the Responses API`, {
      hint: 'Make an OpenAIResponsesModel; with getModel(), add transport: "responses".',
    });
  }
  return checkValues(chatSchema, given);
}

/** @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one. */
export function checkResponsesOptions(options: object): OpenAIResponsesModelOptions {
  return checkValues(responsesSchema, checkNames(options));
}

/** Which API the prefix is to speak. Chat completions, unless told otherwise. */
export function readTransport(modelId: string, value: unknown): "chat" | "responses" {
  return checkValues(z.object({ transport: z.enum(["chat", "responses"]).default("chat") }), {
    model: modelId,
    transport: value,
  }).transport;
}

/** What is there: an option given as `undefined` is as good as absent. */
function checkNames(options: object): Readonly<Record<string, unknown>> {
  if (!isRecord(options)) {
    throw new ConfigurationError("the options of an OpenAI model must be an object", {
      hint: `For example { model: "gpt-4o" }. Options: ${KNOWN.join(", ")}.`,
    });
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown === undefined) return given;
  const hint =
    unknown === TRANSPORT
      ? "OpenAIModel speaks chat completions, OpenAIResponsesModel the Responses API; the option is getModel()'s."
      : `Options: ${KNOWN.join(", ")}.`;
  throw new ConfigurationError(
    `unknown option "${unknown}" of an OpenAI model${didYouMean(unknown, [...KNOWN, TRANSPORT])}`,
    { hint },
  );
}

function checkValues<Schema extends z.ZodType>(
  schema: Schema,
  given: Readonly<Record<string, unknown>>,
): z.infer<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigurationError(
    `option "${issue?.path.map(String).join(".") ?? ""}" of ${nameOf(given)} cannot be used: ${issue?.message ?? ""}`,
  );
}

const nameOf = ({ model }: Readonly<Record<string, unknown>>): string =>
  typeof model === "string" ? `OpenAI model "${model}"` : "an OpenAI model";
