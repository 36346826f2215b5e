/** One transcript, any model: a thread begun on one transport goes on over any other, and comes back. */
import { Agent, type AgentEvent, type Checkpointer, MemoryCheckpointer, tool } from "@locus-sdk/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type Cloud,
  type Site,
  startCloud,
  TRANSPORTS,
  type Transport,
} from "../test/support/any-model/transports.ts";
import type { Turn } from "../test/support/any-model/vendor.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.emulator.reset());
afterAll(() => cloud[Symbol.asyncDispose]());

const weather = tool({
  name: "get_weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    if (city === "Bergen") throw new Error("the station of Bergen is silent");
    return `${city} has drizzle`;
  },
});

/** A red dot of one pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const QUESTION = "What is in this picture, and how is the weather there?";

const call = (city: string) => ({ name: "get_weather", arguments: { city } });
/** Said beside the calls. */
const ASIDE = "I ask for both.";
/** Thinks, calls twice at once, of which one fails, and answers. */
const BEGINS: readonly Turn[] = [
  { reasoning: "Two cities, I ponder.", text: ASIDE, calls: [call("Oslo"), call("Bergen")] },
  { reasoning: "So that is it, I ponder.", text: "A red dot; drizzle in Oslo." },
];
const goesOn = (city: string): readonly Turn[] => [
  { reasoning: `One more city, I muse on ${city}.`, calls: [call(city)] },
  { text: `Drizzle in ${city} as well.` },
];
/** What was said in the first leg, whoever hears it. */
const SAID = [QUESTION, "Oslo has drizzle", "the station of Bergen is silent", "A red dot; drizzle in Oslo."];
const ASKED = /city[\\":\s]+Oslo[\s\S]*city[\\":\s]+Bergen/;

interface Leg {
  readonly site: Site;
  readonly transport: Transport;
  readonly turns: readonly Turn[];
  readonly input: Parameters<Agent["run"]>[0];
  readonly checkpointer: Checkpointer;
  readonly streamed?: boolean;
}

/** One run on the thread, by an agent of its own, that no server has refused anything of. */
async function play({ site, transport, turns, input, checkpointer, streamed = false }: Leg) {
  const { settings } = transport;
  const warnings: (readonly string[])[] = [];
  const retries: string[] = [];
  const onEvent = (event: AgentEvent): void => {
    if (event.type === "model_complete") warnings.push(event.warnings ?? []);
    if (event.type === "retry") retries.push(event.what);
  };
  const agent = new Agent({
    model: site.model,
    systemPrompt: "You are brief.",
    tools: [weather],
    checkpointer,
    hooks: [{ name: "ear", onEvent }],
    ...(settings === undefined ? {} : { settings }),
  });
  const before = site.bodies().length;
  site.script(...turns);
  const where = { threadId: "t" };
  const result = streamed ? await agent.stream(input, where).result : await agent.run(input, where);
  expect(site.refusals()).toEqual([]);
  expect(result.error).toBeUndefined();
  // Warnings by answer.
  return { bodies: site.bodies().slice(before), warnings, retries };
}

/** The first leg; the ids of its calls are the server's own where they are not given. */
const begin = (a: Transport, site: Site, checkpointer: Checkpointer, ids: readonly string[] = []) =>
  play({
    site,
    transport: a,
    turns: BEGINS.map(({ calls = [], ...turn }) => ({
      ...turn,
      calls: calls.map((one, place) => ({ ...one, ...(ids[place] === undefined ? {} : { id: ids[place] }) })),
    })),
    checkpointer,
    input: a.sees
      ? [
          { type: "text", text: QUESTION },
          { type: "image", data: PNG, mediaType: "image/png" },
        ]
      : QUESTION,
  });

/** How many of its own thoughts a model is sent: two of the first leg, and one of the third. */
function ownThoughts(body: string, { rethinks }: Transport): number {
  const thought = rethinks === "sealed" ? /"encrypted_content":/g : /I ponder|I muse on Narvik/g;
  return body.match(thought)?.length ?? 0;
}

const nameOf = ({ model }: Site): string => `${model.provider}:${model.modelId}`;
const ownOnly = (site: Site): string =>
  `the reasoning of ${nameOf(site)} was left out: a model is given no thoughts but its own`;

describe.each(TRANSPORTS)("a thread begun on $name", (a) => {
  it.each(TRANSPORTS.filter((b) => b !== a))("goes on over $name, and comes back", async (b) => {
    await using siteA = await a.open(cloud);
    await using siteB = await b.open(cloud);
    const checkpointer = new MemoryCheckpointer();
    await begin(a, siteA, checkpointer);

    const there = await play({
      site: siteB,
      transport: b,
      turns: goesOn("Bodø"),
      input: "And Bodø?",
      checkpointer,
    });
    const heard = JSON.stringify(there.bodies[0]);
    for (const words of [...SAID, "And Bodø?"]) expect(heard).toContain(words);
    expect(heard.includes(ASIDE)).toBe(!a.plans);
    expect(heard).toMatch(ASKED);
    expect(heard).not.toMatch(/I ponder|sig-|sealed-|"encrypted_content":/);
    if (a.sees) expect(heard.includes(PNG)).toBe(b.sees);
    if (a.sees && !b.sees) expect(heard).toMatch(/\[(?:image|an image)\b.*left out/);
    const lost = there.warnings[0] ?? [];
    expect(lost.filter((warning) => /reasoning/.test(warning))).toEqual(a.thinks ? [ownOnly(siteA)] : []);
    expect(lost.filter((warning) => /image/.test(warning))).toHaveLength(a.sees && !b.sees ? 1 : 0);
    expect(lost.filter((warning) => !/image|reasoning/.test(warning))).toEqual([]);

    const back = await play({
      site: siteA,
      transport: a,
      turns: goesOn("Narvik"),
      input: "And Narvik?",
      checkpointer,
    });
    const [first, second] = back.bodies.map((body) => JSON.stringify(body));
    for (const words of ["And Bodø?", "Bodø has drizzle", "Drizzle in Bodø as well.", "And Narvik?"]) {
      expect(first).toContain(words);
    }
    expect(first).not.toContain("I muse on Bodø");
    expect(back.warnings[0]).toEqual(b.thinks ? [ownOnly(siteB)] : []);
    expect([first, second].map((body) => ownThoughts(body ?? "", a))).toEqual(
      a.rethinks === undefined ? [0, 0] : [2, 3],
    );

    // A server that has kept its part of the conversation is told what came since, unless another has kept it all.
    const isTold = !a.keeps || b.keeps;
    for (const words of SAID) expect(first?.includes(words)).toBe(isTold);
    expect(back.retries).toEqual(
      a.keeps && b.keeps
        ? [`the conversation was kept for ${nameOf(siteB)}; it is sent whole to ${nameOf(siteA)}`]
        : [],
    );
    expect(back.bodies.map((body) => typeof body.previous_response_id)).toEqual([
      isTold ? "undefined" : "string",
      a.keeps ? "string" : "undefined",
    ]);
  });
});

/** What says that an answer is streamed, in any API. */
const STREAMING = ["stream", "stream_options", "isStream", "streamOptions"];
const withoutStreaming = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (name, value: unknown) => (STREAMING.includes(name) ? undefined : value)));

describe("the same thread, plain and streamed", () => {
  const [a, ...others] = TRANSPORTS;
  // The server of the tests has no events for Responses; the emulator has.
  const streamed = others.filter(({ name }) => !name.startsWith("openai Responses"));
  it.each(streamed)("is the same request on $name", async (b) => {
    const asked: unknown[] = [];
    for (const streamed of [false, true]) {
      await using siteA = await a.open(cloud);
      await using siteB = await b.open(cloud);
      const checkpointer = new MemoryCheckpointer();
      await begin(a, siteA, checkpointer, ["call_a", "call_b"]);
      const { bodies } = await play({
        site: siteB,
        transport: b,
        turns: goesOn("Bodø"),
        input: "And Bodø?",
        checkpointer,
        streamed,
      });
      asked.push(withoutStreaming(bodies[0]));
    }
    expect(asked[1]).toEqual(asked[0]);
  });
});
