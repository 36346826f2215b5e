/** Which conversations of the server's this process has left where: what tells a branch from a continuation. */

/** Threads whose conversations are remembered; an older one is trusted as if another process had left it. */
const MAX_REMEMBERED = 1_000;

/**
 * A conversation on the server is one line of talk. A second request from the same point (a retry, a fork, two runs at
 * once) or one whose answer never came would leave in it what the local history does not have, so such a request gets
 * a conversation of its own.
 */
export class Conversations {
  /** By conversation: the digest it was left at, or `null` while it is in use or where that is not known. */
  readonly #tips = new Map<string, string | null>();

  /** Whether the conversation stands where `digest` says, as far as can be known here. */
  isAt(id: string, digest: string): boolean {
    const tip = this.#tips.get(id);
    return tip === undefined || tip === digest;
  }

  /** Whether this process has used it. */
  isUsed(id: string): boolean {
    return this.#tips.has(id);
  }

  /** From now on nobody knows where it stands, until it is put down. */
  take(id: string): void {
    this.#put(id, null);
  }

  /** It was left at `digest`; `undefined` where it is as it was before anyone used it. */
  leave(id: string, digest: string | undefined): void {
    if (digest === undefined) this.#tips.delete(id);
    else this.#put(id, digest);
  }

  #put(id: string, tip: string | null): void {
    this.#tips.delete(id);
    this.#tips.set(id, tip);
    if (this.#tips.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#tips.keys();
    if (oldest !== undefined) this.#tips.delete(oldest);
  }
}
