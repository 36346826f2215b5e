/** A model request as the body of `POST /v1/messages`. Pure: the same request gives the same body. */
import {
  type BoundSchema,
  DIALECTS,
  fitSchema,
  InvalidRequestError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ModelRequest,
  type ModelSettings,
  type SchemaDialect,
  type ToolDefinition,
  transcriptFor,
} from "@locus-sdk/core";
import { type EncodedTurn, encodeConversation } from "./encode-messages.ts";
import { encodeSettings } from "./encode-settings.ts";
import type { ClaudeFamily } from "./families.ts";

/** What a request is encoded for. */
export interface MessagesTarget {
  readonly modelId: string;
  readonly family: ClaudeFamily;
  readonly stream: boolean;
  /** Whether the prefix of the conversation is marked to be cached. Default `false`. */
  readonly promptCaching?: boolean;
}

/** A request body, and in words what was asked for and is not in it. */
export interface EncodedRequest {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
  /** The API version that takes the request, where it is not the client's own. */
  readonly apiVersion?: string;
  /** The tool whose arguments are the answer, where the family cannot be bound to a schema. */
  readonly answerTool?: string;
}

type Warn = (text: string) => void;

/** The API has dropped these parameters, in every later version; this one keeps them for models that know them. */
const SAMPLING_VERSION = "2023-06-01";
const SAMPLING: readonly string[] = ["temperature", "top_p", "top_k"];

/** What the API takes for the name of a tool. */
const TOOL_NAMES = { maxLength: 128, pattern: /^[a-zA-Z0-9_-]+$/ } as const;

const CACHED: JsonObject = { cache_control: { type: "ephemeral" } };

/**
 * The body of `POST /v1/messages` for `request`. `max_tokens`, which the API insists on, is set where the settings do not;
 * nothing else that was not asked for is. `extraBody` has the last word on everything but `stream`.
 *
 * @throws InvalidRequestError where the request has hosted tools, or the user has just said what cannot be sent.
 * @example
 * ```ts
 * import { claudeFamily, encodeMessagesRequest } from "@locus-sdk/anthropic";
 *
 * const { body } = encodeMessagesRequest(
 *   { messages: [{ role: "user", content: "Hi" }], settings: { maxOutputTokens: 100 } },
 *   { modelId: "claude-haiku-4-5", family: claudeFamily("claude-haiku-4-5"), stream: false },
 * );
 * // { model: "claude-haiku-4-5", messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }], max_tokens: 100, stream: false }
 * ```
 */
export function encodeMessagesRequest(request: ModelRequest, target: MessagesTarget): EncodedRequest {
  refuseHostedTools(request, target.modelId);
  const { family, modelId, promptCaching = false } = target;
  const told = transcriptFor(request.messages, {
    author: { provider: "anthropic", modelId },
    seal: "signature",
    toolNames: TOOL_NAMES,
  });
  const { system, messages, warnings: lost } = encodeConversation(told.messages, modelId);
  const warnings = [...told.warnings, ...lost];
  const warn: Warn = (text) => {
    warnings.push(text);
  };
  const asked = thinkable(request.settings ?? {}, messages, family, warn);
  const { output_config: ofSettings, ...settings } = encodeSettings(asked, family, warn);
  const answerTool = answerToolOf(request, family);
  const thinks = isJsonObject(settings.thinking) && settings.thinking.type !== "disabled";
  const { output_config: ofCaller, ...extra } = request.settings?.extraBody ?? {};
  const outputConfig = merged(ofSettings, outputFormat(request, family, warn), ofCaller);
  const body: JsonObject = {
    model: modelId,
    ...(system.length === 0 ? {} : { system: promptCaching ? lastMarked(system) : system }),
    messages: promptCaching ? lastUserMarked(messages) : messages.map(plainTurn),
    ...encodeTools(request, target, { answerTool, thinks, warn }),
    ...settings,
    ...(outputConfig === undefined ? {} : { output_config: outputConfig }),
    ...extra,
    stream: target.stream,
  };
  return {
    body,
    warnings,
    ...(SAMPLING.some((name) => name in body) ? { apiVersion: SAMPLING_VERSION } : {}),
    ...(answerTool === undefined ? {} : { answerTool }),
  };
}

/** Leaving them out would let the model answer as if it had looked. */
function refuseHostedTools({ hostedTools = [] }: ModelRequest, modelId: string): void {
  const [first] = hostedTools;
  if (first === undefined) return;
  throw new InvalidRequestError(
    `anthropic model "${modelId}" is not given hosted tools, and "${first.name}" is one`,
    { code: "hosted_tools_unsupported", hint: "Leave the hosted tools out, or use tools of your own." },
  );
}

/**
 * Settings without thinking, where the model is in the middle of a turn that began without it, or whose thoughts another
 * model had: by a budget, a turn is thought from its beginning or not at all.
 */
function thinkable(
  { reasoning, ...settings }: ModelSettings,
  turns: readonly EncodedTurn[],
  family: ClaudeFamily,
  warn: Warn,
): ModelSettings {
  if (reasoning === undefined) return settings;
  const [last, answers] = turns.slice(-2);
  const goesOn =
    last?.role === "assistant" && answers?.content.some(({ type }) => type === "tool_result") === true;
  const first = last?.content[0]?.type;
  const isThought = first === "thinking" || first === "redacted_thinking";
  if (family.thinking !== "budget" || reasoning.effort === "none" || !goesOn || isThought) {
    return { ...settings, reasoning };
  }
  warn("the calls that are being answered were made without thinking: the model goes on without");
  return settings;
}

interface ToolContext {
  readonly answerTool: string | undefined;
  readonly thinks: boolean;
  readonly warn: Warn;
}

function encodeTools(request: ModelRequest, target: MessagesTarget, context: ToolContext): JsonObject {
  const { answerTool, warn } = context;
  const { family, promptCaching } = target;
  const tools = (request.tools ?? []).map((tool) => encodeTool(tool, family, warn));
  const { outputSchema, settings } = request;
  if (answerTool !== undefined && outputSchema !== undefined) {
    tools.push({
      name: answerTool,
      description: `Gives the final answer.${outputSchema.description === undefined ? "" : ` ${outputSchema.description}`}`,
      input_schema: fitted(
        `output schema "${outputSchema.name}"`,
        outputSchema,
        DIALECTS.anthropicTools,
        warn,
      ),
    });
  }
  // A choice among no tools means nothing, and the API refuses it.
  if (tools.length === 0) return {};
  const parallel = answerTool === undefined ? settings?.parallelToolCalls : false;
  const chosen = toolChoice(request, target, context);
  const choice =
    parallel === undefined || chosen?.type === "none"
      ? chosen
      : { ...(chosen ?? { type: "auto" }), disable_parallel_tool_use: !parallel };
  return {
    tools: promptCaching === true ? lastMarked(tools) : tools,
    ...(choice === undefined ? {} : { tool_choice: choice }),
  };
}

function toolChoice(
  { toolChoice: asked, tools = [] }: ModelRequest,
  { family }: MessagesTarget,
  { answerTool, thinks, warn }: ToolContext,
): JsonObject | undefined {
  const wanted = answerTool === undefined ? asked : tools.length === 0 ? { name: answerTool } : "required";
  if (wanted === undefined || wanted === "auto" || wanted === "none") {
    return wanted === undefined ? undefined : { type: wanted };
  }
  if (!family.forcedTools) {
    warn(`models of the family "${family.name}" cannot be made to call a tool: it is left to the model`);
    return { type: "auto" };
  }
  if (thinks && family.thinking === "budget") {
    warn("Claude cannot be made to call a tool while it thinks: it is left to the model");
    return { type: "auto" };
  }
  return wanted === "required" ? { type: "any" } : { type: "tool", name: wanted.name };
}

function encodeTool(tool: ToolDefinition, family: ClaudeFamily, warn: Warn): JsonObject {
  const strict = tool.strict === true && family.schemas;
  if (tool.strict === true && !strict) {
    warn(`models of the family "${family.name}" have no strict tools: "${tool.name}" was sent as any other`);
  }
  return {
    name: tool.name,
    ...(tool.description === "" ? {} : { description: tool.description }),
    input_schema: fitted(
      `tool "${tool.name}"`,
      { schema: tool.parameters },
      strict ? DIALECTS.anthropicStrictTools : DIALECTS.anthropicTools,
      warn,
    ),
    ...(strict ? { strict: true } : {}),
  };
}

function fitted(owner: string, { schema }: BoundSchema, dialect: SchemaDialect, warn: Warn): JsonObject {
  const { schema: sent, warnings } = fitSchema(owner, { schema }, dialect);
  warnings.forEach(warn);
  return sent;
}

function outputFormat(
  { outputSchema }: ModelRequest,
  family: ClaudeFamily,
  warn: Warn,
): JsonObject | undefined {
  if (outputSchema === undefined || !family.schemas) return undefined;
  const owner = `output schema "${outputSchema.name}"`;
  return {
    format: { type: "json_schema", schema: fitted(owner, outputSchema, DIALECTS.anthropicStrict, warn) },
  };
}

/** A name for the answer as a tool, of characters that the API takes and that no other tool has. */
function answerToolOf({ outputSchema, tools = [] }: ModelRequest, family: ClaudeFamily): string | undefined {
  if (outputSchema === undefined || family.schemas) return undefined;
  let name = outputSchema.name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 60) || "answer";
  while (tools.some((tool) => tool.name === name)) name += "_";
  return name;
}

/** Members of one object from several places, the last one first heard. */
function merged(...parts: readonly (JsonValue | undefined)[]): JsonValue | undefined {
  const given = parts.filter((part) => part !== undefined);
  if (given.length === 0) return undefined;
  const last = given.at(-1);
  if (!isJsonObject(last)) return last;
  return Object.fromEntries(given.filter((part) => isJsonObject(part)).flatMap(Object.entries<JsonValue>));
}

const plainTurn = ({ role, content }: EncodedTurn): JsonObject => ({ role, content });

function lastMarked(blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.map((block, place) => (place === blocks.length - 1 ? { ...block, ...CACHED } : block));
}

/** The end of what the user has said last: everything before it is asked again with the next turn. */
function lastUserMarked(turns: readonly EncodedTurn[]): readonly JsonObject[] {
  const last = turns.findLastIndex(({ role }) => role === "user");
  return turns.map((turn, place) =>
    place === last ? { ...turn, content: lastMarked(turn.content) } : plainTurn(turn),
  );
}
