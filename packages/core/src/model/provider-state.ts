/** Whose state a provider's state is. */
import type { ChatModel, ProviderState } from "./types.ts";

/** Whether `model` can go on from a state kept with a thread; what a model says of itself stands. */
export function takesState(model: ChatModel, state: ProviderState): boolean {
  if (model.takesState !== undefined) return model.takesState(state);
  return state.provider === model.provider && state.modelId === model.modelId;
}
