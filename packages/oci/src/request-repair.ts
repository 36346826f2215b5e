/** Requests rewritten for what some models refuse, beyond what a profile's data can say. Pure. */
import {
  InvalidRequestError,
  type Message,
  type ModelRequest,
  type SystemMessage,
  type UserPart,
} from "@locus-sdk/core";
import { toolsNeedNoEffort } from "./families.ts";

const hasTools = ({ tools }: ModelRequest): boolean => (tools ?? []).length > 0;

/** A request as it is sent, and in words what was asked for and is not in it. */
export interface RepairedRequest {
  readonly request: ModelRequest;
  readonly warning?: string;
}

/** Some models refuse tools unless told not to reason; told so, they work. */
export function withoutEffort(request: ModelRequest, modelId: string): RepairedRequest {
  if (!toolsNeedNoEffort(modelId) || !hasTools(request)) return { request };
  const { reasoning, ...settings } = request.settings ?? {};
  const extraBody = { reasoning_effort: "none", ...settings.extraBody };
  const repaired = { ...request, settings: { ...settings, extraBody } };
  const asked = reasoning?.effort;
  if (asked === undefined || asked === "none") return { request: repaired };
  return {
    request: repaired,
    warning: `"${modelId}" takes tools on chat completions only without reasoning: effort "${asked}" was not sent`,
  };
}

const INSTRUCTIONS = "system['\"`]? (?:messages?|prompts?|roles?|instructions?)";
const REFUSED =
  "not (?:yet |currently )?(?:supported|allowed|permitted|accepted)|cannot be used|can't be used|unsupported|(?:does|do) not (?:support|allow|accept)";
/** Instructions and a refusal in one clause, whichever comes first. */
const REFUSES_INSTRUCTIONS = new RegExp(
  `\\b${INSTRUCTIONS}\\b[^.;:]{0,60}\\b(?:${REFUSED})\\b|\\b(?:${REFUSED})\\b[^.;:]{0,60}\\b${INSTRUCTIONS}\\b`,
  "i",
);

/** Whether the service refused instructions beside tools, as it was seen to do with Llama, and there are both. */
export function refusesInstructions(error: unknown, request: ModelRequest): boolean {
  return (
    error instanceof InvalidRequestError &&
    error.status === 400 &&
    REFUSES_INSTRUCTIONS.test(error.message) &&
    hasTools(request) &&
    request.messages.some(({ role }) => role === "system")
  );
}

/** The request with its instructions put before the first thing the user said. */
export function withInstructionsFolded(request: ModelRequest): ModelRequest {
  if (!hasTools(request)) return request;
  const instructions = request.messages
    .filter((message): message is SystemMessage => message.role === "system")
    .map(({ content }) => content)
    .join("\n\n");
  const rest = request.messages.filter(({ role }) => role !== "system");
  if (instructions === "") return request;
  const first = rest.findIndex(({ role }) => role === "user");
  const messages: readonly Message[] =
    first < 0
      ? [{ role: "user", content: instructions }, ...rest]
      : rest.map((message, index) => (index === first ? prefixed(message, instructions) : message));
  return { ...request, messages };
}

function prefixed(message: Message, instructions: string): Message {
  if (message.role !== "user") return message;
  const { content } = message;
  if (typeof content === "string") return { role: "user", content: `${instructions}\n\n${content}` };
  const text: UserPart = { type: "text", text: instructions };
  return { role: "user", content: [text, ...content] };
}
