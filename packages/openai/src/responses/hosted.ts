/** Tools that run on the provider's side, as their items on the wire: names, approvals, and what they did. */
import type { HostedToolRun, JsonObject, JsonValue } from "@locus-sdk/core";
import { isJsonObject, parseJson } from "@locus-sdk/core";

/** How an MCP tool is called in events and messages: `mcp:<server label>.<tool>`. */
export function mcpName(label: string, tool: string): string {
  // The first dot ends the label, whatever is in it.
  return `mcp:${label.replaceAll("%", "%25").replaceAll(".", "%2E")}.${tool}`;
}

/** The server label and the tool in a name made by `mcpName`. */
export function parseMcpName(name: string): { readonly label: string; readonly tool: string } {
  const rest = name.startsWith("mcp:") ? name.slice(4) : name;
  const dot = rest.indexOf(".");
  const label = dot < 0 ? "" : rest.slice(0, dot);
  return { label: label.replaceAll("%2E", ".").replaceAll("%25", "%"), tool: rest.slice(dot + 1) };
}

type Reader = (item: JsonObject) => Omit<HostedToolRun, "status">;

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const parsed = (value: JsonValue | undefined): JsonValue | undefined =>
  typeof value === "string" ? (parseJson(value) ?? value) : value;

/** `{ [name]: value }`, or nothing where there is no value. */
const given = (name: "input" | "output", value: JsonValue | undefined): Partial<HostedToolRun> =>
  value === undefined || value === null ? {} : { [name]: value };

/** By item type, what is told of it. Anything large stays in the item, which the message keeps verbatim. */
const READERS: Readonly<Record<string, Reader>> = {
  file_search_call: (item) => ({
    name: "file_search",
    ...given("input", item.queries === undefined ? undefined : { queries: item.queries }),
    ...given("output", item.results),
  }),
  web_search_call: (item) => ({ name: "web_search", ...given("input", item.action) }),
  code_interpreter_call: (item) => ({
    name: "code_interpreter",
    ...given("input", item.code === undefined ? undefined : { code: item.code }),
    ...given("output", item.outputs),
  }),
  image_generation_call: (item) => ({
    name: "image_generation",
    ...given("input", item.revised_prompt === undefined ? undefined : { prompt: item.revised_prompt }),
  }),
  mcp_call: (item) => ({
    name: mcpName(text(item.server_label), text(item.name)),
    ...given("input", parsed(item.arguments)),
    ...given("output", item.error ?? item.output),
  }),
  mcp_list_tools: (item) => ({
    name: `mcp:${text(item.server_label)}`,
    ...given("output", item.error ?? toolNames(item.tools)),
  }),
};

function toolNames(tools: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(tools)) return undefined;
  return { tools: tools.map((tool: JsonValue) => (isJsonObject(tool) ? (tool.name ?? null) : tool)) };
}

/** What a hosted tool did, where `item` tells of one. */
export function hostedRunOf(item: JsonObject): HostedToolRun | undefined {
  const type = text(item.type);
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) return undefined;
  const failed = item.error !== undefined && item.error !== null;
  return { ...read(item), status: text(item.status) || (failed ? "failed" : "completed") };
}
