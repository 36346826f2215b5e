// `mcp`: a server that nobody asks. Its tools are imagined from its label, their results from their arguments.
import { isJsonObject, type JsonObject, type JsonValue, parseJson, plainText } from "../../../json.ts";
import type { HostedTools, Question, QuestionTool } from "../../question.ts";
import { askedTools, bestTool, callsOf } from "../calls.ts";
import { contentWords, identifierWords, stem, stems } from "../words.ts";
import type { Errand, Finding } from "./errand.ts";

/** Whether the prompt speaks of the server: its label, its description or one of its tools. */
export function suitsServer(prompt: string, tool: JsonObject): boolean {
  const words = stems(contentWords(prompt));
  const about = [
    ...identifierWords(labelOf(tool)),
    ...contentWords(typeof tool.server_description === "string" ? tool.server_description : ""),
  ];
  return about.some((word) => words.has(stem(word))) || askedTools(toolsOf(tool), prompt).length > 0;
}

export function callServer({ question, hosted, prompt, tool }: Errand): Finding | undefined {
  const label = labelOf(tool);
  const tools = toolsOf(tool);
  const { tool_choice: choice } = question.body;
  const named = isJsonObject(choice) && choice.type === "mcp" ? choice.name : undefined;
  const chosen = tools.find(({ name }) => name === named) ?? bestTool(tools, prompt);
  if (chosen === undefined) return undefined;
  const known = hosted.items.some(
    ({ type, server_label: listed }) => type === "mcp_list_tools" && listed === label,
  );
  const list = known ? [] : [listItem(label, tools)];
  const [call] = callsOf(chosen, prompt, []);
  const args = JSON.stringify(call?.arguments ?? {});
  const asked = { server_label: label, name: chosen.name, arguments: args };
  if (needsApproval(tool, chosen.name)) {
    return { items: [...list, { type: "mcp_approval_request", ...asked }] };
  }
  const made = callItem(asked, null);
  return { items: [...list, made], text: tell([made]) };
}

/** Calls what the client has just approved, and says what it has declined. */
export function answerApprovals(question: Question, { items }: HostedTools): Finding | undefined {
  const lastAnswer = items.findLastIndex(({ type, role }) => type === "message" && role === "assistant");
  const called = new Set(
    items.map(({ approval_request_id: id, type }) => (type === "mcp_call" ? id : undefined)),
  );
  const open = items
    .slice(lastAnswer + 1)
    .filter(({ type, approval_request_id: id }) => type === "mcp_approval_response" && !called.has(id));
  if (open.length === 0 || question.toolChoice === "none") return undefined;
  const calls: JsonObject[] = [];
  const declined: string[] = [];
  for (const { approve, approval_request_id: id } of open) {
    const request = items.find((item) => item.type === "mcp_approval_request" && item.id === id);
    const { server_label, name, arguments: args } = request ?? {};
    if (approve === true) calls.push(callItem({ server_label, name, arguments: args }, plainText(id)));
    else declined.push(`${plainText(name)} was declined, so I did not call it.`);
  }
  return { items: calls, text: [...(calls.length > 0 ? [tell(calls)] : []), ...declined].join(" ") };
}

const labelOf = (tool: JsonObject): string => plainText(tool.server_label);

/** The tools that the request allows, or two that any server might have. */
function toolsOf(tool: JsonObject): readonly QuestionTool[] {
  const label = labelOf(tool);
  const { allowed_tools: allowed } = tool;
  const names = namesIn(isJsonObject(allowed) ? allowed.tool_names : allowed);
  const query = { query: { type: "string", description: "What to look for." } };
  const imagined = (name: string, description: string): QuestionTool => ({
    name,
    description,
    parameters: { type: "object", properties: query, required: ["query"], additionalProperties: false },
  });
  if (names.length > 0) return names.map((name) => imagined(name, `Imagined tool of ${label}.`));
  return [
    imagined("search", `Imagined tool: looks something up in ${label}.`),
    imagined("fetch", `Imagined tool: reads one entry of ${label}.`),
  ];
}

const namesIn = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];

/** Everything needs an approval that the request does not exempt. */
function needsApproval({ require_approval: rule }: JsonObject, name: string): boolean {
  if (rule === "never") return false;
  if (!isJsonObject(rule) || !isJsonObject(rule.never)) return true;
  return !namesIn(rule.never.tool_names).includes(name);
}

const listItem = (label: string, tools: readonly QuestionTool[]): JsonObject => ({
  type: "mcp_list_tools",
  server_label: label,
  tools: tools.map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: parameters,
    annotations: null,
  })),
  error: null,
});

function callItem(asked: JsonObject, approvalId: string | null): JsonObject {
  const args = parseJson(plainText(asked.arguments));
  const values = isJsonObject(args) ? Object.values(args).map(plainText) : [];
  return {
    type: "mcp_call",
    ...asked,
    status: "completed",
    approval_request_id: approvalId,
    output: `Imagined result of ${plainText(asked.name)} for ${values.join(", ") || "nothing"}`,
    error: null,
  };
}

function tell(calls: readonly JsonObject[]): string {
  const told = calls.map(
    ({ server_label: label, name, output }) =>
      `${plainText(name)} of ${plainText(label)}: ${plainText(output)}.`,
  );
  return `Here is what the tools say. ${told.join(" ")}`;
}
