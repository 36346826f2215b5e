/** One question to a model, answered by an object: for judges, and for whoever needs a typed word beside a conversation. */
import { StructuredOutputError } from "../errors/errors.ts";
import { parseJson } from "../json/json.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import type { AssistantMessage, Message } from "../messages/types.ts";
import { readResponse } from "../model/response.ts";
import type { ChatModel, ModelResponse, ModelSettings, Usage } from "../model/types.ts";
import { addUsage, NO_USAGE } from "../state/usage.ts";
import { FINAL_ANSWER } from "./final-answer.ts";
import { meansOf, type OutputPlan, outputInstructions, outputRequest } from "./plan.ts";
import { readAnswer, type WrittenAnswer } from "./read-answer.ts";

export interface ObjectQuestion {
  /** What the model is, and how it is to answer. */
  readonly instructions: string;
  readonly question: string;
  readonly settings?: ModelSettings | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectAnswer {
  /** As the plan's schema makes it. */
  readonly value: unknown;
  /** Of every try. */
  readonly usage: Usage;
}

/** @throws StructuredOutputError once the plan's retries are used up; whatever the model throws. */
export async function askForObject(
  model: ChatModel,
  plan: OutputPlan,
  { instructions, question, settings, signal }: ObjectQuestion,
): Promise<ObjectAnswer> {
  const means = meansOf(plan, model, false);
  const system = [instructions, outputInstructions(plan, means)].filter((part) => part !== "").join("\n\n");
  let messages: readonly Message[] = [
    { role: "system", content: system },
    { role: "user", content: question },
  ];
  let usage = NO_USAGE;
  for (let rejections = 0; ; rejections++) {
    const answered = await model.complete({
      messages,
      ...outputRequest(plan, means, [], rejections > 0),
      ...(settings === undefined ? {} : { settings }),
      ...(signal === undefined ? {} : { signal }),
    });
    const response = readResponse(answered, `${model.provider}:${model.modelId}`);
    usage = addUsage(usage, response.usage);
    const read = await readAnswer(plan, writtenIn(response));
    if (read.ok) return { value: read.value.value, usage };
    if (rejections >= plan.retries) {
      throw new StructuredOutputError(
        `${model.provider}:${model.modelId} gave no answer that fits its schema: ${read.message}`,
        { hint: "Ask a model that follows schemas, or make the schema simpler." },
      );
    }
    messages = [...messages, ...correction(response.message, read.message)];
  }
}

function writtenIn({ message, stopReason }: ModelResponse): WrittenAnswer {
  const calls = toolCallsOf(message).filter(({ name }) => name === FINAL_ANSWER);
  if (calls.length > 0) return { calls: calls.map((call) => parseJson(call.arguments) ?? null) };
  return { text: messageText(message), isCutOff: stopReason === "length" };
}

/** The answer back, with what is wrong: each call answered, as providers want it. */
function correction(answer: AssistantMessage, wrong: string): readonly Message[] {
  const said = `That does not fit: ${wrong}. Answer again, so that it fits.`;
  const calls = toolCallsOf(answer);
  if (calls.length === 0) return [answer, { role: "user", content: said }];
  return [
    answer,
    ...calls.map(
      ({ id, name }): Message => ({ role: "tool", callId: id, name, content: said, isError: true }),
    ),
  ];
}
