/** What the hook decides at each of its points. */
import type {
  AfterModelCallContext,
  AfterModelCallDecision,
  AfterToolCallContext,
  AfterToolCallDecision,
  BeforeRunContext,
  BeforeRunDecision,
  BeforeToolCallContext,
  BeforeToolCallDecision,
} from "../hooks/types.ts";
import type { AssistantMessage, AssistantPart, Message } from "../messages/types.ts";
import type { HostedToolRun } from "../model/types.ts";
import { objectionsTo, reportOf } from "./calls.ts";
import { guardAnswers } from "./people.ts";
import type { GuardrailsPlan } from "./plan.ts";
import { type Scanned, type ScanOptions, scan } from "./scan.ts";
import { mapArguments, mapJson, mapSaid, mapWords, type Rewrite, withNote } from "./texts.ts";
import { ending, labelOf, list, ON_TEXT, placeOf, reporting, withheld } from "./told.ts";
import type { GuardrailAction, GuardrailPlace } from "./types.ts";

/** Actions on arguments about to be used: what was redacted before is not found again, and what was flagged is on record. */
const ON_CALL: readonly GuardrailAction[] = ["block", "redact", "ask"];

type Looking = Pick<ScanOptions, "guards" | "timeoutMs" | "signal">;

/** The run's own input; a message that is blocked leaves a note in the conversation, as it would be there for every later run. */
export async function guardInput(
  context: BeforeRunContext,
  plan: GuardrailsPlan,
): Promise<BeforeRunDecision> {
  if (context.answers !== undefined) return guardAnswers(context.answers, context.state, plan);
  const { input } = context;
  const looked: Scanned<Message>[] = [];
  for (const message of input) looked.push(await lookAt(message, plan));
  const messages = looked.map(({ value }) => value);
  const blocked = looked.flatMap((one, at) => (input[at]?.role === "tool" ? [] : one.blocked));
  const isSame = messages.every((message, at) => message === input[at]);
  return {
    ...reporting(looked.flatMap(({ reports }) => reports)),
    ...(isSame ? {} : { input: messages }),
    ...(blocked.length === 0 ? {} : { end: ending("the input", blocked) }),
  };
}

/** The answer, with the arguments of the calls it asks for: the record holds them as the model wrote them. */
export async function guardOutput(
  { request, response }: AfterModelCallContext,
  plan: GuardrailsPlan,
): Promise<AfterModelCallDecision> {
  const looking = { ...plan, signal: request.signal };
  const declared = (request.tools ?? []).map(({ name }) => name);
  const said = await lookAtAnswer(response.message, looking, declared);
  const hosted = await scan(response.hostedTools ?? [], mapHosted, {
    ...looking,
    where: "output",
    label: "output of hosted tools",
    acts: ON_TEXT,
  });
  const reports = [...said.reports, ...hosted.reports];
  const blocked = [...said.blocked, ...hosted.blocked];
  if (blocked.length > 0)
    return { ...reporting(reports), end: { ...ending("the answer", blocked), text: "" } };
  if (said.value === response.message && hosted.value === (response.hostedTools ?? hosted.value))
    return reporting(reports);
  // Both hold the answer as it came.
  const { providerState: _state, rawOutput: _raw, ...rest } = response;
  const hostedTools = response.hostedTools === undefined ? {} : { hostedTools: hosted.value };
  return { ...reporting(reports), response: { ...rest, message: said.value, ...hostedTools } };
}

export async function guardCall(
  { call, signal }: BeforeToolCallContext,
  plan: GuardrailsPlan,
): Promise<BeforeToolCallDecision> {
  const where = placeOf(call.name);
  const label = where === "output" ? where : labelOf(where, call.name);
  const objections = await objectionsTo(call, plan);
  const scanned = await scan(call.arguments, mapJson, {
    ...plan,
    signal,
    where,
    label,
    acts: ON_CALL,
  });
  const marked = blockedIn(call.arguments, mapJson);
  const reports = [...objections.map((objection) => reportOf(objection, label)), ...scanned.reports];
  const reasons = [
    ...objections.filter(({ action }) => action === "block").map(({ reason }) => reason),
    ...[...new Set([...scanned.blocked, ...marked])].map(
      (kind) => `its arguments hold what must not be sent: ${kind}`,
    ),
  ];
  if (reasons.length > 0)
    return { ...reporting(reports), deny: `blocked by a guardrail: ${reasons.join("; ")}` };
  const doubts = [
    ...objections.filter(({ action }) => action === "ask").map(({ reason }) => reason),
    ...scanned.asked.map((kind) => `its arguments hold: ${kind}`),
  ];
  return {
    ...reporting(reports),
    ...(scanned.value === call.arguments ? {} : { arguments: scanned.value }),
    ...(doubts.length === 0
      ? {}
      : { ask: `May ${call.name} be called? A guardrail has found that ${doubts.join("; ")}.` }),
  };
}

export async function guardResult(
  { call, result, error }: AfterToolCallContext,
  plan: GuardrailsPlan,
): Promise<AfterToolCallDecision> {
  const label = error?.code === "unknown_tool" ? "result" : labelOf("result", call.name);
  const options = { ...plan, where: "result", label, acts: ON_TEXT } as const;
  if (error !== undefined) {
    const { value, reports, blocked } = await scan(error.message, mapText, options);
    if (blocked.length > 0) return { ...reporting(reports), error: withheld("error", blocked) };
    return { ...reporting(reports), ...(value === error.message ? {} : { error: value }) };
  }
  if (result === undefined) return {};
  const { value, reports, blocked } = await scan(result, mapJson, options);
  if (blocked.length > 0) return { ...reporting(reports), error: withheld("result", blocked) };
  return { ...reporting(reports), ...(value === result ? {} : { result: value }) };
}

/** A message of the caller's: whose words it holds goes by its role. */
async function lookAt(message: Message, looking: Looking): Promise<Scanned<Message>> {
  if (message.role === "assistant") {
    const said = await lookAtAnswer(message, looking);
    return said.blocked.length === 0 ? said : { ...said, value: noted(message, said.blocked) };
  }
  const where: GuardrailPlace = message.role === "tool" ? "result" : "input";
  const scanned = await scan(message, mapWords, { ...looking, where, label: where, acts: ON_TEXT });
  return scanned.blocked.length === 0 ? scanned : { ...scanned, value: noted(message, scanned.blocked) };
}

async function lookAtAnswer(
  message: AssistantMessage,
  looking: Looking,
  declared: readonly string[] = [],
): Promise<Scanned<AssistantMessage>> {
  const said = await scan(message, mapSaid, { ...looking, where: "output", label: "output", acts: ON_TEXT });
  const reports = [...said.reports];
  const blocked = [...said.blocked];
  const content: AssistantPart[] = [];
  for (const part of said.value.content) {
    if (part.type !== "tool_call") {
      content.push(part);
      continue;
    }
    const where = placeOf(part.name);
    // A name that no tool has is the model's to make up, and may hold anything.
    const label = where === "output" || !declared.includes(part.name) ? where : labelOf(where, part.name);
    const call = await scan(part, mapArguments, { ...looking, where, label, acts: ON_TEXT });
    reports.push(...call.reports);
    if (where === "output") blocked.push(...call.blocked);
    content.push(call.value);
  }
  const isSame = content.every((part, at) => part === said.value.content[at]);
  return { ...said, reports, blocked, value: isSame ? said.value : { role: "assistant", content } };
}

/** A call in whose arguments something was blocked bears a note of it, also where another process goes on with the run. */
const BLOCKED = /\[blocked ([a-z][\w -]{0,60})\]/g;

function blockedIn<T>(value: T, walk: (value: T, rewrite: Rewrite) => T): readonly string[] {
  const kinds: string[] = [];
  walk(value, (text) => {
    for (const [, kind = ""] of text.matchAll(BLOCKED)) kinds.push(kind);
    return text;
  });
  return kinds;
}

const mapText = (text: string, rewrite: Rewrite): string => rewrite(text, "\n\n");

function mapHosted(runs: readonly HostedToolRun[], rewrite: Rewrite): readonly HostedToolRun[] {
  const mapped = runs.map((run) => {
    const input = run.input === undefined ? undefined : mapJson(run.input, rewrite);
    const output = run.output === undefined ? undefined : mapJson(run.output, rewrite);
    if (input === run.input && output === run.output) return run;
    return { ...run, ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
  });
  return mapped.every((run, at) => run === runs[at]) ? runs : mapped;
}

function noted(message: Message, kinds: readonly string[]): Message {
  return withNote(message, `[withheld by a guardrail: ${list(kinds)}]`);
}
