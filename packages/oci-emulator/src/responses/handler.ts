// Creating a response: scope, body, rules, the thread it continues, the answer, and what is remembered of it.
import { completeTurn, newId } from "../answers/complete.ts";
import type { Question } from "../answers/question.ts";
import type { Turn } from "../answers/turn.ts";
import { refusal } from "../http/dispatch.ts";
import { errorReplies, notFound, openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { familyOf } from "../models/families.ts";
import { breakRule } from "../models/rules.ts";
import type { EmulatorState } from "../state.ts";
import type { Fault } from "../stream/wire.ts";
import { play, type TurnReply } from "../surface/play.ts";
import { checkCompartmentHeader, modelExists, type Refused, scopeOf } from "../surface/scope.ts";
import { responseEvents } from "./events.ts";
import { hostedTools } from "./hosted.ts";
import { finishedResponse, newResponse, outputsOf } from "./output.ts";
import { parseResponsesBody, toQuestion } from "./request.ts";
import { namedFiles, responsesRules } from "./rules.ts";
import { type Continued, continueThread } from "./thread.ts";

/** The path outside the OpenAI-compatible base: another gateway, with one family of models and no projects. */
export const isBarePath = (path: string): boolean => path.startsWith("/v1/");

export async function createResponse(call: Call, state: EmulatorState): Promise<Reply> {
  const bare = isBarePath(call.request.path);
  const outside = checkCompartmentHeader(call, state) ?? (bare ? checkBareBody(call) : undefined);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const scoped = scopeOf(call, state, !bare);
  if (!scoped.ok) return refusal(scoped.refused.error, scoped.refused.reason);
  const parsed = parseResponsesBody(call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body, source } = parsed;
  const family = familyOf(body.model);
  if (!modelExists(body.model, state) || (bare && !/^xai\.grok-.*multi-agent/.test(body.model))) {
    return refusal(notFound, `there is no model ${body.model}`);
  }
  const broken = breakRule(responsesRules, body, family.name, state.strictness);
  if (broken !== undefined) return refusal(broken.error, `rule ${broken.rule} of family ${family.name}`);
  const unknown = namedFiles(body).find(({ id }) => state.files.get(id, scoped.scope) === undefined);
  if (unknown !== undefined && state.strictness !== "off") {
    const error = openaiError(404, `No such File object: ${unknown.id}`, { param: unknown.param });
    return refusal(error, `there is no file ${unknown.id} in this project`);
  }
  const thread = continueThread(body, scoped.scope, state);
  if (!thread.ok) return refusal(thread.error, thread.reason);
  occupy(thread, call, state);
  const room = { state, scope: scoped.scope, compartmentId: compartmentOf(call) };
  const question: Question = {
    ...toQuestion(parsed, thread.items, call.principal, call.signal),
    hosted: hostedTools(thread.items, room),
  };
  const render = (turn: Turn, common: TurnReply): Reply => {
    const now = state.clock.now();
    const completed = completeTurn(turn, question, family, now);
    const secret = state.trust.current.issuerKey;
    const outputs = outputsOf({ turn, completed, body, family, secret });
    const store = body.store !== false && !state.settings.zeroDataRetention;
    const id = `resp_${newId()}`;
    const begun = newResponse(id, completed.created, body, source, thread.conversationId, store);
    const finished = finishedResponse(begun, outputs, completed, turn.failure);
    const background = body.background === true && !question.stream;
    const delayMs = background ? 0 : common.delayMs;
    const remember = (): void => {
      const output = outputs.map(({ item }) => item);
      if (store) {
        state.responses.put({
          id,
          scope: scoped.scope,
          createdMs: now.getTime(),
          input: thread.input,
          thread: { before: thread.before, items: [...thread.input, ...output] },
          object: finished,
          readyMs: background ? now.getTime() + common.delayMs : 0,
        });
      }
      if (thread.conversationId !== undefined && turn.failure === undefined) {
        state.conversations.update(thread.conversationId, ({ items }) => ({
          items: [...items, ...thread.input, ...output],
        }));
      }
    };
    if (!question.stream) {
      const object = background ? { ...begun, status: "queued" } : finished;
      return { ...common, delayMs, kind: "body", status: 200, body: object, charged: true, onSent: remember };
    }
    const { wire } = common;
    const events = responseEvents(begun, outputs, finished, {
      finish: !common.faults.some(({ type }) => type === "missing_finish"),
      shuffled: wire.sequence === "shuffled",
      onFinished: remember,
    });
    return {
      ...common,
      kind: "events",
      status: 200,
      events,
      charged: true,
      wire: { eventLines: true, ...wire },
      faults: common.faults.map(withErrorEvent),
    };
  };
  return play(question, state, render);
}

const compartmentOf = ({ principal, request }: Call): string =>
  principal.kind === "api_key"
    ? principal.compartmentId
    : (request.headers.first("opc-compartment-id") ?? "");

/** Responses have an error event of their own shape. */
function withErrorEvent(fault: Fault): Fault {
  if (fault.type !== "error_event" || fault.frame !== undefined) return fault;
  const frame = {
    type: "error",
    code: "server_error",
    message: "The model's stream was interrupted.",
    param: null,
    sequence_number: fault.after,
  };
  return { ...fault, frame };
}

/** The bare path's own gateway deserialises before anything else looks at the body. */
function checkBareBody(call: Call): Refused | undefined {
  const body = call.request.json();
  const fields: JsonObject = isJsonObject(body) ? body : {};
  if (fields.input === undefined) {
    return { error: errorReplies.UnprocessableText, reason: "the body has no input" };
  }
  if (fields.max_tokens === undefined) return undefined;
  const text = "Argument not supported: max_tokens";
  return {
    error: openaiError(400, text, { param: "max_tokens" }),
    reason: "max_tokens is of chat completions",
  };
}

function occupy(thread: Continued & { readonly ok: true }, call: Call, state: EmulatorState): void {
  const id = thread.conversationId;
  if (id !== undefined && state.conversations.occupy(id, call.signal)) {
    call.report("concurrent-conversation", `conversation ${id} is worked on by several responses at a time`);
  }
}
