// What is in a vector store: its files, the batches they came in, and searching them.
import type { Reply } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import type { JsonValue } from "../json.ts";
import { onBothBases } from "../surface/bases.ts";
import { invalid, withBody } from "../surface/body.ts";
import { listReply, queryOf } from "../surface/list.ts";
import type { Listing } from "../surface/listing.ts";
import { findFiles, missing, type StoreCall, withReadyStore, withStore } from "./access.ts";
import { addFileBody, batchBody, searchBody, updateFileBody } from "./fields.ts";
import { batchObject, fileObject } from "./objects.ts";
import type { StoreFile } from "./store-files.ts";
import type { Batch, VectorStore } from "./vector-store.ts";

const store = "/vector_stores/[^/]+";
const files = `${store}/files`;
const batches = `${store}/file_batches`;

export const storeFileRoutes: readonly Route[] = [
  ...onBothBases(
    "POST",
    files,
    withReadyStore("project", (into, access) =>
      withBody(addFileBody, access.call, (body) => {
        const found = findFiles([body], access);
        if (!found.ok) return found.reply;
        const [added] = found.files.map((file) => into.add(file, access.nowMs));
        return added === undefined ? missing("No file.") : ok(fileObject(added, into));
      }),
    ),
  ),
  ...onBothBases(
    "GET",
    files,
    withStore("project", (of, { call }) => listFiles(of.files, of, call.request)),
  ),
  ...onBothBases(
    "GET",
    `${files}/[^/]+`,
    withFile((file, of) => ok(fileObject(file, of))),
  ),
  ...onBothBases(
    "POST",
    `${files}/[^/]+`,
    withFile((file, of, { call }) =>
      withBody(updateFileBody, call, ({ attributes }) => {
        file.attributes = attributes;
        return ok(fileObject(file, of));
      }),
    ),
  ),
  ...onBothBases(
    "DELETE",
    `${files}/[^/]+`,
    withFile(({ id }, of) => {
      of.remove(id);
      return ok({ id, object: "vector_store.file.deleted", deleted: true });
    }),
  ),
  ...onBothBases(
    "GET",
    `${files}/[^/]+/content`,
    withFile((file) => {
      if (file.status !== "completed") {
        return invalid("file_id", `File '${file.id}' has no content here: its status is ${file.status}.`);
      }
      const data = file.chunks.map(({ text }) => ({ type: "text", text }));
      return ok({ object: "vector_store.file_content.page", data, has_more: false, next_page: null });
    }),
  ),
  ...onBothBases(
    "POST",
    batches,
    withReadyStore("project", (into, access) =>
      withBody(batchBody, access.call, (body) => {
        const found = findFiles(body, access);
        return found.ok ? ok(batchObject(into.addBatch(found.files, access.nowMs), into)) : found.reply;
      }),
    ),
  ),
  ...onBothBases(
    "GET",
    `${batches}/[^/]+`,
    withBatch((batch, of) => ok(batchObject(batch, of))),
  ),
  ...onBothBases(
    "POST",
    `${batches}/[^/]+/cancel`,
    withBatch((batch, of) => {
      of.cancel(batch);
      return ok(batchObject(batch, of));
    }),
  ),
  ...onBothBases(
    "GET",
    `${batches}/[^/]+/files`,
    withBatch((batch, of, { call }) => listFiles(batch.files, of, call.request)),
  ),
  ...onBothBases(
    "POST",
    `${store}/search`,
    withReadyStore("compartment", (of, { call }) =>
      withBody(searchBody, call, ({ query, max_num_results, filters, ranking_options }) => {
        const queries = typeof query === "string" ? [query] : query;
        const found = of.search({
          query: queries.join(" "),
          max: max_num_results ?? 10,
          filter: filters ?? undefined,
          scoreThreshold: ranking_options?.score_threshold,
        });
        const data = found.map(({ chunk: { file, text }, score }) => ({
          file_id: file.id,
          filename: file.source.filename,
          score,
          attributes: file.attributes,
          content: [{ type: "text", text }],
        }));
        return ok({
          object: "vector_store.search_results.page",
          search_query: queries,
          data,
          has_more: false,
          next_page: null,
        });
      }),
    ),
  ),
];

const ok = (body: JsonValue): Reply => ({ kind: "body", status: 200, body });

const statuses: ReadonlySet<string> = new Set(["in_progress", "completed", "failed", "cancelled"]);

function listFiles(
  listing: Listing<StoreFile>,
  of: VectorStore,
  request: StoreCall["call"]["request"],
): Reply {
  const wanted = queryOf(request).get("filter");
  if (wanted !== null && !statuses.has(wanted)) {
    return invalid("filter", `Invalid 'filter': expected one of ${[...statuses].join(", ")}.`);
  }
  return listReply(listing, request, {
    render: (file) => fileObject(file, of),
    where: ({ status }) => wanted === null || status === wanted,
  });
}

function withFile(handle: (file: StoreFile, of: VectorStore, access: StoreCall) => Reply): Route["handle"] {
  return withStore("project", (of, access) => {
    const id = /\/files\/([^/]+)/.exec(access.call.request.path)?.[1] ?? "";
    const found = of.files.get(id);
    return found === undefined
      ? missing(`No file '${id}' in vector store '${of.id}'.`)
      : handle(found, of, access);
  });
}

function withBatch(handle: (batch: Batch, of: VectorStore, access: StoreCall) => Reply): Route["handle"] {
  return withStore("project", (of, access) => {
    const id = /\/file_batches\/([^/]+)/.exec(access.call.request.path)?.[1] ?? "";
    const found = of.batches.get(id);
    return found === undefined
      ? missing(`No file batch '${id}' in vector store '${of.id}'.`)
      : handle(found, of, access);
  });
}
