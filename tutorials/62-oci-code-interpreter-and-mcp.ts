/*
 * 62. What OCI runs for an agent: Python in a container, and tools of an MCP server
 *
 * The code interpreter works on files in a container, without a network. MCP servers are called by OCI, and where you want
 * it so, not before a person has agreed.
 *
 *   pnpm tutorial 62
 *
 * Expect: a table in a container, and an agent that works out its totals with Python and saves them; the file, brought
 * home; an agent that asks before it calls a server, and goes on when it may; and one that may not. On OCI it needs a
 * project, OCI_PROJECT.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Agent, hostedTool, MemoryCheckpointer } from "locus-sdk";
import {
  createContainerWithFiles,
  createOciGenAI,
  downloadContainerFiles,
  OCIResponsesModel,
} from "locus-sdk/oci";

const genai = createOciGenAI();
const model = new OCIResponsesModel({
  model: "openai.gpt-oss-120b",
  include: ["code_interpreter_call.outputs"],
});

// ── A container with a file in it ────────────────────────────────────────────────────────────────────────────────

// 1 GB of the 64 that a tenancy has for all. If anything fails on the way, it is deleted again.
const sales = "month,units\nApril,17\nMay,12\nJune,31\n";
const container = await createContainerWithFiles(genai, {
  name: "tutorial 62",
  memoryLimit: "1g",
  files: [{ name: "sales.csv", data: sales }],
});
console.log(`in the container: ${container.files.map(({ path }) => path).join(", ")}`);

// ── An agent that computes ───────────────────────────────────────────────────────────────────────────────────────

// Models know the tool as "the python tool". The container is named, so that the file is there and stays there.
await using analyst = new Agent({
  model,
  systemPrompt: "Use the python tool for whatever is to be computed.",
  tools: [hostedTool.codeInterpreter({ container: container.id })],
});
analyst.on("hosted_tool", ({ name, status, input, output }) => {
  console.log(
    `  ${name}: ${status}, ran code: ${input !== undefined}, told what it printed: ${output !== undefined}`,
  );
});
console.log("an agent with Python:");
const result = await analyst.run(
  "Use the python tool: what is the sum of units in sales.csv? Save it as totals.txt.",
);
console.log(`  ${result.text}`);

// ── What it wrote ────────────────────────────────────────────────────────────────────────────────────────────────

// Names of files come from a model: whatever they are, nothing is written outside of the folder, nor over anything.
const directory = await mkdtemp(join(tmpdir(), "locus-results-"));
for (const { path, containerPath } of await downloadContainerFiles(genai, container.id, { directory })) {
  console.log(`brought home: ${containerPath} → ${basename(path)}: ${(await readFile(path, "utf8")).trim()}`);
}
// It would end by itself, after twenty idle minutes; its memory is free sooner so.
await genai.containers.delete(container.id);
await rm(directory, { recursive: true });

// ── A server's tools, with approval ──────────────────────────────────────────────────────────────────────────────

// OCI calls the server, over Streamable HTTP: it must be reachable from there. By default every call is asked about, and
// the question is an interrupt like any other: stored with the thread, answered now or next week, here or elsewhere.
const checkpointer = new MemoryCheckpointer();
const wiki = hostedTool.mcp({
  label: "deepwiki",
  url: "https://mcp.deepwiki.com/mcp",
  description: "Answers questions about public GitHub repositories.",
});
await using librarian = new Agent({ model, tools: [wiki], checkpointer });
librarian.on("hosted_tool", ({ name, status }) => console.log(`  ${name}: ${status}`));

const question = "Ask deepwiki for the structure of facebook/react.";
for (const approved of [true, false]) {
  const threadId = approved ? "yes" : "no";
  const asked = await librarian.run(question, { threadId });
  if (asked.interrupt === undefined) throw new Error("nothing was asked");
  console.log(`asked: ${asked.interrupt.question} (${asked.stopReason})`);
  const word = approved ? { approved } : { approved, reason: "not on a Sunday" };
  const answered = await librarian.resume(threadId, { [asked.interrupt.interruptId]: word });
  console.log(`${threadId}: ${answered.text}`);
}
