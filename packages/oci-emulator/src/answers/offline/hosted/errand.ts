// What a hosted tool is asked, and what it answers.
import type { ErrorReply } from "../../../http/envelopes.ts";
import type { JsonObject } from "../../../json.ts";
import type { HostedTools, Question } from "../../question.ts";

/** Output items, and what there is to say of them; nothing is said where the client has the word. */
export interface Finding {
  readonly items: readonly JsonObject[];
  readonly text?: string;
  readonly annotations?: readonly JsonObject[];
  /** The request ends with this instead. */
  readonly error?: ErrorReply;
}

/** A question that a hosted tool is to answer. */
export interface Errand {
  readonly question: Question;
  readonly hosted: HostedTools;
  readonly prompt: string;
  /** The tool as the request offers it. */
  readonly tool: JsonObject;
  /** The tool is run whether it has to do with the prompt or not. */
  readonly forced: boolean;
}
