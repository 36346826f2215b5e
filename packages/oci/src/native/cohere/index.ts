/** `COHERE`: Command R and Command A. */
import type { InputTransport } from "@locus-sdk/openai";
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { CohereReader } from "./decode.ts";
import { encodeCohere } from "./encode.ts";

const INPUT: InputTransport = {
  name: "the native API (COHERE)",
  api: "native",
  forms: [],
  elsewhere: {
    image: "The format COHEREV2 takes images; it is chosen for them where `apiFormat` is left out.",
  },
};

/** Models that see no images in any format: what a conversation has of them is left out. */
export const READS_TEXT_ONLY: RegExp = /^cohere\.command-r/i;
const TEXT_ONLY: InputTransport = {
  ...INPUT,
  elsewhere: { image: "Command R sees none: cohere.command-a-vision-07-2025 does." },
};

export const cohereCodec: NativeCodec = {
  format: "COHERE",
  encode: encodeCohere,
  reader: (answer) => new CohereReader(answer),
  input: (modelId) => (READS_TEXT_ONLY.test(modelId) ? TEXT_ONLY : INPUT),
  capabilities: (profile) =>
    nativeCapabilities(profile, {
      structuredOutputWithTools: false,
      vision: false,
      files: false,
      audio: false,
      reasoning: false,
    }),
};
