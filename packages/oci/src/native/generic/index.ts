/** `GENERIC`: every model that is not Cohere's. */
import { type NativeCodec, nativeCapabilities } from "../codec.ts";
import { GenericReader } from "./decode.ts";
import { encodeGeneric } from "./encode.ts";

export const genericCodec: NativeCodec = {
  format: "GENERIC",
  encode: encodeGeneric,
  reader: (answer) => new GenericReader(answer),
  capabilities: (profile) => nativeCapabilities(profile),
};
