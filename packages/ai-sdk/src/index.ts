/** The public face of the bridge to the AI SDK. Nothing is public by accident: every name is listed. */
export { type FromLanguageModelOptions, fromLanguageModel } from "./from/from-language-model.ts";
export type { AnyLanguageModel } from "./from/specification.ts";
export { type ToLanguageModelOptions, toLanguageModel } from "./to/to-language-model.ts";
