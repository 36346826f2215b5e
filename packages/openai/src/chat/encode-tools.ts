/** The tools of a request in their wire form, each computed once for a frozen definition and profile. */
import { fitSchema, type JsonObject, type ModelRequest, type ToolDefinition } from "@locus-sdk/core";
import type { ChatProfile } from "./profile.ts";
import { chosenTools } from "./tool-choice.ts";

/** A tool on the wire, and in words what of its parameters could not be sent. */
interface EncodedTool {
  readonly wire: JsonObject;
  readonly warnings: readonly string[];
}

/** An agent has the same tools in every turn. */
const cache = new WeakMap<ChatProfile, WeakMap<ToolDefinition, EncodedTool>>();

/** The `tools` and the `tool_choice` of a request. */
export function encodeTools(
  request: ModelRequest,
  profile: ChatProfile,
  warn: (text: string) => void,
): JsonObject {
  const { tools = [] } = request;
  // A choice among no tools means nothing, and servers refuse it.
  if (tools.length === 0) return {};
  if (!profile.tools) {
    warn(`models of the family "${profile.name}" take no tools: they were not sent`);
    return {};
  }
  const { tools: chosen, choice } = chosenTools(tools, request.toolChoice, profile, warn);
  if (chosen.length === 0) return {};
  const wires = chosen.map((tool) => {
    const { wire, warnings } = encodedTool(tool, profile);
    warnings.forEach(warn);
    return wire;
  });
  if (choice === undefined) return { tools: wires };
  const named = typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
  return { tools: wires, tool_choice: named };
}

function encodedTool(tool: ToolDefinition, profile: ChatProfile): EncodedTool {
  let known = cache.get(profile);
  if (known === undefined) {
    known = new WeakMap();
    cache.set(profile, known);
  }
  const before = known.get(tool);
  if (before !== undefined) return before;
  const encoded = encodeTool(tool, profile);
  if (Object.isFrozen(tool) && Object.isFrozen(tool.parameters)) known.set(tool, encoded);
  return encoded;
}

function encodeTool(tool: ToolDefinition, profile: ChatProfile): EncodedTool {
  const bound = { schema: tool.parameters, strict: tool.strict };
  const { schema, strict, warnings } = fitSchema(`tool "${tool.name}"`, bound, profile.toolSchema);
  const wire: JsonObject = {
    type: "function",
    function: {
      name: tool.name,
      description: tool.description,
      parameters: schema,
      ...(strict === undefined ? {} : { strict }),
    },
  };
  return { wire, warnings };
}
