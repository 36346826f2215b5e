/** What a model's way of thinking turns out to be: learned from the server's refusal, which generates nothing. */
import { InvalidRequestError, type JsonObject, type ModelRequest } from "@locus-sdk/core";

/** `"switch"`: it thinks or it does not, and knows no levels. */
type Way = "none" | "switch";

const REFUSALS: readonly (readonly [says: RegExp, way: Way])[] = [
  [/does not support thinking/i, "none"],
  [/think value .* (?:is )?not supported/i, "switch"],
];

/** A body as the model takes it, and in words what of the request it went without. */
export interface FittedBody {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** What has been learned about one model. */
export class ThinkLessons {
  #way: Way | undefined;

  /** `body` with what is known; only an effort that a request asked for is let go of. */
  fit(body: JsonObject, { settings }: ModelRequest, modelId: string): FittedBody {
    const effort = settings?.reasoning?.effort;
    const { think, ...rest } = body;
    const unasked = effort === undefined || settings?.extraBody?.think !== undefined;
    if (this.#way === undefined || unasked || think === undefined || think === false) {
      return { body, warnings: [] };
    }
    if (this.#way === "none") {
      const told = `ollama model "${modelId}" does not think: reasoning effort "${effort}" was not sent`;
      return { body: rest, warnings: [told] };
    }
    if (typeof think !== "string") return { body, warnings: [] };
    const told = `ollama model "${modelId}" knows no levels of thinking: effort "${effort}" was sent as thinking`;
    return { body: { ...rest, think: true }, warnings: [told] };
  }

  /** What `error` says of the model's way, in words for a notice; nothing where it is about something else. */
  learn(error: unknown): string | undefined {
    if (!(error instanceof InvalidRequestError)) return undefined;
    const way = REFUSALS.find(([says]) => says.test(error.message))?.[1];
    if (way === undefined) return undefined;
    // A model that takes no level may yet turn out not to think at all.
    if (this.#way !== "none") this.#way = way;
    return way === "none"
      ? "thinking is refused: sending without it"
      : "levels of thinking are refused: sending without";
  }
}
