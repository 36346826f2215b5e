/** Telling of what could not be conveyed, by the name the AI SDK has for it. */
export type Warn = (feature: string, details: string) => void;
