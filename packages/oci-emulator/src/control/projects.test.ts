// Projects made by the vendor's client, and what they decide about responses, conversations, files and containers.
import type { models } from "oci-generativeai";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { model, openaiClient, started, testConfig } from "../../test/support/client.ts";
import { controlClient } from "../../test/support/control.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterEach(() => {
  emulator.reset();
  vi.useRealTimers();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const client = controlClient(emulator, config);
const { compartmentId } = config;
const hourMs = 3_600_000;
/** Moves both clocks: the vendor's client signs by its own. */
const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
const missing = { status: 404 };

async function projectOf(
  conversationConfig?: models.ConversationConfig,
): Promise<{ readonly id: string; readonly openai: OpenAI }> {
  const { generativeAiProject } = await client.createGenerativeAiProject({
    createGenerativeAiProjectDetails: {
      compartmentId,
      ...(conversationConfig === undefined ? {} : { conversationConfig }),
    },
  });
  const { id } = generativeAiProject;
  return { id, openai: openaiClient(emulator, config, { project: id }) };
}

const respond = async (openai: OpenAI): Promise<string> =>
  (await openai.responses.create({ model, input: "Hi" })).id;

describe("a project", () => {
  it("shows what it was told, and changes as a whole what an update names", async () => {
    const memory = {
      standardLongTermMemoryStrategy: {
        isEnabled: true,
        extractionConfig: {
          modelConfigType: "EXTRACTION",
          llmSelection: { llmSelectionType: "GEN_AI_MODEL", modelId: "openai.gpt-oss-120b" },
        },
      },
    };
    const { generativeAiProject } = await client.createGenerativeAiProject({
      createGenerativeAiProjectDetails: {
        compartmentId,
        displayName: "p",
        freeformTags: { team: "a" },
        conversationConfig: { responsesRetentionInHours: 1, conversationsRetentionInHours: 2 },
        longTermMemoryConfig: memory,
      },
    });
    const generativeAiProjectId = generativeAiProject.id;
    await client.updateGenerativeAiProject({
      generativeAiProjectId,
      updateGenerativeAiProjectDetails: { conversationConfig: { responsesRetentionInHours: 3 } },
    });
    const seen = await client.getGenerativeAiProject({ generativeAiProjectId });
    expect(seen.generativeAiProject).toMatchObject({
      displayName: "p",
      freeformTags: { team: "a" },
      conversationConfig: { responsesRetentionInHours: 3 },
      longTermMemoryConfig: memory,
      timeCreated: expect.stringMatching(/Z$/),
      timeUpdated: expect.stringMatching(/Z$/),
    });
    expect(seen.generativeAiProject.conversationConfig).not.toHaveProperty("conversationsRetentionInHours");
  });

  it("keeps responses for so many hours from their creation, also those it has when told so", async () => {
    const { id, openai } = await projectOf({ responsesRetentionInHours: 48 });
    const response = await respond(openai);
    later(47 * hourMs);
    await respond(openai);
    expect(await openai.responses.retrieve(response)).toMatchObject({ id: response });
    await client.updateGenerativeAiProject({
      generativeAiProjectId: id,
      updateGenerativeAiProjectDetails: { conversationConfig: { responsesRetentionInHours: 1 } },
    });
    await expect(openai.responses.retrieve(response)).rejects.toMatchObject(missing);
    await expect(
      openai.responses.create({ model, input: "Go on", previous_response_id: response }),
    ).rejects.toMatchObject(missing);
  });

  it("keeps conversations for so many hours from their last change", async () => {
    const { openai } = await projectOf({ conversationsRetentionInHours: 2 });
    const { id } = await openai.conversations.create();
    later(1.5 * hourMs);
    await openai.conversations.update(id, { metadata: { a: "b" } });
    later(1.5 * hourMs);
    expect(await openai.conversations.retrieve(id)).toMatchObject({ id });
    later(hourMs);
    await expect(openai.conversations.retrieve(id)).rejects.toMatchObject(missing);
  });

  it("takes everything with it when it is deleted, and nothing of another one", async () => {
    const [gone, other] = [await projectOf(), await projectOf()];
    const made = async ({
      openai,
    }: {
      readonly openai: OpenAI;
    }): Promise<readonly [string, string, string, string]> => {
      const file = await openai.files.create({
        purpose: "assistants",
        file: await toFile(Buffer.from("hello"), "hello.txt"),
      });
      const container = await openai.containers.create({ name: "c" });
      return [await respond(openai), (await openai.conversations.create()).id, file.id, container.id];
    };
    const [response] = await made(gone);
    const [kept, conversation, file, container] = await made(other);
    await expect(other.openai.responses.retrieve(response)).rejects.toMatchObject(missing);
    expect(emulator.stored.files).toHaveLength(2);
    await client.deleteGenerativeAiProject({ generativeAiProjectId: gone.id });
    expect(emulator.stored.files.map(({ id }) => id)).toEqual([file]);
    for (const call of [
      () => gone.openai.responses.retrieve(response),
      () => respond(gone.openai),
      () => gone.openai.conversations.create(),
      () => gone.openai.files.list(),
      () => gone.openai.containers.list(),
    ]) {
      await expect(call()).rejects.toMatchObject({ ...missing, code: "NotAuthorizedOrNotFound" });
    }
    // Nor does the project come to life again when nobody remembers it.
    later(48 * hourMs);
    await expect(respond(gone.openai)).rejects.toMatchObject(missing);
    expect(await other.openai.responses.retrieve(kept)).toMatchObject({ id: kept });
    expect(await other.openai.conversations.retrieve(conversation)).toMatchObject({ id: conversation });
    expect(await other.openai.files.retrieve(file)).toMatchObject({ id: file });
    expect(await other.openai.containers.retrieve(container)).toMatchObject({ id: container });
  });

  it("is not there before it is ACTIVE; one that was never made here is, unless projects says otherwise", async () => {
    const listed = "ocid1.generativeaiproject.oc1..listed";
    await using slow = await started(config, { projects: [listed], control: { transitionMs: 60_000 } });
    const { generativeAiProject } = await controlClient(slow.emulator, config).createGenerativeAiProject({
      createGenerativeAiProjectDetails: { compartmentId },
    });
    const of = (project: string): OpenAI => openaiClient(slow.emulator, config, { project });
    await expect(respond(of(generativeAiProject.id))).rejects.toMatchObject(missing);
    slow.emulator.clock.advance(60_000);
    expect(await respond(of(generativeAiProject.id))).toMatch(/^resp_/);
    expect(await respond(of(listed))).toMatch(/^resp_/);
    await expect(respond(of(`${listed}x`))).rejects.toMatchObject(missing);
    expect(await respond(openaiClient(emulator, config, { project: `${listed}x` }))).toMatch(/^resp_/);
  });
});
