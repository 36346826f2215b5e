/*
 * 61. Conversations on OCI: kept by the service, gone on with by id
 *
 * A conversation is a thing of its own on OCI: it has an id, holds what was said, and outlives your process. Whoever knows the
 * id can ask on, read it and delete it.
 *
 *   pnpm tutorial 61
 *
 * Expect: questions asked at once and answered in turn; what was said, item by item; an agent that goes on in the same
 * conversation; another process that knows nothing but its id; and what happens when it is gone. On OCI it needs a project,
 * OCI_PROJECT.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Agent, ServerStateLostError } from "locus-sdk";
import { continueConversation, conversationHistory, createOciGenAI, OCIResponsesModel } from "locus-sdk/oci";

const model = "openai.gpt-oss-120b";
const genai = createOciGenAI();
const [given] = process.argv.slice(2);
if (given === undefined) await here();
else await there(given);

/** The other process: an id is all that it has. */
async function there(conversation: string): Promise<void> {
  const { output_text } = await continueConversation(genai, conversation, {
    model,
    input: "What is my name?",
  });
  console.log(`another process: ${output_text}`);
}

async function here(): Promise<void> {
  // ── Created, and asked ───────────────────────────────────────────────────────────────────────────────────────────

  const { id } = await genai.conversations.create({ metadata: { topic: "tutorial 61" } });
  const ask = (input: string) => continueConversation(genai, id, { model, input });

  // The service would take both at once and keep two branches. Calls of one process wait for each other.
  const [, answer] = await Promise.all([ask("My name is Ada."), ask("What is my name?")]);
  console.log(`asked at once: ${answer.output_text}`);

  // ── Read ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  // Page by page, the oldest first.
  for await (const item of conversationHistory(genai, id)) {
    if (item.type !== "message") continue;
    const text = item.content.map((part) => ("text" in part ? part.text : `[${part.type}]`)).join(" ");
    console.log(`  ${item.role}: ${text}`);
  }

  // ── An agent in it ───────────────────────────────────────────────────────────────────────────────────────────────

  // Its thread is its own, and begins here; the conversation it speaks in is the one above, which is why it knows the name.
  await using agent = new Agent({
    model: new OCIResponsesModel({ model, history: "conversation", conversation: id }),
    systemPrompt: "Keep answers short.",
  });
  const run = await agent.run("What is my name?", { threadId: "ada" });
  console.log(`an agent: ${run.text}`);
  await agent.run("My favourite city is Oslo.", { threadId: "ada" });
  const again = await agent.run("What is my favourite city?", { threadId: "ada" });
  console.log(`the agent again: ${again.text}`);

  // ── Another process ──────────────────────────────────────────────────────────────────────────────────────────────

  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), id]);
  process.stdout.write(stdout);

  let items = 0;
  for await (const _ of conversationHistory(genai, id)) items++;
  console.log(`all of it is in one conversation: ${items} items`);

  // ── Gone ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  await genai.conversations.delete(id);
  try {
    await ask("What is my name?");
  } catch (error) {
    if (!(error instanceof ServerStateLostError)) throw error;
    console.log(`deleted: ${error.name}; ${error.hint?.split(".")[0]}.`);
  }
  // The agent's thread is still there, and is sent into a new conversation: it knows what it was told itself.
  agent.on("retry", ({ what }) => console.log(`  retry: ${what}`));
  const after = await agent.run("What is my favourite city?", { threadId: "ada" });
  console.log(`the agent, all the same: ${after.text}`);
}
