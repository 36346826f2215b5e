/** What a user hands to `run()`, as messages. */
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isRecord } from "../json/json.ts";
import { repairTranscript } from "../messages/repair.ts";
import { contentSchema, describeIssues, parseMessages } from "../messages/schema.ts";
import type { AgentInput, Message, UserMessage } from "../messages/types.ts";

/** @throws ConfigurationError where it is neither text, nor content parts, nor messages, or nothing is left of it. */
export function readInput(input: AgentInput): readonly Message[] {
  if (typeof input === "string") return deepFreeze([{ role: "user", content: input }]);
  if (!Array.isArray(input) || input.length === 0) {
    throw new ConfigurationError(
      "the input must be text, a list of content parts, or a list of messages, and not empty",
    );
  }
  const first: unknown = input[0];
  if (!isRecord(first) || !("role" in first))
    return deepFreeze([{ role: "user", content: readParts(input) }]);
  const messages = repairTranscript(parseMessages(input));
  if (messages.length > 0) return messages;
  throw new ConfigurationError("the input holds nothing but tool messages that answer no call", {
    hint: "A tool message belongs behind the assistant message whose call it answers.",
  });
}

function readParts(input: unknown): UserMessage["content"] {
  const parsed = contentSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(`not a list of content parts: ${describeIssues(parsed.error)}`, {
    hint: 'Expected parts, such as { "type": "text", "text": "…" }, or messages, such as { "role": "user", "content": "…" }.',
  });
}
