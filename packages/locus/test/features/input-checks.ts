/** What a user may say besides text: it arrives, or is refused before anything is sent. */
import type { ModelRequest } from "@locus-sdk/core";
import { expect } from "vitest";
import { ask, type Check, lastBody } from "./checks.ts";

type Part = Extract<ModelRequest["messages"][number], { role: "user" }>["content"][number];

/** A part of what the user says arrives. */
const input =
  (part: Part, seen: string): Check =>
  async (bench) => {
    const content = [{ type: "text", text: "What is it?" } as const, part as Exclude<Part, string>];
    await ask(bench, { text: "That." }, { messages: [{ role: "user", content }] });
    expect(lastBody(bench)).toContain(seen);
  };
/** It is refused before anything is sent. */
const refusedInput =
  (part: Part): Check =>
  async (bench) => {
    const messages = [{ role: "user", content: [part as Exclude<Part, string>] }] as const;
    await expect(bench.model.complete({ messages })).rejects.toMatchObject({ code: "unsupported_input" });
    expect(bench.sent()).toEqual([]);
  };

const image = { type: "image", data: "iVBORw0KGgo=", mediaType: "image/png" } as const;
const pdf = { type: "file", data: "JVBERi0xLjQ=", mediaType: "application/pdf", filename: "a.pdf" } as const;
const sound = { type: "audio", data: "UklGRg==", format: "wav" } as const;
export const images = input(image, "iVBORw0KGgo=");
export const documents = input(pdf, "JVBERi0xLjQ=");
export const audio = input(sound, "UklGRg==");
export const noImages = refusedInput(image);
export const noDocuments = refusedInput(pdf);
export const noAudio = refusedInput(sound);
