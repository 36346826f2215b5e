/** The value a tool returns to ask a person. A class with a private field: no tool output can pass for one. */
import { deepFreeze, isRecord } from "../json/json.ts";

/** A question to a person. */
export interface Question {
  readonly question: string;
  readonly options?: readonly string[];
}

/**
 * A question as it goes on record, whoever asks it.
 *
 * @throws TypeError where it is neither text nor `{ question, options? }` in text.
 */
export function readQuestion(asked: unknown, who: string): Question {
  if (typeof asked === "string") return deepFreeze({ question: asked });
  if (!isRecord(asked) || typeof asked.question !== "string") {
    throw new TypeError(`${who} asks with text, or with { question: text, options?: texts }`);
  }
  const { question, options } = asked;
  if (options === undefined) return deepFreeze({ question });
  if (!Array.isArray(options) || !options.every((option) => typeof option === "string")) {
    throw new TypeError(`${who} asks with options that are not a list of texts`);
  }
  return deepFreeze({ question, options: [...options] });
}

export class ToolInterrupt {
  readonly #question: Question;

  /** @throws TypeError for what is no question. */
  constructor(question: string | Question) {
    this.#question = readQuestion(question, "ctx.interrupt()");
  }

  static questionOf(value: unknown): Question | undefined {
    return typeof value === "object" && value !== null && #question in value ? value.#question : undefined;
  }

  /** Written as JSON it would be nothing, and its question be lost. */
  toJSON(): never {
    throw new TypeError(
      "ctx.interrupt() is inside of what was returned: return the interrupt itself, and nothing around it",
    );
  }
}
