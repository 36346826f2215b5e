/** `COHEREV2`: Cohere's vision and reasoning models, and requests with images. */
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { CohereV2Reader } from "./decode.ts";
import { encodeCohereV2 } from "./encode.ts";

export const cohereV2Codec: NativeCodec = {
  format: "COHEREV2",
  encode: encodeCohereV2,
  reader: (answer) => new CohereV2Reader(answer),
  capabilities: (profile) => nativeCapabilities(profile, { vision: true, audio: false, reasoning: true }),
};
