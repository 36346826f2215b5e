/** Tools, the choice among them and the form of the answer, as the Responses API takes them. */
import {
  fitSchema,
  type HostedToolDefinition,
  type JsonObject,
  type ModelRequest,
  type ToolChoice,
  type ToolDefinition,
} from "@locus-sdk/core";
import type { ChatProfile } from "../chat/profile.ts";

type Warn = (text: string) => void;

export function encodeTools(request: ModelRequest, profile: ChatProfile, warn: Warn): JsonObject {
  const own = request.tools ?? [];
  const hosted = request.hostedTools ?? [];
  // A choice among no tools means nothing, and servers refuse it.
  if (own.length + hosted.length === 0) return {};
  if (!profile.tools) {
    warn(`models of the family "${profile.name}" take no tools: they were not sent`);
    return {};
  }
  return {
    tools: [...own.map((tool) => encodeTool(tool, profile, warn)), ...hosted.map(encodeHosted)],
    ...(request.toolChoice === undefined ? {} : { tool_choice: encodeChoice(request.toolChoice, hosted) }),
  };
}

function encodeTool(tool: ToolDefinition, profile: ChatProfile, warn: Warn): JsonObject {
  const bound = { schema: tool.parameters, strict: tool.strict };
  const { schema, strict, warnings } = fitSchema(`tool "${tool.name}"`, bound, profile.toolSchema);
  warnings.forEach(warn);
  return {
    type: "function",
    name: tool.name,
    description: tool.description,
    parameters: schema,
    // Left out, the API takes it for `true` and rewrites the schema: what is optional would become required.
    strict: strict ?? false,
  };
}

function encodeHosted({ hosted, options }: HostedToolDefinition): JsonObject {
  return { type: hosted, ...options };
}

function encodeChoice(choice: ToolChoice, hosted: readonly HostedToolDefinition[]): string | JsonObject {
  if (typeof choice === "string") return choice;
  const named = hosted.find(({ name }) => name === choice.name);
  if (named === undefined) return { type: "function", name: choice.name };
  const label = named.options.server_label;
  return { type: named.hosted, ...(label === undefined ? {} : { server_label: label }) };
}

export function encodeOutputFormat(request: ModelRequest, profile: ChatProfile, warn: Warn): JsonObject {
  const output = request.outputSchema;
  if (output === undefined) return {};
  if (profile.structuredOutput === "none") {
    warn(`models of the family "${profile.name}" cannot be bound to a schema: "${output.name}" was not sent`);
    return {};
  }
  if (profile.structuredOutput === "json_object") {
    warn(
      `models of the family "${profile.name}" can be bound to JSON, not to a schema: "${output.name}" was not sent`,
    );
    return { "text.format": { type: "json_object" } };
  }
  const owner = `output schema "${output.name}"`;
  const { schema, strict, warnings } = fitSchema(owner, output, profile.outputSchema);
  warnings.forEach(warn);
  return {
    "text.format": {
      type: "json_schema",
      name: output.name,
      ...(output.description === undefined ? {} : { description: output.description }),
      schema,
      ...(strict === undefined ? {} : { strict }),
    },
  };
}
