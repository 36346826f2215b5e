/** `COHEREV2`: Cohere's vision and reasoning models, and requests with images. */
import type { InputTransport } from "@locus-sdk/openai";
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { CohereV2Reader } from "./decode.ts";
import { encodeCohereV2, THINKS } from "./encode.ts";

const TEXTS: InputTransport = { name: "the native API (COHEREV2)", api: "native", forms: ["text file"] };
const IMAGES_AND_TEXTS: InputTransport = { ...TEXTS, forms: ["image", "text file"] };

export const cohereV2Codec: NativeCodec = {
  format: "COHEREV2",
  encode: encodeCohereV2,
  reader: (answer) => new CohereV2Reader(answer),
  input: (modelId) => (THINKS.test(modelId) ? TEXTS : IMAGES_AND_TEXTS),
  capabilities: (profile, modelId) => {
    const reasoning = THINKS.test(modelId);
    return nativeCapabilities(profile, {
      structuredOutputWithTools: false,
      vision: !reasoning,
      audio: false,
      reasoning,
    });
  },
};
