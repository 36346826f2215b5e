// What the service refuses in a response request, family by family: one row a rule.
import { type ErrorReply, geminiError, ociError, openaiError } from "../http/envelopes.ts";
import { isJsonObject, type JsonObject, plainText } from "../json.ts";
import { type FamilyName, familyOf } from "../models/families.ts";
import {
  badToolName,
  type Rule,
  refusedKeyword,
  tooManyTools,
  unsupportedParameter,
} from "../models/rules.ts";
import { functionTools, type ResponsesBody } from "./request.ts";

const has = (body: ResponsesBody, field: string): boolean =>
  body[field] !== undefined && body[field] !== null;

const refuses =
  (...fields: readonly string[]) =>
  (body: ResponsesBody): ErrorReply | undefined => {
    const field = fields.find((name) => has(body, name));
    return field === undefined ? undefined : unsupportedParameter(field);
  };

const notServed = (): ErrorReply =>
  ociError(400, "400", "Unsupported operation: this model is not served by the Responses API.");

/** What may stand in a message's content, by who says it. */
const partTypes = {
  assistant: ["output_text", "refusal"],
  other: ["input_text", "input_image", "input_file", "input_audio"],
} as const;

export const responsesRules: readonly Rule<ResponsesBody>[] = [
  { id: "not-served", families: ["cohere", "llama-3", "llama-4"], check: notServed },
  { id: "not-served", families: ["mistral", "anthropic"], contested: true, check: notServed },
  {
    id: "chat-only",
    families: ["openai-chat"],
    check: ({ model }) => (model.includes("gpt-audio") ? notServed() : undefined),
  },
  {
    id: "one-state",
    families: "all",
    check: (body) =>
      has(body, "previous_response_id") && has(body, "conversation")
        ? openaiError(
            400,
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
            { code: "mutually_exclusive_parameters" },
          )
        : undefined,
  },
  { id: "sampling", families: ["openai-reasoning"], check: refuses("temperature", "top_p") },
  {
    id: "effort",
    families: ["openai-chat", "grok"],
    check: (body) => (body.reasoning?.effort ? unsupportedParameter("reasoning.effort") : undefined),
  },
  {
    id: "encrypted",
    families: ["openai-chat", "grok"],
    contested: true,
    check: (body) =>
      body.include?.includes("reasoning.encrypted_content")
        ? openaiError(400, "Encrypted content is not supported with this model.", { param: "include" })
        : undefined,
  },
  {
    id: "background",
    families: "all",
    check: (body) =>
      body.background === true && body.store === false
        ? openaiError(400, "Background mode requires 'store' to be true.", { param: "background" })
        : undefined,
  },
  { id: "content-parts", families: "all", check: contentParts },
  {
    id: "file-ids",
    families: "all",
    check: (body) => {
      if (takesFileIds.includes(familyOf(body.model).name)) return undefined;
      const [first] = namedFiles(body);
      return first === undefined ? undefined : unsupportedParameter(first.param);
    },
  },
  {
    id: "file-count",
    families: ["gemini"],
    check: (body) => {
      const count = namedFiles(body).length;
      if (count <= maxFileIds) return undefined;
      return geminiError(
        400,
        `At most ${maxFileIds} files can be named by their ids, and there are ${count}.`,
      );
    },
  },
  { id: "tool-count", families: "all", check: (body) => tooManyTools(body.tools?.length ?? 0) },
  { id: "tool-name", families: "all", check: toolNames },
  { id: "tool-choice", families: "all", check: toolChoice },
  { id: "mcp-server", families: "all", check: mcpServers },
  { id: "schema-keywords", families: ["gemini"], check: schemaKeywords },
];

/** Gemini, and models of which nothing is known. */
const takesFileIds: readonly FamilyName[] = ["gemini", "dedicated", "unknown"];
const maxFileIds = 10;

/** A file that a request names by its id, and where. */
export interface NamedFile {
  readonly id: string;
  readonly param: string;
}

/** The files that the messages of a request name by their ids. */
export function namedFiles({ input }: ResponsesBody): readonly NamedFile[] {
  if (typeof input === "string") return [];
  return input.flatMap(({ content }, index) => {
    if (!Array.isArray(content)) return [];
    return content.flatMap((part, at) =>
      isJsonObject(part) && typeof part.file_id === "string"
        ? [{ id: part.file_id, param: `input[${index}].content[${at}].file_id` }]
        : [],
    );
  });
}

function contentParts(body: ResponsesBody): ErrorReply | undefined {
  if (typeof body.input === "string") return undefined;
  for (const [index, item] of body.input.entries()) {
    if ((item.type ?? "message") !== "message" || !Array.isArray(item.content)) continue;
    const allowed: readonly string[] = item.role === "assistant" ? partTypes.assistant : partTypes.other;
    const at = item.content.findIndex(
      (part) => !isJsonObject(part) || !allowed.includes(plainText(part.type)),
    );
    if (at < 0) continue;
    const part = item.content[at];
    const type = isJsonObject(part) ? plainText(part.type) : "";
    const param = `input[${index}].content[${at}].type`;
    const text = `Invalid value: '${type}'. Supported values are: ${allowed.map((name) => `'${name}'`).join(", ")}.`;
    return openaiError(400, text, { param, code: "invalid_value" });
  }
  return undefined;
}

/** Of tools, and of the calls that are told of. */
function toolNames(body: ResponsesBody): ErrorReply | undefined {
  const items = typeof body.input === "string" ? [] : body.input;
  return badToolName([
    ...functionTools(body).map(({ name }, at) => ({ name: plainText(name), param: `tools[${at}].name` })),
    ...items.flatMap(({ type, name }, at) =>
      type === "function_call" ? [{ name: plainText(name), param: `input[${at}].name` }] : [],
    ),
  ]);
}

function toolChoice(body: ResponsesBody): ErrorReply | undefined {
  const choice = body.tool_choice;
  if (!isJsonObject(choice)) return undefined;
  if (hostedTypes.has(plainText(choice.type))) return hostedChoice(body, choice);
  if (choice.type !== "function") return undefined;
  if (typeof choice.name !== "string") {
    const text = "Missing required parameter: 'tool_choice.name'.";
    return openaiError(400, text, { param: "tool_choice.name", code: "missing_required_parameter" });
  }
  if (functionTools(body).some(({ name }) => name === choice.name)) return undefined;
  return openaiError(400, `Tool choice '${choice.name}' not found in 'tools' parameter.`, {
    param: "tool_choice",
  });
}

/** Tools that the service runs itself, as far as `tool_choice` may name them. */
const hostedTypes: ReadonlySet<string> = new Set([
  "code_interpreter",
  "file_search",
  "image_generation",
  "mcp",
  "web_search",
  "web_search_preview",
]);

function hostedChoice(body: ResponsesBody, choice: JsonObject): ErrorReply | undefined {
  const fits = ({ type, server_label: label }: JsonObject): boolean =>
    type === choice.type && (choice.server_label === undefined || choice.server_label === label);
  if (body.tools?.some(fits)) return undefined;
  return openaiError(400, `Tool choice '${plainText(choice.type)}' not found in 'tools' parameter.`, {
    param: "tool_choice",
  });
}

function mcpServers(body: ResponsesBody): ErrorReply | undefined {
  const lacks = (tool: JsonObject): boolean =>
    tool.type === "mcp" && (typeof tool.server_label !== "string" || typeof tool.server_url !== "string");
  const index = (body.tools ?? []).findIndex(lacks);
  if (index < 0) return undefined;
  const field = typeof body.tools?.[index]?.server_label === "string" ? "server_url" : "server_label";
  const param = `tools[${index}].${field}`;
  return openaiError(400, `Missing required parameter: '${param}'.`, {
    param,
    code: "missing_required_parameter",
  });
}

function schemaKeywords(body: ResponsesBody): ErrorReply | undefined {
  const format = body.text?.format;
  const schemas = functionTools(body).map(({ parameters }) => parameters);
  if (format?.type === "json_schema") schemas.push(format.schema);
  const keyword = schemas.map(refusedKeyword).find(Boolean);
  if (keyword === undefined) return undefined;
  return geminiError(400, `Invalid JSON payload received. Unknown name "${keyword}": Cannot find field.`);
}
