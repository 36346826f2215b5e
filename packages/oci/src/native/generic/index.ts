/** `GENERIC`: every model that is not Cohere's. */
import type { InputTransport } from "@locus-sdk/openai";
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { GenericReader } from "./decode.ts";
import { encodeGeneric } from "./encode.ts";

const INPUT: InputTransport = {
  name: "the native API (GENERIC)",
  api: "native",
  forms: ["image", "file data", "file url", "audio"],
};

export const genericCodec: NativeCodec = {
  format: "GENERIC",
  encode: encodeGeneric,
  reader: (answer) => new GenericReader(answer),
  input: () => INPUT,
  capabilities: (profile) => nativeCapabilities(profile),
};
