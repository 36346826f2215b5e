// Which of the tools that the service runs itself a question is for, and what comes of it.
import { isJsonObject, type JsonObject, plainText } from "../../../json.ts";
import type { Question } from "../../question.ts";
import { certainReply } from "../memory.ts";
import { runCode } from "./code.ts";
import type { Errand, Finding } from "./errand.ts";
import { searchFiles } from "./files.ts";
import { answerApprovals, callServer, suitsServer } from "./mcp.ts";
import { drawImage, searchWeb } from "./web.ts";

/** Characters of a prompt that are looked at. */
const longestPrompt = 4000;

interface HostedKind {
  readonly type: RegExp;
  /** Whether it is asked for by name; what a tool of facts is for it only knows once it has looked. */
  readonly suits: (prompt: string, tool: JsonObject) => boolean;
  /** Tells facts: good for any question that the conversation does not answer. */
  readonly factual: boolean;
  readonly run: (errand: Errand) => Finding | undefined;
}

/** Tools in the order in which they are considered. */
const kinds: readonly HostedKind[] = [
  { type: /^code_interpreter$/, suits: () => true, factual: false, run: runCode },
  {
    type: /^image_generation$/,
    suits: (prompt) =>
      /\b(draw|paint|sketch|generate|create|make|render)\b.*\b(image|picture|photo|drawing|painting|illustration|logo|icon)\b/is.test(
        prompt,
      ),
    factual: false,
    run: drawImage,
  },
  { type: /^mcp$/, suits: suitsServer, factual: true, run: callServer },
  {
    type: /^web_search/,
    suits: (prompt) => /\b(web|internet|online|latest|news|today|current(ly)?|headlines?)\b/i.test(prompt),
    factual: true,
    run: searchWeb,
  },
  {
    type: /^file_search$/,
    suits: (prompt) => /\b(files?|documents?|docs|manual|polic(y|ies)|handbook|knowledge)\b/i.test(prompt),
    factual: true,
    run: searchFiles,
  },
];

const kindOf = (tool: JsonObject): HostedKind | undefined =>
  kinds.find(({ type }) => type.test(plainText(tool.type)));

/**
 * Runs the hosted tool that the question is for. `forced` runs only what must be run: what the client has approved, or
 * the tool that `tool_choice` names.
 */
export function runHosted(question: Question, asked: string, what: "forced" | "free"): Finding | undefined {
  const { hosted, body } = question;
  // Patterns take their time over long texts, and what is wanted stands at the beginning.
  const prompt = asked.slice(0, longestPrompt);
  if (hosted === undefined) return undefined;
  const tools = (Array.isArray(body.tools) ? body.tools : []).filter(isJsonObject);
  const offered = tools.filter((tool) => kindOf(tool) !== undefined);
  const run = (tool: JsonObject, forced: boolean): Finding | undefined =>
    kindOf(tool)?.run({ question, hosted, prompt, tool, forced });
  if (what === "forced") {
    const chosen = chosenTool(offered, body.tool_choice);
    return answerApprovals(question, hosted) ?? (chosen === undefined ? undefined : run(chosen, true));
  }
  if (offered.length === 0 || question.toolChoice === "none") return undefined;
  // Functions that must be called are called by now, as far as they can be.
  if (question.toolChoice === "required" && question.tools.length === 0) {
    const suited = offered.find((tool) => kindOf(tool)?.suits(prompt, tool)) ?? offered[0];
    return suited === undefined ? undefined : run(suited, true);
  }
  const inOrder = kinds.flatMap((kind) => offered.filter((tool) => kindOf(tool) === kind));
  const facts = certainReply(question.messages) === undefined && prompt.trim() !== "";
  for (const suited of [true, false]) {
    for (const tool of inOrder) {
      const kind = kindOf(tool);
      const isRight = kind?.suits(prompt, tool) === suited && (suited || kind.factual);
      const found = isRight && (!kind.factual || facts) ? run(tool, false) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function chosenTool(offered: readonly JsonObject[], choice: JsonObject[string]): JsonObject | undefined {
  if (!isJsonObject(choice) || choice.type === "function") return undefined;
  return offered.find(
    ({ type, server_label: label }) =>
      type === choice.type && (choice.server_label === undefined || choice.server_label === label),
  );
}
