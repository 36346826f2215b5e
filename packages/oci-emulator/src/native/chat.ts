// Native chat: who serves it, whether the body is allowed, the answer, and its form in the request's format.
import { type Completed, completeTurn } from "../answers/complete.ts";
import type { Question } from "../answers/question.ts";
import type { Turn } from "../answers/turn.ts";
import { refusal } from "../http/dispatch.ts";
import { ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import { familyOf } from "../models/families.ts";
import { breakRule } from "../models/rules.ts";
import type { EmulatorState } from "../state.ts";
import type { StreamEvent } from "../stream/events.ts";
import { play, type TurnReply } from "../surface/play.ts";
import { cohereFormat } from "./cohere.ts";
import { cohereV2Format } from "./cohere-v2.ts";
import type { Asked, FrameOptions } from "./format.ts";
import { genericFormat } from "./generic.ts";
import { type ChatRequest, chatDetails, parseNative } from "./request.ts";
import { nativeRules } from "./rules.ts";
import { checkNativeScope } from "./scope.ts";
import { findServing } from "./serving.ts";

/** A request with everything that depends on its format. */
interface Spoken {
  readonly asked: Asked;
  response(answer: Completed): JsonObject;
  frames(answer: Completed, options: FrameOptions): Generator<StreamEvent>;
}

function speak(request: ChatRequest): Spoken {
  switch (request.apiFormat) {
    case "GENERIC":
      return {
        asked: genericFormat.read(request),
        response: (answer) => genericFormat.response(answer, request),
        frames: (answer, options) => genericFormat.frames(answer, request, options),
      };
    case "COHERE":
      return {
        asked: cohereFormat.read(request),
        response: (answer) => cohereFormat.response(answer, request),
        frames: (answer, options) => cohereFormat.frames(answer, request, options),
      };
    case "COHEREV2":
      return {
        asked: cohereV2Format.read(request),
        response: (answer) => cohereV2Format.response(answer, request),
        frames: (answer, options) => cohereV2Format.frames(answer, request, options),
      };
  }
}

export async function nativeChat(call: Call, state: EmulatorState): Promise<Reply> {
  const parsed = parseNative(chatDetails, call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body, source } = parsed;
  const outside = checkNativeScope("chat", body.compartmentId, source, call, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const serving = findServing(body.servingMode, state);
  if (!serving.ok) return refusal(serving.refused.error, serving.refused.reason);
  const { model, streaming } = serving;
  const request = body.chatRequest;
  const family = familyOf(model);
  const broken = breakRule(nativeRules, { model, request, streaming }, family.name, state.strictness);
  if (broken !== undefined) return refusal(broken.error, `rule ${broken.rule} of family ${family.name}`);
  const spoken = speak(request);
  const question: Question = {
    surface: "native",
    model,
    family: family.name,
    ...spoken.asked,
    stream: request.isStream === true,
    principal: call.principal,
    body: source,
    signal: call.signal,
  };
  const render = (turn: Turn, common: TurnReply): Reply => {
    const completed = completeTurn(turn, question, family, state.clock.now());
    if (!question.stream) {
      if (turn.failure !== undefined) {
        return { ...common, kind: "body", ...ociError(500, turn.failure.code, turn.failure.message) };
      }
      const result = { modelId: model, modelVersion: "1.0", chatResponse: spoken.response(completed) };
      return { ...common, kind: "body", status: 200, body: result, charged: true };
    }
    const frames = spoken.frames(completed, {
      includeUsage: request.streamOptions?.isIncludeUsage === true,
      finish: !common.faults.some(({ type }) => type === "missing_finish"),
      failure: turn.failure,
    });
    const { wire } = common;
    const events = withDone(frames, wire.done ?? family.nativeDone);
    return { ...common, kind: "events", status: 200, events, charged: true, wire: { pad: true, ...wire } };
  };
  return play(question, state, render);
}

function* withDone(frames: Generator<StreamEvent>, done: boolean): Generator<StreamEvent> {
  yield* frames;
  if (done) yield { data: "[DONE]" };
}
