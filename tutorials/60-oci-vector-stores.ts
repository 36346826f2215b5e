/*
 * 60. Vector stores on OCI: a folder of documents that an agent looks things up in
 *
 * OCI cuts files into passages, embeds them and searches them. What is left to you is to get the files in, to know when they
 * are in, and to keep the store and the folder the same. That is one call, which may be killed and called again.
 *
 *   pnpm tutorial 60
 *
 * Expect: a folder uploaded with its progress; the same again, where only what has changed is sent; a search, with a filter;
 * an agent that answers from the files, and says from which; and everything deleted again. On OCI it needs a project,
 * OCI_PROJECT.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, hostedTool } from "locus-sdk";
import { createOciGenAI, OCIResponsesModel, pathOfUpload, uploadFolder } from "locus-sdk/oci";

// ── A handbook ───────────────────────────────────────────────────────────────────────────────────────────────────

const directory = await mkdtemp(join(tmpdir(), "locus-handbook-"));
const handbook: Readonly<Record<string, string>> = {
  "leave.md":
    "Leave: everybody has thirty days of leave a year. Ten of them may be taken into the next year.",
  "travel/hotels.md":
    "Hotels: in Oslo a night may cost 1,800 NOK, in Lima 400 PEN. Breakfast is not included.",
  "travel/trains.md":
    "Trains: below four hours, take the train. First class is for journeys of more than two hours.",
  "laptops.md": "Laptops: a laptop is replaced after four years, or when it falls into the sea.",
};
await mkdir(join(directory, "travel"));
for (const [path, text] of Object.entries(handbook)) await writeFile(join(directory, path), `${text}\n`);

// ── Into a vector store ──────────────────────────────────────────────────────────────────────────────────────────

const genai = createOciGenAI();
const store = await genai.vectorStores.create({
  name: "tutorial 60",
  // Whatever happens to this tutorial, the store does not outlive the week.
  expires_after: { anchor: "last_active_at", days: 7 },
});

// The folder becomes the store. What was done is noted in the folder: a call that was killed is simply made again.
const upload = () =>
  uploadFolder(genai, {
    vectorStoreId: store.id,
    directory,
    include: ["*.md", "**/*.md"],
    // For searches to filter by. The file's path is among the attributes anyway.
    attributes: (path) => ({ topic: path.startsWith("travel/") ? "travel" : "office" }),
    removeMissing: true,
    waitForIngestion: { pollMs: 200 },
    onProgress: ({ phase, doneFiles, totalFiles }) => {
      if (doneFiles === totalFiles) console.log(`  ${phase}: ${doneFiles} of ${totalFiles}`);
    },
  });
console.log("first upload:");
const first = await upload();
console.log(`  uploaded ${first.uploaded}, failed ${first.failed}, ${first.bytes} bytes`);

// One file changes, one goes. Nothing else is sent, and the store never lacks the one that changed.
await writeFile(join(directory, "leave.md"), "Leave: everybody has thirty-one days of leave a year.\n");
await rm(join(directory, "laptops.md"));
console.log("second upload:");
for (const { path, status } of (await upload()).files) console.log(`  ${path}: ${status}`);

// ── Searched by hand ─────────────────────────────────────────────────────────────────────────────────────────────

const { data: passages } = await genai.vectorStores.search(store.id, {
  query: "What may a hotel in Oslo cost?",
  filters: { type: "eq", key: "topic", value: "travel" },
  max_num_results: 3,
});
for (const { filename, content } of passages.slice(0, 1)) {
  // On the service a file has a name that tells its path and its version.
  console.log(`found in ${pathOfUpload(filename)}: ${content[0]?.text.trim()}`);
}

// ── Searched by an agent ─────────────────────────────────────────────────────────────────────────────────────────

// The search runs on OCI, as a part of the answer; the agent sees that it did, and what it found.
await using agent = new Agent({
  model: new OCIResponsesModel({ model: "openai.gpt-oss-120b", include: ["file_search_call.results"] }),
  systemPrompt: "Answer from the handbook, and keep it short.",
  tools: [hostedTool.fileSearch({ vectorStoreIds: [store.id], maxResults: 3 })],
});
agent.on("hosted_tool", ({ name, status }) => console.log(`  ${name}: ${status}`));
console.log("an agent:");
for (const question of ["How many days of leave are there?", "When should I take the train?"]) {
  const { text } = await agent.run(question, { threadId: "handbook" });
  // A model quotes files by the names that they have on the service.
  const readable = text.replace(/\S+~[0-9a-f]{12}\.\w+/g, (name) => pathOfUpload(name) ?? name);
  console.log(`  ${question} ${readable}`);
}

// ── Gone again ───────────────────────────────────────────────────────────────────────────────────────────────────

// A store does not own its files: they are deleted apart.
const fileIds: string[] = [];
for await (const { id } of genai.vectorStores.files.list(store.id)) fileIds.push(id);
await genai.vectorStores.delete(store.id);
for (const id of fileIds) await genai.files.delete(id);
console.log(`deleted: the store, and ${fileIds.length} files`);
await rm(directory, { recursive: true });
