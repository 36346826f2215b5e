/** `COHEREV2`: Cohere's vision and reasoning models, and requests with images. */
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { CohereV2Reader } from "./decode.ts";
import { encodeCohereV2, THINKS } from "./encode.ts";

export const cohereV2Codec: NativeCodec = {
  format: "COHEREV2",
  encode: encodeCohereV2,
  reader: (answer) => new CohereV2Reader(answer),
  capabilities: (profile, modelId) => {
    const reasoning = THINKS.test(modelId);
    return nativeCapabilities(profile, { vision: !reasoning, audio: false, reasoning });
  },
};
