/** Turns of the conformance suite as the emulator's script. */
import type { ChatModelTurn } from "@locus-sdk/core/testing";
import type { OciEmulator, ScriptedTurn, Turn } from "@locus-sdk/oci-emulator";

/** OCI's envelope for a status. */
const CODES = {
  401: "NotAuthenticated",
  404: "NotAuthorizedOrNotFound",
  429: "TooManyRequests",
  500: "InternalServerError",
};

function scripted(turn: ChatModelTurn): ScriptedTurn {
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return { status, body: { code: CODES[status], message } };
  }
  const answer: Turn = {
    ...(turn.text !== undefined && { text: turn.text }),
    ...(turn.reasoning !== undefined && { reasoning: turn.reasoning }),
    ...(turn.toolCalls !== undefined && { toolCalls: turn.toolCalls }),
    ...(turn.usage !== undefined && { usage: turn.usage }),
    ...(turn.stopReason !== undefined && { finishReason: turn.stopReason }),
    ...(turn.truncated === true && { faults: [{ type: "truncate", after: 4 }] }),
  };
  if (turn.slow !== true) return answer;
  return ({ stream }) =>
    stream ? { ...answer, wire: { writes: "event", delayMs: 100 } } : { ...answer, delayMs: 5_000 };
}

/** The last turn goes to every request after it. */
export function play(emulator: OciEmulator, turns: readonly ChatModelTurn[]): void {
  const last = turns.at(-1);
  const played = turns.map(scripted);
  const forever = Array.from({ length: 20 }, () => (last === undefined ? {} : scripted(last)));
  emulator.script(...played, ...forever);
}
