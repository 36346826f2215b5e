/** `COHERE`: Command R and Command A. */
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { CohereReader } from "./decode.ts";
import { encodeCohere } from "./encode.ts";

export const cohereCodec: NativeCodec = {
  format: "COHERE",
  encode: encodeCohere,
  reader: (answer) => new CohereReader(answer),
  capabilities: (profile) =>
    nativeCapabilities(profile, { vision: false, files: false, audio: false, reasoning: false }),
};
