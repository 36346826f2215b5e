/** Reading answers in tests. */
import type { ModelResponse, ModelStreamPart } from "@locus-sdk/core";

/** The text of an answer. */
export const textOf = ({ message }: ModelResponse): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");

/** Reads a stream to its finish. */
export async function streamed(
  parts: AsyncIterable<ModelStreamPart>,
): Promise<{ text: string; response: ModelResponse }> {
  let text = "";
  for await (const part of parts) {
    if (part.type === "text_delta") text += part.text;
    if (part.type === "finish") return { text, response: part.response };
  }
  throw new Error("no finish");
}
