// Chat completions, on both bases: scope, rules, answer, and the answer's wire form.

import type { Question } from "../answers/question.ts";
import { playTurn } from "../answers/scripted.ts";
import type { Answer } from "../answers/source.ts";
import type { Turn } from "../answers/turn.ts";
import { refusal } from "../http/dispatch.ts";
import { type ErrorReply, errorReplies, notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { chatEvents } from "./chunks.ts";
import { completeTurn, completionObject } from "./completion.ts";
import { familyOf } from "./families.ts";
import { type ChatBody, parseChatBody, toQuestion } from "./request.ts";
import { breakRule } from "./rules.ts";

/** Both bases serve the same operation. */
export const chatRoutes: readonly Route[] = [
  {
    method: "POST",
    path: /^\/(openai\/v1|20231130\/actions\/v1)\/chat\/completions$/,
    credentials: ["signature", "api_key"],
    handle: chatCompletion,
  },
];

async function chatCompletion(call: Call, state: EmulatorState): Promise<Reply> {
  const outside = checkCompartment(call, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const parsed = parseChatBody(call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body } = parsed;
  const family = familyOf(body.model);
  if (!modelExists(body.model, state)) return refusal(notFound, `there is no model ${body.model}`);
  const broken = breakRule(body, family.name, state.strictness);
  if (broken !== undefined) return refusal(broken.error, `rule ${broken.rule} of family ${family.name}`);
  const question = toQuestion(parsed, call.principal, call.signal);
  const answer = await nextAnswer(question, state);
  if (answer.kind === "passthrough") {
    const { status, contentType, body: bytes } = answer.response;
    return { kind: "bytes", status, contentType, bytes, charged: paid(status) };
  }
  return replyTo(answer.turn, question, body, state);
}

/** Turns put in by `script()` go first, whatever the answer source is. */
async function nextAnswer(question: Question, state: EmulatorState): Promise<Answer> {
  const turn = state.script.take();
  if (turn !== undefined) return { kind: "turn", turn: await playTurn(turn, question) };
  return state.answers.answer(question);
}

const paid = (status: number): boolean => status >= 200 && status < 300;

function replyTo(turn: Turn, question: Question, body: ChatBody, state: EmulatorState): Reply {
  const wire = { ...state.wire, ...turn.wire };
  const { delayMs = 0, faults = [] } = turn;
  const common = { delayMs, faults, wire, headers: turn.headers ?? {} };
  if (turn.error !== undefined) {
    const error: ErrorReply = errorReplies[turn.error];
    const headers = { ...error.headers, ...turn.headers };
    return { ...common, kind: "body", status: error.status, body: error.body, headers, refusal: "scripted" };
  }
  const status = turn.status ?? 200;
  if (turn.body !== undefined || turn.status !== undefined) {
    return { ...common, kind: "body", status, body: turn.body ?? "", charged: paid(status) };
  }
  const family = familyOf(body.model);
  const completed = completeTurn({ ...turn, wire }, question, family, state.clock.now());
  if (!question.stream) {
    return { ...common, kind: "body", status, body: completionObject(completed), charged: true };
  }
  const events = chatEvents(completed, {
    includeUsage: body.stream_options?.include_usage === true,
    nullFinalDelta: family.nullFinalDelta,
    finish: !faults.some(({ type }) => type === "missing_finish"),
    done: wire.done ?? true,
  });
  return { ...common, kind: "events", status, events, charged: true };
}

/** Which compartment pays: the header's with a signature, the key's own with an API key. */
function checkCompartment(
  call: Call,
  state: EmulatorState,
): { readonly error: ErrorReply; readonly reason: string } | undefined {
  if (call.principal.kind === "api_key") return undefined;
  const compartment = call.request.headers.first("opc-compartment-id");
  if (!compartment) {
    return {
      error: ociError(400, "MissingParameter", "Missing required header: opc-compartment-id."),
      reason: "a signed request must name its compartment in opc-compartment-id",
    };
  }
  const { compartmentIds, tenancyId } = state.trust.current;
  if (compartmentIds.includes(compartment) || compartment === tenancyId) return undefined;
  return { error: notFound, reason: `compartment ${compartment} is not one of this emulator's` };
}

function modelExists(model: string, state: EmulatorState): boolean {
  if (state.models === "any") return true;
  return state.models?.includes(model) ?? familyOf(model).name !== "unknown";
}
