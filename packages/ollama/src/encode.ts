/** A model request as the body of `POST /api/chat`. Pure: the same request gives the same body. */
import {
  DIALECTS,
  fitSchema,
  InvalidRequestError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Message,
  type ModelRequest,
  type ModelSettings,
  transcriptFor,
} from "@locus-sdk/core";
import { encodeMessage } from "./encode-message.ts";
import type { Think } from "./options.ts";

/** A request body, and in words what was asked for and is not in it. */
export interface EncodedRequest {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** What a request is encoded for: the options of a model that go into its body. */
export interface EncodeTarget {
  readonly modelId: string;
  readonly vision: boolean;
  readonly keepAlive?: number | string | undefined;
  readonly numCtx?: number | undefined;
  readonly think?: Think | undefined;
}

/**
 * The body for `request`, always streamed. Nothing that was not asked for is set, and `extraBody` has the last word on
 * everything but `stream`; its `options` are put among the others.
 *
 * @throws InvalidRequestError where the request has hosted tools.
 */
export function encodeRequest(request: ModelRequest, target: EncodeTarget): EncodedRequest {
  refuseHostedTools(request, target.modelId);
  const settings = request.settings ?? {};
  const { options: moreOptions, ...extraBody } = settings.extraBody ?? {};
  const warnings = new Set<string>();
  const warn = (text: string): void => void warnings.add(text);
  const options: JsonObject = {
    ...(target.numCtx === undefined ? {} : { num_ctx: target.numCtx }),
    ...encodeSettings(settings, warn),
    ...(isJsonObject(moreOptions) ? moreOptions : {}),
  };
  const told = transcriptFor(request.messages, {
    author: { provider: "ollama", modelId: target.modelId },
  });
  told.warnings.forEach(warn);
  const think = thinkOf(settings, target.think, warn);
  const body: Record<string, JsonValue> = {
    model: target.modelId,
    messages: encodeMessages(told.messages, target.vision, warn),
    ...encodeTools(request, warn),
    ...encodeFormat(request, warn),
    ...(think === undefined ? {} : { think }),
    ...(target.keepAlive === undefined ? {} : { keep_alive: target.keepAlive }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...extraBody,
    stream: true,
  };
  return { body, warnings: [...warnings] };
}

/** Leaving them out would let the model answer as if it had looked. */
function refuseHostedTools({ hostedTools = [] }: ModelRequest, modelId: string): void {
  const [first] = hostedTools;
  if (first === undefined) return;
  throw new InvalidRequestError(`ollama model "${modelId}" has no hosted tools, and "${first.name}" is one`, {
    code: "hosted_tools_unsupported",
    hint: "Leave the hosted tools out, or use a provider that runs them.",
  });
}

function encodeMessages(
  conversation: readonly Message[],
  vision: boolean,
  warn: (text: string) => void,
): readonly JsonObject[] {
  const messages: JsonObject[] = [];
  let attachments: string[] = [];
  const flush = (): void => {
    if (attachments.length > 0) {
      messages.push({ role: "user", content: "Images of the tool results above:", images: attachments });
    }
    attachments = [];
  };
  for (const message of conversation) {
    if (message.role === "system" && message.content.trim() === "") continue;
    const encoded = encodeMessage(message, vision);
    for (const warning of encoded.warnings) warn(warning);
    // Results answer the assistant message before them: nothing may come in between.
    if (message.role !== "tool") flush();
    messages.push(encoded.wire);
    attachments.push(...encoded.attachments);
  }
  flush();
  return messages;
}

type PlainSetting =
  | "temperature"
  | "topP"
  | "topK"
  | "seed"
  | "stop"
  | "maxOutputTokens"
  | "frequencyPenalty"
  | "presencePenalty";

/** How settings are called among the server's `options`. */
const OPTIONS: readonly (readonly [setting: PlainSetting, option: string])[] = [
  ["temperature", "temperature"],
  ["topP", "top_p"],
  ["topK", "top_k"],
  ["seed", "seed"],
  ["stop", "stop"],
  ["maxOutputTokens", "num_predict"],
  ["frequencyPenalty", "frequency_penalty"],
  ["presencePenalty", "presence_penalty"],
];

/** Settings that the server has no word for. */
const UNSENT = ["verbosity", "serviceTier"] as const;

function encodeSettings(settings: ModelSettings, warn: (text: string) => void): JsonObject {
  const options: Record<string, JsonValue> = {};
  for (const [setting, option] of OPTIONS) {
    const value = settings[setting];
    if (value !== undefined) options[option] = value;
  }
  for (const setting of UNSENT) {
    if (settings[setting] !== undefined) warn(`Ollama knows no ${setting}: it was not sent`);
  }
  return options;
}

type Effort = NonNullable<NonNullable<ModelSettings["reasoning"]>["effort"]>;

const EFFORTS: Readonly<Record<Effort, Think>> = {
  none: false,
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
};

function thinkOf(
  { reasoning }: ModelSettings,
  otherwise: Think | undefined,
  warn: (text: string) => void,
): Think | undefined {
  if (reasoning?.summary !== undefined) warn("Ollama gives no reasoning summaries: the setting was not sent");
  const effort = reasoning?.effort;
  if (effort === undefined) return otherwise;
  const think = EFFORTS[effort];
  if (effort === "minimal" || effort === "xhigh") {
    warn(`Ollama knows no reasoning effort "${effort}": "${think}" was sent`);
  }
  return think;
}

function encodeTools(request: ModelRequest, warn: (text: string) => void): JsonObject {
  const { tools = [], toolChoice, settings, outputSchema } = request;
  if (tools.length === 0) return {};
  // The one choice that can be made without a word for it.
  if (toolChoice === "none") return {};
  if (toolChoice === "required" || typeof toolChoice === "object") {
    const which = typeof toolChoice === "string" ? "some tool" : `tool "${toolChoice.name}"`;
    warn(`Ollama cannot be told to call ${which}: the model was left to choose`);
  }
  if (settings?.parallelToolCalls === false) {
    warn("Ollama cannot be told to call one tool at a time: the setting was not sent");
  }
  if (outputSchema !== undefined) {
    warn(
      `an Ollama model that is bound to a schema may call no tools: "${outputSchema.name}" was sent along with tools`,
    );
  }
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, description, parameters },
    })),
  };
}

/** The schema becomes a grammar: the model can write nothing else. */
function encodeFormat({ outputSchema }: ModelRequest, warn: (text: string) => void): JsonObject {
  if (outputSchema === undefined) return {};
  const { name, schema } = outputSchema;
  const fitted = fitSchema(`output schema "${name}"`, { schema }, DIALECTS.ollama);
  fitted.warnings.forEach(warn);
  return { format: fitted.schema };
}
