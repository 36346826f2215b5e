/** A target for encoders in tests. */
import { ociChatProfile } from "../src/families.ts";
import type { EncodeTarget } from "../src/native/codec.ts";
import type { CheckedNativeOptions, NativeChatOptions } from "../src/native/options.ts";

const NONE: CheckedNativeOptions = {
  apiFormat: undefined,
  baseModel: undefined,
  textToolCalls: undefined,
  documents: undefined,
  safetyMode: undefined,
  citationQuality: undefined,
  thinkingTokenBudget: undefined,
};

export const targetFor = (
  modelId: string,
  stream = false,
  options: NativeChatOptions = {},
): EncodeTarget => ({
  modelId,
  profile: ociChatProfile(modelId),
  stream,
  options: { ...NONE, ...options },
});
