import { describeMemoryStore } from "../testing/describe-memory-store.ts";
import { BackedMemoryStore } from "./backed.ts";
import { Rows } from "./in-memory.ts";

// Two instances over one storage, as the suite asks for: the rows are what they share.
describeMemoryStore("InMemoryStore", () => {
  const rows = new Rows();
  return { open: (options) => new BackedMemoryStore(rows, options) };
});
