// Which tools a prompt asks for, and with which arguments. Pure: the same conversation gives the same calls.
import { isJsonObject, type JsonObject, type JsonValue, plainText } from "../../json.ts";
import type { QuestionTool } from "../question.ts";
import { expressions } from "./arithmetic.ts";
import { fillSchema } from "./fill.ts";
import { roleOf } from "./roles.ts";
import { propertiesOf, requiredOf, resolveSchema, textOf, typeOf } from "./schema.ts";
import { contentWords, identifierWords, stem, stems } from "./words.ts";

/** Words that mean the same errand; a tool and a prompt that share a row belong together. */
const errands: readonly ReadonlySet<string>[] = [
  "weather forecast temperature rain snow umbrella sunny cloudy cold hot warm wind jacket coat wear humidity climate storm degrees",
  "calculate calculator compute math arithmetic evaluate expression sum equation",
  "time clock timezone hour",
  "search find lookup google web browse latest headlines information article wiki encyclopedia research facts",
  "document documents docs knowledge manual policy retrieve retrieval",
  "email mail inbox send",
  "calendar meeting schedule appointment event reminder remind",
  "flight flights fly airline airport plane",
  "hotel hotels room stay accommodation lodging",
  "price cost stock share ticker quote market",
  "currency exchange convert dollars euros",
  "file files read open directory folder",
  "database sql query table rows",
  "order orders purchase shipment shipping delivery package tracking",
  "translate translation",
  "remember memory recall memo",
  "population inhabitants residents",
].map((row) => stems(row.split(" ")));

const threshold = 3;

interface Scored {
  readonly tool: QuestionTool;
  readonly score: number;
  readonly matched: ReadonlySet<string>;
}

function scoreTool(tool: QuestionTool, prompt: string, words: ReadonlySet<string>): Scored {
  const matched = new Set<string>();
  const count = (texts: readonly string[], weight: number): number => {
    let sum = 0;
    for (const word of stems(texts)) {
      if (!words.has(word) || matched.has(word)) continue;
      matched.add(word);
      sum += weight;
    }
    return sum;
  };
  const name = identifierWords(tool.name);
  const about = contentWords(tool.description);
  const root = tool.parameters;
  const properties = propertiesOf(resolveSchema(root, root));
  let score = count(name, 4) + count(about, 2);
  for (const [property, schema] of properties) {
    const node = resolveSchema(schema, root);
    score += count(identifierWords(property), 2) + count(contentWords(textOf(node.description)), 1);
    if (Array.isArray(node.enum))
      score += count(
        node.enum.flatMap((option) => identifierWords(plainText(option))),
        3,
      );
  }
  // The name says what a tool is for; the description only counts where the name says nothing.
  const own = errands.filter((errand) => name.some((word) => errand.has(stem(word))));
  const meant =
    own.length > 0
      ? own
      : errands.filter((errand) => about.filter((word) => errand.has(stem(word))).length > 0);
  for (const errand of meant) {
    const shared = [...words].filter((word) => errand.has(word));
    if (shared.length === 0) continue;
    for (const word of shared) matched.add(word);
    score += 3;
  }
  if (words.has(sumMark) && takesSums(tool)) {
    matched.add(sumMark);
    score += 4;
  }
  if (prompt.includes(tool.name)) score += 20;
  return { tool, score, matched };
}

/** Stands among the words for a sum in the prompt: it asks for a tool although it is no word. */
const sumMark = "#sum";

const operatorWords: Readonly<Record<string, readonly string[]>> = {
  "+": ["add", "plus", "sum"],
  "-": ["subtract", "minus"],
  "*": ["multiply", "times", "product"],
  "/": ["divide"],
  "^": ["power"],
};

/** The prompt's words as stems; what a sum's operators are called counts as said. */
function promptWords(prompt: string): Set<string> {
  const sums = expressions(prompt);
  const operators = sums
    .flatMap((sum) => sum.match(/[-+*/^]/g) ?? [])
    .flatMap((sign) => operatorWords[sign] ?? []);
  return new Set([...stems([...contentWords(prompt), ...operators]), ...(sums.length > 0 ? [sumMark] : [])]);
}

/** A tool that takes an expression, or is named after arithmetic. */
function takesSums(tool: QuestionTool): boolean {
  const [, arithmetic] = errands;
  const properties = propertiesOf(resolveSchema(tool.parameters, tool.parameters));
  return (
    identifierWords(tool.name).some((word) => arithmetic?.has(stem(word))) ||
    properties.some(([name]) => roleOf(identifierWords(name).join(" "), "").name === "expression")
  );
}

/** The tools that the prompt asks for: the best one, then those that its remaining words still ask for. */
export function askedTools(tools: readonly QuestionTool[], prompt: string): readonly QuestionTool[] {
  let words = promptWords(prompt);
  let rest = [...tools];
  const asked: QuestionTool[] = [];
  while (rest.length > 0 && asked.length < 8) {
    const best = rest
      .map((tool) => scoreTool(tool, prompt, words))
      .reduce((left, right) => (right.score > left.score ? right : left));
    if (
      best.score < threshold ||
      (asked.length > 0 && best.matched.size === 0 && !prompt.includes(best.tool.name))
    )
      break;
    asked.push(best.tool);
    rest = rest.filter((tool) => tool !== best.tool);
    words = new Set([...words].filter((word) => !best.matched.has(word)));
  }
  return asked.length > 0 ? asked : searchTools(tools, prompt);
}

/** A question of fact that no tool is named after goes to a tool that searches. */
function searchTools(tools: readonly QuestionTool[], prompt: string): readonly QuestionTool[] {
  const words = new Set(["search", "lookup", "google", "brows", "wiki", "wikipedia", "retriev", "knowledg"]);
  const factual = /^(who|when|which|what|where|how (many|much|old|tall|far|long|big))\b/i.test(prompt.trim());
  const aboutSelf = /\b(i|my|me|your?|we|our)\b/i.test(prompt);
  if (!factual || aboutSelf || contentWords(prompt).length < 2) return [];
  return tools.filter(({ name }) => identifierWords(name).some((word) => words.has(stem(word)))).slice(0, 1);
}

/** The tool that suits best, however little. */
export function bestTool(tools: readonly QuestionTool[], prompt: string): QuestionTool | undefined {
  const words = promptWords(prompt);
  const scored = tools.map((tool) => scoreTool(tool, prompt, words));
  return scored.toSorted((left, right) => right.score - left.score)[0]?.tool;
}

export interface PlannedCall {
  readonly name: string;
  readonly arguments: JsonObject;
  /** Whether the conversation spoke for every required argument. */
  readonly evidence: boolean;
}

/** The calls of one tool: several when the prompt lists several of what the tool takes one of. */
export function callsOf(
  tool: QuestionTool,
  prompt: string,
  results: readonly JsonValue[],
  prose?: string,
): readonly PlannedCall[] {
  const call = (decided: Readonly<Record<string, string>>): PlannedCall => {
    const { value, evidence } = fillSchema(
      { type: "object", ...tool.parameters },
      { prompt, results, decided, ...(prose === undefined ? {} : { prose }) },
    );
    const filled = isJsonObject(value) ? value : {};
    return { name: tool.name, arguments: filled, evidence };
  };
  const listed = listedParameter(tool, prompt);
  if (listed === undefined) return [call({})];
  return listed.values.slice(0, 8).map((value) => call({ [listed.name]: value }));
}

function listedParameter(
  tool: QuestionTool,
  prompt: string,
): { readonly name: string; readonly values: readonly string[] } | undefined {
  const root = tool.parameters;
  const node = resolveSchema(root, root);
  const required = requiredOf(node);
  const properties = propertiesOf(node);
  const candidates = properties.flatMap(([name, schema]) => {
    const property = resolveSchema(schema, root);
    const counts = required.has(name) || properties.length === 1;
    if (!counts || typeOf(property) !== "string" || Array.isArray(property.enum)) return [];
    const role = roleOf(identifierWords(name).join(" "), textOf(property.description));
    return role.several ? [{ name, role: role.name, values: role.find(prompt) }] : [];
  });
  const [only, ...others] = candidates.filter(({ values }) => values.length > 1);
  return others.length === 0 ? only : undefined;
}
