/** Where threads are kept if nobody says where. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The store of this environment. */
export const usualStore = (): string => process.env.LOCUS_STORE || defaultStore(process.env);

/** An `XDG_DATA_HOME` that is not absolute counts as not set, as its specification wants it. */
function defaultStore(env: Readonly<Record<string, string | undefined>>): string {
  const data = env.XDG_DATA_HOME ?? "";
  return isAbsolute(data) ? join(data, "locus", "threads.db") : join(homedir(), ".locus", "threads.db");
}
