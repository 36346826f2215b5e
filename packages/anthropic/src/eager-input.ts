/** Arguments of tools as Claude writes them, instead of each in one piece once it is complete. */
import { isJsonObject, type JsonObject } from "@locus-sdk/core";

/**
 * `body` with every tool of ours marked for that. Whole answers are asked for the same way: tools are part of what a prompt
 * cache knows, and have to be alike.
 */
export function withEagerInput(body: JsonObject): JsonObject {
  const { tools } = body;
  if (!Array.isArray(tools)) return body;
  return {
    ...body,
    // Anthropic's own tools, which have no schema, refuse the mark.
    tools: tools.map((tool) =>
      isJsonObject(tool) && tool.input_schema !== undefined ? { ...tool, eager_input_streaming: true } : tool,
    ),
  };
}
