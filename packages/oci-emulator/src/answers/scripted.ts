// Answers from a script: turns in order, each played as often as it says.
import { EmulatorError } from "../errors.ts";
import type { Question } from "./question.ts";
import type { Answer, AnswerSource } from "./source.ts";
import type { ScriptedTurn, Turn } from "./turn.ts";

const answerFields = ["text", "reasoning", "refusal", "toolCalls", "hosted", "failure"] as const;

/** Turns waiting to be played. */
export class ScriptQueue {
  readonly #waiting: { readonly turn: ScriptedTurn; times: number }[] = [];

  push(turns: readonly ScriptedTurn[]): void {
    for (const turn of turns) {
      const times = typeof turn === "function" ? 1 : (turn.times ?? 1);
      if (!Number.isInteger(times) || times < 1) {
        throw new EmulatorError("invalid_script", `A turn is to be played ${times} times.`, "Use 1 or more.");
      }
      this.#waiting.push({ turn, times });
    }
  }

  get size(): number {
    return this.#waiting.reduce((sum, { times }) => sum + times, 0);
  }

  /** The next turn. Taken at once, so that turns go to requests in the order of their arrival. */
  take(): ScriptedTurn | undefined {
    const [head] = this.#waiting;
    if (head === undefined) return undefined;
    head.times -= 1;
    if (head.times === 0) this.#waiting.shift();
    return head.turn;
  }

  /** The next turn if it says nothing that only a model could say: errors and faults are for any operation. */
  takeFault(): Turn | undefined {
    const turn = this.#waiting[0]?.turn;
    if (turn === undefined || typeof turn === "function" || answerFields.some((field) => field in turn)) {
      return undefined;
    }
    this.take();
    return turn;
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}

export async function playTurn(turn: ScriptedTurn, question: Question): Promise<Turn> {
  return typeof turn === "function" ? await turn(question) : turn;
}

/** What happens when a script has been played to its end. */
export interface ScriptedOptions {
  /**
   * `error` (default) answers 400 `ScriptExhausted`, `loop` starts again, and a source takes over from there on.
   */
  readonly afterwards?: "error" | "loop" | AnswerSource;
}

const exhausted = (played: number): Turn => ({
  status: 400,
  body: {
    code: "ScriptExhausted",
    message: `The script's ${played} turns have been played. Add a turn, or pass { afterwards: … } to scripted().`,
  },
});

/**
 * Answers by script, in order.
 *
 * @example
 * ```ts
 * import { scripted, startOciEmulator } from "@locus-sdk/oci-emulator";
 *
 * await using emulator = await startOciEmulator({
 *   answers: scripted([
 *     { toolCalls: [{ name: "get_weather", arguments: { city: "Chicago" } }] },
 *     (question) => ({ text: `The tool said ${question.messages.at(-1)?.text}` }),
 *     { error: "TooManyRequests", times: 2 },
 *   ]),
 * });
 * process.stdout.write(emulator.url);
 * ```
 */
export function scripted(turns: readonly ScriptedTurn[], options: ScriptedOptions = {}): AnswerSource {
  const { afterwards = "error" } = options;
  const queue = new ScriptQueue();
  queue.push(turns);
  const played = queue.size;
  const answer = async (question: Question): Promise<Answer> => {
    let turn = queue.take();
    if (turn === undefined && afterwards === "loop") {
      queue.push(turns);
      turn = queue.take();
    }
    if (turn === undefined && typeof afterwards === "object") return afterwards.answer(question);
    return { kind: "turn", turn: await playTurn(turn ?? exhausted(played), question) };
  };
  return {
    name: "scripted",
    answer,
    reset: () => {
      queue.clear();
      queue.push(turns);
      if (typeof afterwards === "object") afterwards.reset();
    },
  };
}
