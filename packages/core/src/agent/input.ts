/** What a user hands to `run()`, as messages. */
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isRecord } from "../json/json.ts";
import { repairTranscript } from "../messages/repair.ts";
import { parseMessages } from "../messages/schema.ts";
import type { AgentInput, Message } from "../messages/types.ts";

/** @throws ConfigurationError where it is neither text, nor content parts, nor messages. */
export function readInput(input: AgentInput): readonly Message[] {
  if (typeof input === "string") return deepFreeze([{ role: "user", content: input }]);
  if (!Array.isArray(input) || input.length === 0) {
    throw new ConfigurationError(
      "the input must be text, a list of content parts, or a list of messages, and not empty",
    );
  }
  const first: unknown = input[0];
  const messages = isRecord(first) && "role" in first ? input : [{ role: "user", content: input }];
  return repairTranscript(parseMessages(messages));
}
