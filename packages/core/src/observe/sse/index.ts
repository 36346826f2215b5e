/** `@locus-sdk/core/sse`: events over HTTP, written and read. */
export { type SseAnswerOptions, sseAnswer } from "./answer.ts";
export { type ConnectSseOptions, connectSse } from "./connect.ts";
export { type HeaderSource, lastEventId, toSseFrame } from "./frame.ts";
export { type ReadSseOptions, readSse, type SseEvents, type SseSource } from "./read.ts";
export { type SseResponseOptions, type SseStreamOptions, sseResponse, sseStream } from "./stream.ts";
