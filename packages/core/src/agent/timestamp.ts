/** When an event happened. */

let lastMs = Number.NaN;
let lastText = "";
let lastSecond = Number.NaN;
/** All of it up to the milliseconds. */
let beginning = "";

/** ISO 8601 now. A stream has many events in a millisecond, and a run many in a second: what stays the same is not written anew. */
export function timestamp(): string {
  const now = Date.now();
  if (now === lastMs) return lastText;
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    beginning = new Date(second * 1000).toISOString().slice(0, -"000Z".length);
  }
  lastMs = now;
  lastText = `${beginning}${String(now - second * 1000).padStart(3, "0")}Z`;
  return lastText;
}
