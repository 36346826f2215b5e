// From a question to its answer, whatever the surface: scripts first, then the answer source; errors need no surface.
import type { Question } from "../answers/question.ts";
import { playTurn } from "../answers/scripted.ts";
import type { Turn } from "../answers/turn.ts";
import { errorReplies } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { JsonValue } from "../json.ts";
import type { EmulatorState } from "../state.ts";

/** What every reply made from a turn carries. */
export type TurnReply = Required<Pick<Reply, "delayMs" | "faults" | "wire" | "headers">>;

/** Answers a question; `render` gives the turn the surface's form. */
export async function play(
  question: Question,
  state: EmulatorState,
  render: (turn: Turn, common: TurnReply) => Reply,
): Promise<Reply> {
  const scripted = state.script.take();
  // Turns put in by `script()` go first, whatever the answer source is.
  const answer =
    scripted === undefined
      ? await state.answers.answer(question)
      : { kind: "turn" as const, turn: await playTurn(scripted, question) };
  if (answer.kind === "passthrough") {
    const { status, contentType, body: bytes } = answer.response;
    return { kind: "bytes", status, contentType, bytes, charged: paid(status) };
  }
  return replyTo(answer.turn, state, render);
}

/** Answers an operation that needs no model: the script has a say only if its next turn is an error or a fault. */
export function operate(state: EmulatorState, body: JsonValue): Reply {
  const turn = state.script.takeFault() ?? {};
  return replyTo(turn, state, (_, common) => ({ ...common, kind: "body", status: 200, body }));
}

function replyTo(turn: Turn, state: EmulatorState, render: (turn: Turn, common: TurnReply) => Reply): Reply {
  const wire = { ...state.wire, ...turn.wire };
  const { delayMs = 0, faults = [], headers = {} } = turn;
  const common = { delayMs, faults, wire, headers };
  if (turn.error !== undefined) {
    const { status, body, headers: own } = errorReplies[turn.error];
    return { ...common, kind: "body", status, body, headers: { ...own, ...headers }, refusal: "scripted" };
  }
  if (turn.body !== undefined || turn.status !== undefined) {
    const status = turn.status ?? 200;
    return { ...common, kind: "body", status, body: turn.body ?? "", charged: paid(status) };
  }
  return render({ ...turn, wire }, common);
}

const paid = (status: number): boolean => status >= 200 && status < 300;
