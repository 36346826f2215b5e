// Chat completions, on both bases: scope, rules, answer, and the answer's wire form.
import { completeTurn, newId } from "../answers/complete.ts";
import type { Turn } from "../answers/turn.ts";
import { refusal } from "../http/dispatch.ts";
import { notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import { familyOf } from "../models/families.ts";
import { breakRule } from "../models/rules.ts";
import type { EmulatorState } from "../state.ts";
import { play, type TurnReply } from "../surface/play.ts";
import { checkCompartmentHeader, modelExists } from "../surface/scope.ts";
import { chatEvents } from "./chunks.ts";
import { completionObject } from "./completion.ts";
import { parseChatBody, toQuestion } from "./request.ts";
import { chatRules } from "./rules.ts";

/** Both bases serve the same operation, and so does a model deployment. */
export const chatRoutes: readonly Route[] = [
  {
    method: "POST",
    path: /^\/(openai\/v1|20231130\/actions\/v1)\/chat\/completions$/,
    credentials: ["signature", "api_key"],
    handle: (call, state) => {
      const outside = checkCompartmentHeader(call, state);
      return outside === undefined ? chatCompletion(call, state) : refusal(outside.error, outside.reason);
    },
  },
  {
    // A Data Science model deployment: a container of one's own, which knows neither compartments nor API keys.
    method: "POST",
    path: /^\/ocid1\.datasciencemodeldeployment\.[^/]+\/predict\/v1\/chat\/completions$/,
    credentials: ["signature"],
    handle: (call, state) => chatCompletion(call, { ...state, models: "any" }),
  },
];

async function chatCompletion(call: Call, state: EmulatorState): Promise<Reply> {
  const parsed = parseChatBody(call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body } = parsed;
  const family = familyOf(body.model);
  if (!modelExists(body.model, state)) return refusal(notFound, `there is no model ${body.model}`);
  const broken = breakRule(chatRules, body, family.name, state.strictness);
  if (broken !== undefined) return refusal(broken.error, `rule ${broken.rule} of family ${family.name}`);
  const question = toQuestion(parsed, call.principal, call.signal);
  const render = (turn: Turn, common: TurnReply): Reply => {
    const completed = completeTurn(turn, question, family, state.clock.now());
    const id = `chatcmpl-${newId()}`;
    if (!question.stream) {
      if (turn.failure !== undefined) {
        return { ...common, kind: "body", ...ociError(500, turn.failure.code, turn.failure.message) };
      }
      return { ...common, kind: "body", status: 200, body: completionObject(id, completed), charged: true };
    }
    const events = chatEvents(completed, {
      id,
      includeUsage: body.stream_options?.include_usage === true,
      nullFinalDelta: family.nullFinalDelta,
      finish: !common.faults.some(({ type }) => type === "missing_finish"),
      done: common.wire.done ?? true,
      failure: turn.failure,
    });
    return { ...common, kind: "events", status: 200, events, charged: true };
  };
  return play(question, state, render);
}
