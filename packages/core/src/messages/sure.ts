/** Messages that are surely what `messageSchema` takes: looked at where they come by at every turn. */
import { json, kindOf, listOf, objectOf, oneOf, type Sure, text, yes } from "../json/sure.ts";
import type {
  AssistantMessage,
  AssistantPart,
  AudioPart,
  FilePart,
  ImagePart,
  Message,
  ProviderPart,
  ReasoningPart,
  RefusalPart,
  SystemMessage,
  TextPart,
  ToolCallPart,
  ToolMessage,
  UserMessage,
  UserPart,
} from "./types.ts";

const textPart = objectOf<TextPart>({ type: oneOf({ text: "text" }), text }, {});
const imagePart = objectOf<ImagePart>(
  { type: oneOf({ image: "image" }) },
  { url: text, data: text, mediaType: text, detail: oneOf({ auto: "auto", low: "low", high: "high" }) },
);
const filePart = objectOf<FilePart>(
  { type: oneOf({ file: "file" }) },
  { data: text, url: text, fileId: text, mediaType: text, filename: text },
);
const audioPart = objectOf<AudioPart>({ type: oneOf({ audio: "audio" }), data: text, format: text }, {});
const reasoningPart = objectOf<ReasoningPart>(
  { type: oneOf({ reasoning: "reasoning" }), text },
  { id: text, signature: text, encrypted: text, author: text },
);
const toolCallPart = objectOf<ToolCallPart>(
  { type: oneOf({ tool_call: "tool_call" }), id: text, name: text, arguments: text },
  { providerId: text, hosted: yes },
);
const providerPart = objectOf<ProviderPart>(
  { type: oneOf({ provider: "provider" }), provider: text, item: json },
  { author: text },
);
const refusalPart = objectOf<RefusalPart>({ type: oneOf({ refusal: "refusal" }), text }, {});

const userParts = listOf(
  kindOf<"type", UserPart>("type", {
    text: textPart,
    image: imagePart,
    file: filePart,
    audio: audioPart,
  }),
);
const assistantParts = listOf(
  kindOf<"type", AssistantPart>("type", {
    text: textPart,
    reasoning: reasoningPart,
    tool_call: toolCallPart,
    provider: providerPart,
    refusal: refusalPart,
  }),
);

export const content: Sure<string | readonly UserPart[]> = (value): value is string | readonly UserPart[] =>
  typeof value === "string" || userParts(value);
export const assistantMessage: Sure<AssistantMessage> = objectOf<AssistantMessage>(
  { role: oneOf({ assistant: "assistant" }), content: assistantParts },
  {},
);
export const message: Sure<Message> = kindOf<"role", Message>("role", {
  system: objectOf<SystemMessage>({ role: oneOf({ system: "system" }), content: text }, {}),
  user: objectOf<UserMessage>({ role: oneOf({ user: "user" }), content }, { origin: text }),
  assistant: assistantMessage,
  tool: objectOf<ToolMessage>(
    { role: oneOf({ tool: "tool" }), callId: text, name: text, content },
    { isError: yes },
  ),
});
