/** The bar of a pull: on a terminal one line that is gone in the end, elsewhere a line for each step. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeServers, failure, modelOn, request, start, yes } from "../test/model.ts";
import { type BarTerminal, openPullBar } from "./pull-bar.ts";

afterEach(async () => {
  vi.restoreAllMocks();
  await closeServers();
});

function terminal(more: Partial<BarTerminal> = {}): BarTerminal & { readonly written: string[] } {
  const written: string[] = [];
  return { isTTY: true, columns: 80, ...more, written, write: (text) => written.push(text) };
}
const layer = { model: "m", status: "pulling dde5", digest: "sha256:dde5", totalBytes: 4e9 };

describe("on a terminal", () => {
  it("draws one line, over and over, and leaves it empty", () => {
    const screen = terminal();
    {
      using bar = openPullBar(screen);
      bar.tell({ model: "m", status: "pulling manifest" });
      bar.tell({ ...layer, completedBytes: 1e9 });
      bar.tell({ ...layer, completedBytes: 1e9 });
      bar.tell({ ...layer, completedBytes: 5e9 });
    }
    expect(screen.written).toEqual([
      "\r\u001b[Km: pulling manifest",
      "\r\u001b[Km ██████░░░░░░░░░░░░░░░░░░ 25 % 1.0/4.0 GB pulling dde5",
      "\r\u001b[Km ████████████████████████ 100 % 5.0/4.0 GB pulling dde5",
      "\r\u001b[K",
    ]);
  });

  it("stays on that line, whatever the server says", () => {
    const screen = terminal({ columns: 20 });
    openPullBar(screen).tell({ model: "m", status: `evil\u001b[2J\n${"x".repeat(50)}` });
    const [line = ""] = screen.written;
    expect(line.slice("\r\u001b[K".length)).toHaveLength(19);
    expect(line.slice("\r\u001b[K".length)).not.toMatch(/\p{Cc}/u);
  });
});

it("is a line for each step where there is no terminal", () => {
  const file = terminal({ isTTY: false });
  {
    using bar = openPullBar(file);
    for (const completedBytes of [0, 1e9, 2e9]) bar.tell({ ...layer, completedBytes });
    bar.tell({ model: "m", status: "success" });
  }
  expect(file.written).toEqual(["m: pulling dde5\n", "m: success\n"]);
});

describe('pull: "bar"', () => {
  it("tells standard error how far the pull is, and nothing else is printed", async () => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const server = await start(yes, { models: [], registry: ["m"] });
    await modelOn(server, { pull: "bar" }).complete(request);
    const text = written.mock.calls.map(([piece]) => String(piece)).join("");
    expect(text).toContain("pulling manifest");
    expect(text).toContain("success");
  });

  it("leaves the error as it is where the pull fails", async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const server = await start(yes, { models: [] });
    expect(String(await failure(modelOn(server, { pull: "bar" }).complete(request)))).toMatch(/manifest|not/);
  });
});
