/** A model request as the body of a chat completions call. Pure: the same request gives the same body. */
import {
  fitSchema,
  InvalidRequestError,
  type JsonObject,
  type JsonValue,
  type ModelRequest,
  type ModelSettings,
  transcriptFor,
} from "@locus-sdk/core";
import { encodeMessages } from "./encode-messages.ts";
import { encodeTools } from "./encode-tools.ts";
import type { ChatParameter, ChatProfile } from "./profile.ts";
import { shapeMessages } from "./shape-messages.ts";

/** A request body, and in words what was asked for and is not in it. */
export interface EncodedChatRequest {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** What a request is encoded for. */
export interface EncodeTarget {
  readonly modelId: string;
  /** Whose model it is: it is given its own thoughts only. Default: nobody's thoughts are taken for another's. */
  readonly provider?: string;
  readonly profile: ChatProfile;
  readonly stream: boolean;
}

/**
 * The body of `POST …/chat/completions` for `request`. Nothing that was not asked for is set, and `extraBody` has
 * the last word on everything but `stream`.
 *
 * @example
 * ```ts
 * import { DEFAULT_CHAT_PROFILE, encodeChatRequest } from "@locus-sdk/openai";
 *
 * const { body } = encodeChatRequest(
 *   { messages: [{ role: "user", content: "Hi" }], settings: { maxOutputTokens: 100 } },
 *   { modelId: "gpt-4o", profile: DEFAULT_CHAT_PROFILE, stream: false },
 * );
 * // { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], max_tokens: 100, stream: false }
 * ```
 */
export function encodeChatRequest(request: ModelRequest, target: EncodeTarget): EncodedChatRequest {
  refuseHostedTools(request, target.modelId);
  const { profile, provider, modelId } = target;
  const settings = request.settings ?? {};
  const author = provider === undefined ? {} : { author: { provider, modelId } };
  const told = transcriptFor(request.messages, author);
  const { messages, warnings: lost } = encodeMessages(told.messages, profile);
  const warnings = [...told.warnings, ...lost];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  const body: Record<string, JsonValue> = {
    model: target.modelId,
    messages: shapeMessages(messages, profile),
    ...encodeTools(request, profile, warn),
    ...encodeOutputSchema(request, profile, warn),
    ...encodeSettings(settings, (request.tools ?? []).length > 0, profile, warn),
    ...(target.stream && !profile.unsupported.includes("stream_options")
      ? { stream_options: { include_usage: true } }
      : {}),
    ...settings.extraBody,
    stream: target.stream,
  };
  return { body, warnings };
}

/** Leaving them out would let the model answer as if it had looked. */
function refuseHostedTools({ hostedTools = [] }: ModelRequest, modelId: string): void {
  const [first] = hostedTools;
  if (first === undefined) return;
  throw new InvalidRequestError(
    `chat completions of "${modelId}" have no hosted tools, and "${first.name}" is one`,
    {
      code: "hosted_tools_unsupported",
      hint: 'Use the Responses API (modelOptions: { transport: "responses" }), or leave the hosted tools out.',
    },
  );
}

type PlainSetting = Exclude<
  keyof ModelSettings,
  "maxOutputTokens" | "parallelToolCalls" | "reasoning" | "extraBody"
>;

/** How the settings that go over as they are are called on the wire. */
const PARAMETERS: readonly (readonly [setting: PlainSetting, parameter: ChatParameter])[] = [
  ["temperature", "temperature"],
  ["topP", "top_p"],
  ["topK", "top_k"],
  ["stop", "stop"],
  ["seed", "seed"],
  ["frequencyPenalty", "frequency_penalty"],
  ["presencePenalty", "presence_penalty"],
  ["verbosity", "verbosity"],
  ["serviceTier", "service_tier"],
];

function encodeSettings(
  settings: ModelSettings,
  hasTools: boolean,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  if (settings.reasoning?.summary !== undefined) {
    warn("chat completions gives no reasoning summaries: the setting was not sent");
  }
  const sent: Record<string, JsonValue> = {};
  const send = (parameter: ChatParameter, value: JsonValue | undefined): void => {
    if (value === undefined) return;
    if (profile.unsupported.includes(parameter)) {
      warn(`models of the family "${profile.name}" take no ${parameter}: it was not sent`);
    } else if (parameter === "reasoning_effort" && profile.effortField === "reasoning.effort") {
      sent.reasoning = { effort: value };
    } else if (parameter === "stop" && Array.isArray(value)) {
      sent.stop = fewStops(value, profile, warn);
    } else {
      sent[parameter === "seed" ? profile.seedField : parameter] = value;
    }
  };
  for (const [setting, parameter] of PARAMETERS) send(parameter, settings[setting]);
  // Without tools the parameter means nothing, and servers refuse it.
  if (hasTools) send("parallel_tool_calls", settings.parallelToolCalls);
  send("reasoning_effort", settings.reasoning?.effort);
  if (settings.maxOutputTokens !== undefined) sent[profile.maxTokensField] = settings.maxOutputTokens;
  return sent;
}

function fewStops(
  stops: readonly JsonValue[],
  { maxStops, name }: ChatProfile,
  warn: (text: string) => void,
): readonly JsonValue[] {
  if (maxStops === null || stops.length <= maxStops) return stops;
  warn(
    `models of the family "${name}" take ${maxStops} stop sequences: the first of ${stops.length} were sent`,
  );
  return stops.slice(0, maxStops);
}

function encodeOutputSchema(
  request: ModelRequest,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  const output = request.outputSchema;
  if (output === undefined) return {};
  if (!profile.schemaWithTools && (request.tools ?? []).length > 0) {
    warn(
      `models of the family "${profile.name}" cannot be bound to a schema while they have tools: "${output.name}" was not sent`,
    );
    return {};
  }
  if (profile.structuredOutput === "none") {
    warn(`models of the family "${profile.name}" cannot be bound to a schema: "${output.name}" was not sent`);
    return {};
  }
  if (profile.structuredOutput === "json_object") {
    warn(
      `models of the family "${profile.name}" can be bound to JSON, not to a schema: "${output.name}" was not sent`,
    );
    return { response_format: { type: "json_object" } };
  }
  const owner = `output schema "${output.name}"`;
  const { schema, strict, warnings } = fitSchema(owner, output, profile.outputSchema);
  warnings.forEach(warn);
  return {
    response_format: {
      type: "json_schema",
      json_schema: {
        name: output.name,
        ...(output.description === undefined ? {} : { description: output.description }),
        schema,
        ...(strict === undefined ? {} : { strict }),
      },
    },
  };
}
