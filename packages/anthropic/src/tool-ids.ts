/** Ids of tool calls as the API takes them: other providers' ids hold characters that it refuses. */

const ALLOWED = /^[a-zA-Z0-9_-]+$/;

/** Ids of one conversation. The same ids in the same order become the same, whatever is asked in between. */
export class ToolIds {
  readonly #sent = new Map<string, string>();
  readonly #taken = new Set<string>();

  of(id: string): string {
    const known = this.#sent.get(id);
    if (known !== undefined) return known;
    const base = ALLOWED.test(id) ? id : id.replace(/[^a-zA-Z0-9_-]/g, "_") || "call";
    let sent = base;
    for (let next = 2; this.#taken.has(sent); next += 1) sent = `${base}_${next}`;
    this.#taken.add(sent);
    this.#sent.set(id, sent);
    return sent;
  }
}
