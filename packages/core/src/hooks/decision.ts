/** What a hook decided, checked before it is followed: what does not fit is met as if the hook had thrown. */
import { stopReasonSchema, usage as usageSchema } from "../events/parts.ts";
import { deepFreeze, isRecord, type JsonValue, toJson } from "../json/json.ts";
import { repairTranscript } from "../messages/repair.ts";
import { parseMessages } from "../messages/schema.ts";
import type { Message } from "../messages/types.ts";
import { readResponse } from "../model/response.ts";
import type { ModelRequest, Usage } from "../model/types.ts";
import { readJsonObject } from "../options/check.ts";
import { readQuestion } from "../tool/interrupt.ts";
import type {
  AfterModelCallDecision,
  AfterToolCallDecision,
  BeforeInterruptDecision,
  BeforeModelCallDecision,
  BeforeRunDecision,
  BeforeToolCallDecision,
  EndRun,
  GuardrailReport,
} from "./types.ts";

type Members = Required<
  BeforeRunDecision &
    BeforeModelCallDecision &
    AfterModelCallDecision &
    BeforeToolCallDecision &
    AfterToolCallDecision &
    BeforeInterruptDecision
>;

/** Members that are absent are `undefined`; for these, `null` is a value like any other. */
const MAY_BE_NULL = ["arguments", "result"];

const READERS: { readonly [Name in keyof Members]: (value: unknown) => Members[Name] | undefined } = {
  input: readInput,
  end: readEnd,
  request: readRequest,
  response: (value) => readResponse(value, "the hook"),
  retry: readRetry,
  arguments: readJson,
  result: readJson,
  error: (value) => readText("error", value),
  guardrails: readReports,
  deny: (value) => readText("deny", value),
  metadata: (value) => readJsonObject("metadata", value),
  ask: (value) => readQuestion(value, "the hook"),
  answers: (value) => readJsonObject("answers", value),
  question: (value) => readText("question", value),
  options: (value) => readQuestion({ question: "", options: value }, "the hook").options,
};

/**
 * The decision with every member as its type says, as copies of its own.
 *
 * @throws TypeError or a `LocusError` that says what does not fit.
 */
export function readDecision<Decision extends object>(made: Decision): Decision {
  const given = new Map(Object.entries(made));
  const read = Object.entries(READERS)
    .filter(([name]) => given.has(name))
    .map(([name, reader]): readonly [string, unknown] => {
      const value = given.get(name);
      const absent = value === undefined || (value === null && !MAY_BE_NULL.includes(name));
      return [name, absent ? undefined : reader(value)];
    });
  return { ...made, ...Object.fromEntries(read) };
}

/** By the rule for input of the caller's. */
function readInput(value: unknown): readonly Message[] {
  const parsed = parseMessages(value);
  const messages = repairTranscript(parsed);
  if (messages.length > 0 || parsed.length === 0) return messages;
  throw new TypeError("the input holds nothing but tool messages that answer no call");
}

function readEnd(value: unknown): EndRun {
  if (!isRecord(value)) throw new TypeError("end must be { reason, text?, detail? }");
  const reason = stopReasonSchema.safeParse(value.reason);
  if (!reason.success)
    throw new TypeError(`end.reason is no reason that a run ends for: ${reason.error.issues[0]?.message}`);
  if (reason.data === "interrupted") {
    throw new TypeError(
      'end.reason must not be "interrupted": no question would be open, and nothing could resume it',
    );
  }
  const { text, detail } = value;
  return {
    reason: reason.data,
    ...(text === undefined ? {} : { text: readText("end.text", text) }),
    ...(detail === undefined ? {} : { detail: readText("end.detail", detail) }),
  };
}

/** Not on record, and the model's to judge: only what no model could read is refused. */
function readRequest(value: unknown): ModelRequest {
  if (isRequest(value)) return value;
  throw new TypeError("request must be a ModelRequest, with its messages");
}

function isRequest(value: unknown): value is ModelRequest {
  return typeof value === "object" && value !== null && "messages" in value && Array.isArray(value.messages);
}

function readRetry(value: unknown): Members["retry"] | undefined {
  if (value === true) return true;
  if (value === false) return undefined;
  const delayMs = isRecord(value) ? value.delayMs : undefined;
  if (typeof delayMs === "number" && Number.isFinite(delayMs) && delayMs >= 0) return { delayMs };
  throw new TypeError("retry must be true or { delayMs: milliseconds from 0 }");
}

function readReports(value: unknown): readonly GuardrailReport[] {
  if (!Array.isArray(value))
    throw new TypeError("guardrails must be a list of { detector, action, where, detail?, usage? }");
  return value.map((report: unknown) => {
    if (!isRecord(report))
      throw new TypeError("a guardrail report must be { detector, action, where, detail?, usage? }");
    const { detector, action, where, detail, usage } = report;
    return {
      detector: readText("detector", detector),
      action: readText("action", action),
      where: readText("where", where),
      ...(detail === undefined ? {} : { detail: readText("detail", detail) }),
      ...(usage === undefined ? {} : { usage: readUsage(usage) }),
    };
  });
}

function readUsage(value: unknown): Usage {
  const read = usageSchema.safeParse(value);
  if (read.success) return deepFreeze(read.data);
  throw new TypeError("usage must be { inputTokens, outputTokens, totalTokens, … }");
}

function readText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name} must be text, not ${typeof value}`);
}

/** As with a tool's own result: what JSON makes of it. */
function readJson(value: unknown): JsonValue {
  return deepFreeze(toJson(value));
}
