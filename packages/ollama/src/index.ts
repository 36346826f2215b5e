/** The public face of local models over Ollama. Nothing is public by accident: every name is listed. */
export { OllamaModel } from "./ollama-model.ts";
export type { OllamaModelOptions, Think } from "./options.ts";
export type { PullProgress } from "./progress.ts";
export { ollamaProvider } from "./provider.ts";
export type { OllamaModelInfo } from "./show.ts";
