/** Conversations that the service keeps: one answer after the other, and what was said. */
import { ConfigurationError } from "@locus-sdk/core";
import { cancelled } from "@locus-sdk/openai";
import type OpenAI from "openai";
import type { ConversationItem } from "openai/resources/conversations/items";
import type {
  Response as ModelAnswer,
  ResponseCreateParamsNonStreaming,
} from "openai/resources/responses/responses";
import { conversationItem, modelAnswer, read } from "./answers.ts";
import { asked, listed, throwIfAborted, within } from "./service-error.ts";

/** What the model is asked; the conversation is told apart. */
export type ContinueParams = Omit<
  ResponseCreateParamsNonStreaming,
  "conversation" | "previous_response_id" | "stream"
>;

const PAGE = 100;
/** The last call of each conversation that has one under way. */
const turns = new Map<string, Promise<void>>();

const GONE_HINT =
  "It was deleted, has expired (a project keeps conversations for so many hours), or belongs to another project or region. Create another one; what was said in this one cannot be had back.";

/**
 * Asks a model in a conversation, and returns its answer. A conversation keeps every branch: calls for the same one are
 * made one after the other, in this process, each with what the one before it said.
 *
 * @throws ServerStateLostError where the service has no such conversation; typed errors where it refuses;
 *   CancelledError when the signal aborts, also while it waits for its turn.
 * @example
 * ```ts
 * import { continueConversation, createOciGenAI } from "@locus-sdk/oci";
 *
 * const genai = createOciGenAI();
 * const { id } = await genai.conversations.create({});
 * await continueConversation(genai, id, { model: "openai.gpt-oss-120b", input: "My name is Ada." });
 * const answer = await continueConversation(genai, id, { model: "openai.gpt-oss-120b", input: "Who am I?" });
 * process.stdout.write(`${answer.output_text}\n`);
 * ```
 */
export async function continueConversation(
  client: Pick<OpenAI, "responses">,
  conversationId: string,
  params: ContinueParams,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ModelAnswer> {
  checkId(conversationId);
  throwIfAborted(signal);
  const before = turns.get(conversationId) ?? Promise.resolve();
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  // One that leaves while it waits must not let the next one overtake those before it.
  const turn = before.then(() => over);
  turns.set(conversationId, turn);
  try {
    await unlessAborted(before, signal);
    const what = `an answer in conversation ${conversationId}`;
    const told = { what, modelId: params.model ?? "", signal, goesOn: true, missingHint: GONE_HINT };
    const answer = await asked(told, () =>
      client.responses.create({ ...params, conversation: conversationId }, within(signal)),
    );
    read(what, modelAnswer, answer);
    return answer;
  } finally {
    end();
    void turn.then(() => {
      if (turns.get(conversationId) === turn) turns.delete(conversationId);
    });
  }
}

/**
 * What was said in a conversation, the oldest first, page by page as it is read.
 *
 * @throws ServerStateLostError where the service has no such conversation; typed errors where it refuses.
 * @example
 * ```ts
 * import { conversationHistory, createOciGenAI } from "@locus-sdk/oci";
 *
 * for await (const item of conversationHistory(createOciGenAI(), "conv_1")) process.stdout.write(`${item.type}\n`);
 * ```
 */
export async function* conversationHistory(
  client: Pick<OpenAI, "conversations">,
  conversationId: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ConversationItem, void> {
  checkId(conversationId);
  const { items } = client.conversations;
  const told = { what: `conversation ${conversationId}`, signal, goesOn: true, missingHint: GONE_HINT };
  yield* listed(told, conversationItem, (from) =>
    items.list(conversationId, { order: "asc", limit: PAGE, ...from }, within(signal)),
  );
}

function checkId(conversationId: string): void {
  if (typeof conversationId === "string" && conversationId !== "") return;
  throw new ConfigurationError("a conversation's id must be text, and not empty");
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  throwIfAborted(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(cancelled(signal));
  signal.addEventListener("abort", leave, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
