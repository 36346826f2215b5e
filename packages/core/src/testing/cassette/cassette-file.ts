/** Where the cassette of a test is kept: beside its file, under its name. */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** What is asked of a test of vitest's. Its context, `it("…", (test) => …)`, has it. */
export interface CassetteTest {
  readonly task: {
    readonly id: string;
    readonly name: string;
    readonly file: { readonly filepath: string };
    readonly suite?: CassetteSuite | undefined;
    readonly result?: { readonly state?: string | undefined } | undefined;
  };
  readonly onTestFinished: (done: () => void | Promise<void>) => void;
}

/** A `describe` around a test. */
export interface CassetteSuite {
  readonly name: string;
  readonly suite?: CassetteSuite | undefined;
}

/** File systems take 255 bytes of a name, and a letter may need four. */
const LONGEST = 55;

/** The names of the test and of what it is described in, the outermost first. */
export function fullNameOf({ task }: CassetteTest): string {
  const names = [task.name];
  for (let suite = task.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return names.join(" ");
}

/** `__cassettes__/<test file>/<test name>.jsonl`, in the directory of the test file. */
export function cassetteFile(test: CassetteTest, name: string): string {
  const { filepath } = test.task.file;
  // With its extension: `weather.test.ts` and `weather.test.tsx` may be neighbours.
  return join(dirname(filepath), "__cassettes__", basename(filepath), `${fileName(name)}.jsonl`);
}

/** In lower case, as some file systems do not tell cases apart. */
function fileName(name: string): string {
  const slug = name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  if (slug !== "" && slug.length <= LONGEST) return slug;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${slug.slice(0, LONGEST)}-${digest}`.replace(/^-/, "");
}
