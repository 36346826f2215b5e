/** A model request as the body of a Responses call. Pure: the same request gives the same body. */
import {
  ConfigurationError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Message,
  type ModelRequest,
  type ModelSettings,
  toolCallsOf,
  transcriptFor,
} from "@locus-sdk/core";
import type { ChatParameter, ChatProfile } from "../chat/profile.ts";
import { fittingItems } from "./call-ids.ts";
import { encodeOutputFormat, encodeTools } from "./encode-tools.ts";
import { conversationOf, itemsAt } from "./history.ts";
import type { ServerLink } from "./state.ts";

/** A request body, and in words what was asked for and is not in it. */
export interface EncodedResponsesRequest {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** What a request is encoded for. */
export interface ResponsesTarget {
  readonly modelId: string;
  /** Whose model it is: it is given its own thoughts only. Default: nobody's thoughts are taken for another's. */
  readonly provider?: string;
  readonly profile: ChatProfile;
  readonly stream: boolean;
  /** Messages, system messages not counted, that the server has and is not sent. Default: none. */
  readonly from?: number;
  /** What of the server's the request goes on with. */
  readonly link?: ServerLink;
  /** Sent only where it is given. */
  readonly store?: boolean;
  readonly include?: readonly string[];
  /** Messages whose reasoning the server cannot open. */
  readonly sealed?: WeakSet<object>;
}

/**
 * The body of `POST …/responses` for `request`. Nothing that was not asked for is set, but `strict` on functions,
 * which the API would take for `true`. `extraBody` has the last word on everything that is not about history.
 *
 * @throws ConfigurationError where `extraBody` sets what belongs to the model's `history`.
 * @example
 * ```ts
 * import { DEFAULT_CHAT_PROFILE, encodeResponsesRequest } from "@locus-sdk/openai";
 *
 * const { body } = encodeResponsesRequest(
 *   { messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }] },
 *   { modelId: "gpt-5", profile: DEFAULT_CHAT_PROFILE, stream: false },
 * );
 * // { model: "gpt-5", instructions: "Be brief.", input: [{ type: "message", role: "user", content: […] }] }
 * ```
 */
export function encodeResponsesRequest(
  request: ModelRequest,
  target: ResponsesTarget,
): EncodedResponsesRequest {
  const { body, warnings } = encodeFlat(request, target);
  return { body: nest(body), warnings };
}

/** The same, with the members of `reasoning` and `text` flat, as `reasoning.effort`: what a server may refuse alone. */
export function encodeFlat(request: ModelRequest, target: ResponsesTarget): EncodedResponsesRequest {
  const { profile, link, provider, modelId, from = 0 } = target;
  const settings = request.settings ?? {};
  const warnings = new Set<string>();
  const warn = (text: string): void => {
    warnings.add(text);
  };
  const { instructions, messages } = conversationOf(request.messages);
  const reader = {
    ...(provider === undefined ? {} : { author: { provider, modelId } }),
    seal: "encrypted",
    hostedCalls: true,
  } as const;
  const told = transcriptFor(messages, reader);
  // What the server has is not told again, and neither is what was left out of it.
  (from === 0 ? told : transcriptFor(messages.slice(from), reader)).warnings.forEach(warn);
  const input: JsonObject[] = [];
  for (let index = from; index < messages.length; index += 1) {
    const encoded = itemsAt(told.messages, index, profile);
    const message = messages[index];
    const sealed = message !== undefined && target.sealed?.has(message) === true;
    for (const item of encoded.items) if (!sealed || item.type !== "reasoning") input.push(item);
    for (const warning of encoded.warnings) warn(warning);
  }
  const extra = flatExtra(settings.extraBody ?? {});
  const include = [...new Set([...(target.include ?? []), ...stringsIn(extra.include)])];
  const body: JsonObject = {
    model: modelId,
    ...(instructions === "" ? {} : { instructions }),
    ...(target.store === undefined ? {} : { store: target.store }),
    ...encodeTools(request, profile, warn),
    ...encodeOutputFormat(request, profile, warn),
    ...encodeSettings(settings, (request.tools ?? []).length > 0, profile, warn),
    ...extra,
    ...(include.length === 0 ? {} : { include }),
    ...linkFields(link),
    ...(target.stream ? { stream: true } : {}),
    input: fittingItems(input, callIdsBefore(told.messages, from)),
  };
  return { body, warnings: [...warnings] };
}

/** The ids that the server knows calls of this conversation by. */
function callIdsBefore(messages: readonly Message[], from: number): Set<string> {
  const known = messages.slice(0, from).flatMap((message) => toolCallsOf(message));
  return new Set(known.map(({ id, providerId = id }) => providerId));
}

function linkFields(link: ServerLink | undefined): JsonObject {
  if (link === undefined) return {};
  return "responseId" in link
    ? { previous_response_id: link.responseId }
    : { conversation: link.conversationId };
}

/** Members of the body that are objects, whose own members are asked for one by one. */
const GROUPS: readonly string[] = ["reasoning", "text"];

/** The body as it goes over the wire. */
export function nest(flat: JsonObject): JsonObject {
  const body: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(flat)) {
    const [group = "", member] = name.split(".", 2);
    if (member === undefined || !GROUPS.includes(group)) body[name] = value;
    else {
      const before = body[group];
      body[group] = { ...(isJsonObject(before) ? before : {}), [member]: value };
    }
  }
  return body;
}

/** Who keeps the history is decided where the model is made: a request cannot have another owner beside it. */
const OWNED: readonly string[] = ["previous_response_id", "conversation", "store", "input", "background"];

function flatExtra(extra: JsonObject): JsonObject {
  const flat: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (OWNED.includes(name)) {
      throw new ConfigurationError(`settings.extraBody sets "${name}", which belongs to the model`, {
        hint: "Who keeps the history is said with the model's options `history`, `store` and `conversation`.",
      });
    }
    if (GROUPS.includes(name) && isJsonObject(value)) {
      for (const [member, inner] of Object.entries(value)) flat[`${name}.${member}`] = inner;
    } else flat[name] = value;
  }
  return flat;
}

function stringsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one: JsonValue) => typeof one === "string") : [];
}

type PlainSetting = Exclude<keyof ModelSettings, "parallelToolCalls" | "reasoning" | "extraBody">;

/** How a setting is called on the wire, and in a profile; no name on the wire where the API does not have it. */
const PARAMETERS: readonly {
  readonly setting: PlainSetting;
  readonly wire?: string;
  readonly profile?: ChatParameter;
}[] = [
  { setting: "temperature", wire: "temperature", profile: "temperature" },
  { setting: "topP", wire: "top_p", profile: "top_p" },
  { setting: "maxOutputTokens", wire: "max_output_tokens" },
  { setting: "verbosity", wire: "text.verbosity", profile: "verbosity" },
  { setting: "serviceTier", wire: "service_tier", profile: "service_tier" },
  { setting: "topK" },
  { setting: "stop" },
  { setting: "seed" },
  { setting: "frequencyPenalty" },
  { setting: "presencePenalty" },
];

function encodeSettings(
  settings: ModelSettings,
  hasTools: boolean,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  const sent: Record<string, JsonValue> = {};
  const ask = (wire: string, known: ChatParameter | undefined, value: JsonValue): void => {
    if (known !== undefined && profile.unsupported.includes(known)) {
      warn(`models of the family "${profile.name}" take no ${wire}: it was not sent`);
    } else sent[wire] = value;
  };
  for (const { setting, wire, profile: known } of PARAMETERS) {
    const value = settings[setting];
    if (value === undefined) continue;
    if (wire === undefined) warn(`the Responses API has no setting like ${setting}: it was not sent`);
    else ask(wire, known, value);
  }
  const { effort, summary } = settings.reasoning ?? {};
  if (effort !== undefined) ask("reasoning.effort", "reasoning_effort", effort);
  if (summary !== undefined) ask("reasoning.summary", "reasoning_effort", summary);
  // Without tools the parameter means nothing, and servers refuse it.
  if (settings.parallelToolCalls !== undefined && hasTools) {
    ask("parallel_tool_calls", "parallel_tool_calls", settings.parallelToolCalls);
  }
  return sent;
}
