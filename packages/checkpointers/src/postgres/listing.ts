/** Listing: in the order of code points, page by page, filtered by the server where it can read the metadata. */
import { deepFreeze, type ThreadQuery, type ThreadSummary } from "@locus-sdk/core";
import { checkQuery, matchesMetadata } from "@locus-sdk/core/checkpoint";
import type { Database } from "./database.ts";
import { aliveSql, type Context, summaryOf, THREAD_COLUMNS, threadRow, Values } from "./rows.ts";
import { afterPrefix, HEAD_LENGTH, headOf, idText, jsonbText } from "./text.ts";

const PAGE_ROWS = 200;
const HEAD = `left(t.id, ${HEAD_LENGTH})`;

export async function* listThreads(
  database: Database,
  context: Context,
  query: ThreadQuery,
): AsyncGenerator<ThreadSummary, void, undefined> {
  checkQuery(query);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let after = query.after === undefined ? undefined : idText(query.after);
  for (;;) {
    const size = Math.min(PAGE_ROWS, left);
    const { sql, list } = pageSql(context, query, after, size);
    const page = (await database.query(sql, list)).map(threadRow);
    for (const row of page) {
      const summary = summaryOf(context, row);
      if (!matchesMetadata(summary.metadata, query.metadata)) continue;
      yield deepFreeze(summary);
      left -= 1;
      if (left <= 0) return;
    }
    if (page.length < size) return;
    after = page.at(-1)?.id;
  }
}

function pageSql(
  context: Context,
  query: ThreadQuery,
  after: string | undefined,
  size: number,
): { readonly sql: string; readonly list: unknown[] } {
  const values = new Values();
  const [comparison, direction] = query.order === "desc" ? ["<", "DESC"] : [">", "ASC"];
  const conditions = [aliveSql(context, values)];
  const prefix = idText(query.prefix ?? "");
  if (prefix !== "") {
    // The bounds are for the index, which has the first characters only; the prefix itself decides.
    const head = headOf(prefix);
    const end = afterPrefix(head);
    conditions.push(
      `starts_with(t.id, ${values.add(prefix, "text")})`,
      `${HEAD} >= ${values.add(head, "text")}`,
    );
    if (end !== undefined) conditions.push(`${HEAD} < ${values.add(end, "text")}`);
  }
  if (after !== undefined) {
    const place = `(${values.add(headOf(after), "text")}, ${values.add(after, "text")})`;
    conditions.push(`(${HEAD}, t.id) ${comparison} ${place}`);
  }
  if (query.metadata !== undefined && Object.keys(query.metadata).length > 0) {
    conditions.push(
      `(t.metadata @> ${values.add(jsonbText(query.metadata), "jsonb")} OR t.sealed IS NOT NULL)`,
    );
  }
  return {
    sql: `SELECT ${THREAD_COLUMNS} FROM ${context.tables.threads} t WHERE ${conditions.join(" AND ")}
      ORDER BY ${HEAD} ${direction}, t.id ${direction} LIMIT ${values.add(size, "integer")}`,
    list: values.list,
  };
}
