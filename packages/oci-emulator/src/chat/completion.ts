// A completed turn as a chat completion object: the answer to a request without `stream`.
import { argumentsText, type Completed, idless, type TokenCounts, tagged } from "../answers/complete.ts";
import type { JsonObject } from "../json.ts";

export const chatUsage = ({ input, output, cached, reasoning }: TokenCounts): JsonObject => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

export function completionObject(id: string, answer: Completed): JsonObject {
  const inText = answer.toolDeltas === "text-tags" ? answer.toolCalls.map(tagged).join("\n") : "";
  const text = answer.text.join("") + inText;
  const reasoning = answer.reasoning.join("");
  const calls = inText === "" ? answer.toolCalls : [];
  return {
    id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && (calls.length > 0 || answer.refusal !== undefined) ? null : text,
          ...(answer.refusal === undefined ? {} : { refusal: answer.refusal }),
          ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map((call) => ({
                  ...(idless(answer.toolDeltas) ? {} : { id: call.id }),
                  type: "function",
                  function: { name: call.name, arguments: argumentsText(call, answer.toolDeltas) },
                })),
              }),
        },
        finish_reason: answer.finishReason,
      },
    ],
    usage: chatUsage(answer.tokens),
  };
}
