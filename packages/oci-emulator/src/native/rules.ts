// What the native chat API refuses, by format and family: one row a rule.
import { type ErrorReply, geminiError, ociError, openaiError } from "../http/envelopes.ts";
import { isJsonObject } from "../json.ts";
import {
  badToolName,
  maxTools,
  type Rule,
  refusedKeyword,
  toolNamePattern,
  unsupportedParameter,
} from "../models/rules.ts";
import { contentText } from "./format.ts";
import type { ChatRequest, CohereRequest, CohereV2Request, GenericRequest } from "./request.ts";

/** A native chat that has found its model. */
export interface NativeChat {
  readonly model: string;
  readonly request: ChatRequest;
  /** Whether whoever serves it takes streams. */
  readonly streaming: boolean;
}

const bad = (message: string): ErrorReply => ociError(400, "400", message);
const invalid = (message: string): ErrorReply => ociError(400, "InvalidParameter", message);

/** OpenAI's errors come through as text inside OCI's envelope. */
const nested = ({ status, body }: ErrorReply): ErrorReply =>
  ociError(status, String(status), JSON.stringify(body));

type Check<Request> = (request: Request, chat: NativeChat) => ErrorReply | undefined;
type RowCheck = Rule<NativeChat>["check"];

const generic =
  (check: Check<GenericRequest>): RowCheck =>
  (chat) =>
    chat.request.apiFormat === "GENERIC" ? check(chat.request, chat) : undefined;
const cohere =
  (check: Check<CohereRequest>): RowCheck =>
  (chat) =>
    chat.request.apiFormat === "COHERE" ? check(chat.request, chat) : undefined;
const cohereV2 =
  (check: Check<CohereV2Request>): RowCheck =>
  (chat) =>
    chat.request.apiFormat === "COHEREV2" ? check(chat.request, chat) : undefined;

const has = (request: ChatRequest, field: string): boolean =>
  request[field] !== undefined && request[field] !== null;

const refuses = (...names: readonly string[]): RowCheck =>
  generic((request) => {
    const field = names.find((name) => has(request, name));
    return field === undefined ? undefined : nested(unsupportedParameter(field));
  });

const onlyDefault = (...names: readonly string[]): RowCheck =>
  generic((request) => {
    const field = names.find((name) => has(request, name) && request[name] !== 1);
    if (field === undefined) return undefined;
    const text = `Unsupported value: '${field}' does not support ${JSON.stringify(request[field])} with this model. Only the default (1) value is supported.`;
    return nested(openaiError(400, text, { param: field, code: "unsupported_value" }));
  });

const maxTokens = generic((request) =>
  has(request, "maxTokens")
    ? nested(unsupportedParameter("max_tokens", " Use 'max_completion_tokens' instead."))
    : undefined,
);

const grok = ["grok", "grok-reasoning"] as const;
const wrongFormat = (): ErrorReply => bad("Please pass in correct format of request.");

export const nativeRules: readonly Rule<NativeChat>[] = [
  {
    id: "no-chat-model",
    families: ["cohere"],
    check: ({ model }) => (/embed|rerank/.test(model) ? bad("The model does not support chat.") : undefined),
  },
  { id: "format", families: ["cohere"], check: generic(wrongFormat) },
  {
    id: "format-v2",
    families: ["cohere"],
    check: cohere((_, { model }) => (/command-a-(vision|reasoning)/.test(model) ? wrongFormat() : undefined)),
  },
  {
    id: "format-of-others",
    families: [
      "gpt-oss",
      "openai-reasoning",
      "openai-chat",
      "llama-3",
      "llama-4",
      "gemini",
      "grok",
      "grok-reasoning",
      "mistral",
      "anthropic",
    ],
    check: ({ request }) => (request.apiFormat === "GENERIC" ? undefined : wrongFormat()),
  },
  {
    id: "multi-agent",
    families: grok,
    check: ({ model }) =>
      model.includes("multi-agent") ? bad("Multi Agent requests are not allowed on chat.") : undefined,
  },
  {
    id: "streaming",
    families: "all",
    check: ({ request, streaming }) =>
      request.isStream === true && !streaming
        ? bad("Streaming is not supported by this endpoint.")
        : undefined,
  },
  { id: "tools", families: "all", check: generic(genericTools) },
  { id: "tool-pairs", families: "all", check: generic(unpairedCalls) },
  { id: "empty-content", families: "all", check: generic(emptyContent) },
  { id: "empty-content-beside-calls", families: "all", contested: true, check: generic(emptyBesideCalls) },
  { id: "max-tokens", families: ["openai-reasoning"], check: maxTokens },
  { id: "max-tokens", families: ["openai-chat"], contested: true, check: maxTokens },
  { id: "sampling", families: ["openai-reasoning"], check: onlyDefault("temperature", "topP") },
  {
    id: "stop-and-penalties",
    families: ["openai-reasoning"],
    check: refuses("stop", "presencePenalty", "frequencyPenalty"),
  },
  { id: "penalties", families: grok, check: refuses("presencePenalty", "frequencyPenalty") },
  { id: "stop", families: ["grok-reasoning"], check: refuses("stop") },
  { id: "effort", families: ["grok"], check: refuses("reasoningEffort") },
  { id: "parallel-flag", families: ["llama-3"], check: refuses("isParallelToolCalls") },
  { id: "schema-keywords", families: ["gemini"], check: generic(schemaKeywords) },
  { id: "call-and-response-counts", families: ["gemini"], check: generic(unequalCounts) },
  { id: "cohere-message", families: "all", check: cohere(cohereMessage) },
  { id: "cohere-tools", families: "all", check: cohere(cohereTools) },
  {
    id: "cohere-top-k",
    families: "all",
    check: cohere(({ topK }) =>
      typeof topK === "number" && (topK < 0 || topK > 500)
        ? invalid("topK must be between 0 and 500.")
        : undefined,
    ),
  },
  {
    id: "cohere-json-with-tools",
    families: "all",
    check: cohere(({ responseFormat, tools }) =>
      responseFormat?.type === "JSON_OBJECT" && tools?.length
        ? bad("invalid request: cannot specify response_format with tools.")
        : undefined,
    ),
  },
  { id: "cohere-v2-tools", families: "all", check: cohereV2(cohereV2Tools) },
];

function genericTools({ tools, messages }: GenericRequest): ErrorReply | undefined {
  const all = tools ?? [];
  if (all.length > maxTools)
    return invalid(`tools: at most ${maxTools} are allowed, there are ${all.length}.`);
  const nameless = all.findIndex(({ name }) => name === undefined);
  if (nameless >= 0) return invalid(`tools[${nameless}].name must not be null.`);
  const broken = badToolName([
    ...all.map(({ name }, at) => ({ name: name ?? "", param: `tools[${at}].name` })),
    ...messages.flatMap(({ toolCalls }, at) =>
      (toolCalls ?? []).map(({ name }, place) => ({
        name,
        param: `messages[${at}].tool_calls[${place}].function.name`,
      })),
    ),
  ]);
  return broken === undefined ? undefined : nested(broken);
}

/** Each call is answered once, right after the message that made it. */
function unpairedCalls({ messages }: GenericRequest, { model }: NativeChat): ErrorReply | undefined {
  // Gemini's calls have no ids; it counts them instead.
  if (model.startsWith("google.")) return undefined;
  let open = new Set<string>();
  for (const message of [...messages, { role: "END" as const }]) {
    if (message.role === "TOOL") {
      const id = message.toolCallId ?? "";
      if (!open.delete(id)) {
        return bad(`Invalid parameter: tool message '${id}' must be a response to a preceding tool call.`);
      }
      continue;
    }
    if (open.size > 0) {
      const ids = [...open].join(", ");
      return bad(
        `An assistant message with tool calls must be followed by tool messages responding to: ${ids}.`,
      );
    }
    if (message.role === "ASSISTANT") {
      open = new Set((message.toolCalls ?? []).flatMap(({ id }) => (id === undefined ? [] : [id])));
    }
  }
  return undefined;
}

const nullPointer = ociError(500, "500", 'Cannot invoke "String.length()" because the content is null');

function emptyContent({ messages }: GenericRequest): ErrorReply | undefined {
  const empty = messages.some(
    ({ role, content, toolCalls }) =>
      role === "ASSISTANT" && !toolCalls?.length && contentText(content) === "",
  );
  return empty ? nullPointer : undefined;
}

function emptyBesideCalls({ messages }: GenericRequest): ErrorReply | undefined {
  const empty = messages.some(
    ({ role, content, toolCalls }) =>
      role === "ASSISTANT" && toolCalls?.length && contentText(content) === "",
  );
  return empty ? nullPointer : undefined;
}

function schemaKeywords({ tools, responseFormat }: GenericRequest): ErrorReply | undefined {
  const schemas = [...(tools ?? []).map(({ parameters }) => parameters), responseFormat?.jsonSchema?.schema];
  const keyword = schemas.map(refusedKeyword).find(Boolean);
  if (keyword === undefined) return undefined;
  return geminiError(400, `Invalid JSON payload received. Unknown name "${keyword}": Cannot find field.`);
}

function unequalCounts({ messages }: GenericRequest): ErrorReply | undefined {
  let waiting = 0;
  for (const { role, toolCalls } of [...messages, { role: "END" as const, toolCalls: [] }]) {
    if (role === "TOOL") waiting -= 1;
    else if (waiting !== 0) {
      return geminiError(
        400,
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
      );
    } else waiting = toolCalls?.length ?? 0;
  }
  return undefined;
}

function cohereMessage({ message, toolResults, isForceSingleStep }: CohereRequest): ErrorReply | undefined {
  const results = toolResults?.length ?? 0;
  if (message === "" && results === 0) {
    return bad("invalid request: message must be at least 1 token long or tool results must be specified.");
  }
  if (message !== "" && results > 0 && isForceSingleStep !== true) {
    return bad("invalid request: cannot specify both message and tool_results in multistep mode.");
  }
  return undefined;
}

function cohereTools({ tools }: CohereRequest): ErrorReply | undefined {
  for (const tool of tools ?? []) {
    if (!toolNamePattern.test(tool.name))
      return bad(`invalid request: tool name '${tool.name}' is not valid.`);
    const definitions = Object.entries(tool.parameterDefinitions ?? {});
    const flat = definitions.every(([, value]) => isJsonObject(value) && typeof value.type === "string");
    // A JSON schema in this place, or under the name it has elsewhere.
    if ("parameters" in tool || !flat) {
      return bad(
        `invalid request: parameterDefinitions of tool '${tool.name}' must map names to definitions.`,
      );
    }
  }
  return undefined;
}

function cohereV2Tools({ tools }: CohereV2Request): ErrorReply | undefined {
  const flat = (tools ?? []).findIndex((tool) => tool.function === undefined);
  return flat < 0 ? undefined : invalid(`tools[${flat}].function must not be null.`);
}
