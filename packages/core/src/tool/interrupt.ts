/** The value a tool returns to ask a person. A class with a private field: no tool output can pass for one. */
/** A question to a person, asked from inside a tool. */
export interface Question {
  readonly question: string;
  readonly options?: readonly string[];
}

export class ToolInterrupt {
  readonly #question: Question;

  constructor(question: string | Question) {
    this.#question = typeof question === "string" ? { question } : question;
  }

  static questionOf(value: unknown): Question | undefined {
    return typeof value === "object" && value !== null && #question in value ? value.#question : undefined;
  }
}
