/** The result of a tool as one message, whatever form its output has. */
import type { LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart } from "@ai-sdk/provider";
import type { ChatModel, ToolMessage, UserPart } from "@locus-sdk/core";
import { filePartFrom } from "./file.ts";
import type { Warn } from "./warn.ts";

const DENIED = "The call was not made: the user did not allow it.";

export function toolMessageFrom(
  { toolCallId, toolName, output }: LanguageModelV4ToolResultPart,
  model: ChatModel,
  warn: Warn,
): ToolMessage {
  return { role: "tool", callId: toolCallId, name: toolName, ...outputFrom(output, model, warn) };
}

function outputFrom(
  output: LanguageModelV4ToolResultOutput,
  model: ChatModel,
  warn: Warn,
): Pick<ToolMessage, "content" | "isError"> {
  switch (output.type) {
    case "text":
      return { content: output.value };
    case "json":
      return { content: JSON.stringify(output.value) };
    case "error-text":
      return { content: output.value, isError: true };
    case "error-json":
      return { content: JSON.stringify(output.value), isError: true };
    case "execution-denied":
      return { content: output.reason ?? DENIED, isError: true };
    case "content":
      return {
        content: output.value.flatMap((part): readonly UserPart[] => {
          if (part.type === "text") return [{ type: "text", text: part.text }];
          if (part.type === "file") return [filePartFrom(part, model, warn)];
          warn("custom parts of tool results", "they are another provider's, and were left out");
          return [];
        }),
      };
  }
}
