// What the service refuses in a chat completion, family by family: one row a rule.
import { type ErrorReply, geminiError, ociError, openaiError } from "../http/envelopes.ts";
import {
  badToolName,
  type Rule,
  refusedKeyword,
  tooManyTools,
  unsupportedParameter,
} from "../models/rules.ts";
import { type ChatBody, contentText } from "./request.ts";

const has = (body: ChatBody, field: string): boolean => body[field] !== undefined && body[field] !== null;

/** Refuses the first of the fields that is set. */
const refuses =
  (...fields: readonly string[]) =>
  (body: ChatBody): ErrorReply | undefined => {
    const field = fields.find((name) => has(body, name));
    return field === undefined ? undefined : unsupportedParameter(field);
  };

const onlyDefault =
  (...fields: readonly string[]) =>
  (body: ChatBody): ErrorReply | undefined => {
    const field = fields.find((name) => has(body, name) && body[name] !== 1);
    if (field === undefined) return undefined;
    const text = `Unsupported value: '${field}' does not support ${JSON.stringify(body[field])} with this model. Only the default (1) value is supported.`;
    return openaiError(400, text, { param: field, code: "unsupported_value" });
  };

const matching =
  (pattern: RegExp, reply: ErrorReply) =>
  (body: ChatBody): ErrorReply | undefined =>
    pattern.test(body.model) ? reply : undefined;

const grok = ["grok", "grok-reasoning"] as const;

export const chatRules: readonly Rule<ChatBody>[] = [
  {
    id: "cohere-not-served",
    families: ["cohere"],
    check: () =>
      ociError(400, "400", "Unsupported operation: this model is served by the native chat API only."),
  },
  {
    id: "dedicated-not-served",
    families: ["dedicated"],
    check: () => ociError(400, "InvalidParameter", "Dedicated endpoints are not served by chat completions."),
  },
  {
    id: "responses-only",
    families: ["openai-reasoning"],
    check: matching(
      /gpt-5\.5-pro/,
      openaiError(404, "This is not a chat model. Use the Responses API instead.", { param: "model" }),
    ),
  },
  {
    id: "multi-agent",
    families: grok,
    check: matching(
      /multi-agent/,
      ociError(400, "400", "Multi Agent requests are not allowed on chat completions."),
    ),
  },
  { id: "store", families: "all", check: refuses("store") },
  { id: "tool-count", families: "all", check: (body) => tooManyTools(body.tools?.length ?? 0) },
  { id: "tool-name", families: "all", check: toolNames },
  { id: "tool-pairs", families: "all", check: unpairedToolCalls },
  { id: "empty-content", families: "all", check: emptyContent },
  {
    id: "max-tokens",
    families: ["openai-reasoning"],
    check: (body) =>
      has(body, "max_tokens")
        ? unsupportedParameter("max_tokens", " Use 'max_completion_tokens' instead.")
        : undefined,
  },
  { id: "sampling", families: ["openai-reasoning"], check: onlyDefault("temperature", "top_p") },
  {
    id: "stop-and-penalties",
    families: ["openai-reasoning"],
    check: refuses("stop", "presence_penalty", "frequency_penalty"),
  },
  { id: "tools-need-no-effort", families: ["openai-reasoning"], check: toolsWithEffort },
  { id: "penalties", families: grok, check: refuses("presence_penalty", "frequency_penalty") },
  { id: "stop", families: ["grok-reasoning"], check: refuses("stop") },
  { id: "effort", families: ["grok"], check: refuses("reasoning_effort") },
  { id: "parallel-flag", families: ["llama-3"], check: refuses("parallel_tool_calls") },
  { id: "system-with-tools", families: ["llama-3"], contested: true, check: systemWithTools },
  { id: "schema-keywords", families: ["gemini"], check: schemaKeywords },
  { id: "call-and-response-counts", families: ["gemini"], check: unequalCounts },
];

/** Of tools, and of the calls that are told of. */
function toolNames(body: ChatBody): ErrorReply | undefined {
  const named = [
    ...(body.tools ?? []).map((tool, at) => ({
      name: tool.function.name,
      param: `tools[${at}].function.name`,
    })),
    ...body.messages.flatMap((message, at) =>
      message.role !== "assistant"
        ? []
        : (message.tool_calls ?? []).map((call, place) => ({
            name: call.function.name,
            param: `messages[${at}].tool_calls[${place}].function.name`,
          })),
    ),
  ];
  return badToolName(named);
}

/** Each call is answered once, right after the message that made it, and nothing else is answered. */
function unpairedToolCalls(body: ChatBody): ErrorReply | undefined {
  let open = new Set<string>();
  const refuse = (text: string, index: number): ErrorReply =>
    openaiError(400, text, { param: `messages.[${index}].role`, code: null });
  for (const [index, message] of [...body.messages, { role: "end" as const }].entries()) {
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) {
        const text = `Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' ('${message.tool_call_id}' was not called or is already answered).`;
        return refuse(text, index);
      }
      continue;
    }
    if (open.size > 0) {
      const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`;
      return refuse(text, index);
    }
    if (message.role === "assistant") {
      const ids = (message.tool_calls ?? []).map(({ id }) => id);
      open = new Set(ids);
      if (open.size < ids.length) return refuse("Duplicate tool_call ids in one message.", index);
    }
  }
  return undefined;
}

/** The backend dies of an assistant message without text and calls. */
function emptyContent(body: ChatBody): ErrorReply | undefined {
  const empty = body.messages.some(
    (message) =>
      message.role === "assistant" && !message.tool_calls?.length && contentText(message.content) === "",
  );
  return empty
    ? ociError(500, "500", 'Cannot invoke "String.length()" because the content of the message is null')
    : undefined;
}

function toolsWithEffort(body: ChatBody): ErrorReply | undefined {
  if (!/gpt-5\.6/.test(body.model) || !body.tools?.length || body.reasoning_effort === "none")
    return undefined;
  const text =
    "Function tools with reasoning_effort are not supported for this model on chat completions. Set reasoning_effort to 'none'.";
  return openaiError(400, text, { param: "reasoning_effort", code: "unsupported_value" });
}

function systemWithTools(body: ChatBody): ErrorReply | undefined {
  if (!body.tools?.length || body.messages[0]?.role !== "system") return undefined;
  return ociError(400, "400", "Tool use with a leading system message is not supported for this model.");
}

function schemaKeywords(body: ChatBody): ErrorReply | undefined {
  const format = body.response_format;
  const schemas = (body.tools ?? []).map((tool) => tool.function.parameters);
  if (format?.type === "json_schema") schemas.push(format.json_schema.schema);
  const keyword = schemas.map(refusedKeyword).find(Boolean);
  if (keyword === undefined) return undefined;
  return geminiError(400, `Invalid JSON payload received. Unknown name "${keyword}": Cannot find field.`);
}

function unequalCounts(body: ChatBody): ErrorReply | undefined {
  let calls = 0;
  let responses = 0;
  for (const message of body.messages) {
    if (message.role === "assistant") calls += message.tool_calls?.length ?? 0;
    if (message.role === "tool") responses += 1;
  }
  if (calls === responses) return undefined;
  return geminiError(
    400,
    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
  );
}
