/** Which headers go to OCI: what belongs there is added, what belongs to OpenAI or to another credential is taken off. */
import { randomUUID } from "node:crypto";
import type { OciConfig } from "../config/resolve.ts";

/** Credentials of other kinds, the `openai` client's placeholder among them, and what is an OpenAI account's business. */
const REMOVED = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "cookie",
  "openai-organization",
  // Written by fetch and the signer; values from elsewhere would contradict the signed ones.
  "host",
  "content-length",
  "date",
  "x-date",
  "x-content-sha256",
];
/** What Node's fetch decodes. Others were seen to yield an empty body without an error. */
const ENCODINGS = new Set(["gzip", "x-gzip", "deflate", "br", "identity", ""]);

/**
 * Headers which `OPENAI_CUSTOM_HEADERS` adds to every client of that SDK, with their values. They are meant for
 * OpenAI, may hold secrets, and so never go to OCI.
 */
export function customHeaders(): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of (process.env.OPENAI_CUSTOM_HEADERS ?? "").split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function ocidIn(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? "";
  return /^ocidv?1[.:]/.test(value) ? value : undefined;
}

/** Makes `headers` those a request leaves with, but for those of its signature. */
export function outgoingHeaders(headers: Headers, config: OciConfig): Headers {
  for (const [name, value] of customHeaders()) if (headers.get(name) === value) headers.delete(name);
  for (const name of REMOVED) headers.delete(name);
  // One that a single request names is that request's.
  const compartment = ocidIn(headers, "opc-compartment-id") ?? config.compartmentId;
  if (compartment !== undefined) headers.set("opc-compartment-id", compartment);
  if (compartment !== undefined && config.compartmentHeaders === "both")
    headers.set("CompartmentId", compartment);
  if (config.conversationStoreId !== undefined)
    headers.set("opc-conversation-store-id", config.conversationStoreId);
  // A project of OpenAI's (`proj_…`, from OPENAI_PROJECT_ID) means nothing here.
  const project = ocidIn(headers, "openai-project") ?? config.project;
  if (project === undefined) headers.delete("openai-project");
  else headers.set("openai-project", project);
  if (!headers.has("opc-request-id")) {
    headers.set("opc-request-id", randomUUID().replaceAll("-", "").toUpperCase());
  }
  headers.set("accept-encoding", "gzip, deflate, br");
  return headers;
}

/** The content encoding of an answer that fetch cannot have decoded, or `undefined` where all is well. */
export function unknownEncoding(headers: Headers): string | undefined {
  return (headers.get("content-encoding") ?? "")
    .split(",")
    .map((encoding) => encoding.trim().toLowerCase())
    .find((encoding) => !ENCODINGS.has(encoding));
}
