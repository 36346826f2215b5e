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

export const cohereCodec: NativeCodec = {
  format: "COHERE",
  encode: encodeCohere,
  reader: (answer) => new CohereReader(answer),
  input: () => INPUT,
  capabilities: (profile) =>
    nativeCapabilities(profile, {
      structuredOutputWithTools: false,
      vision: false,
      files: false,
      audio: false,
      reasoning: false,
    }),
};
