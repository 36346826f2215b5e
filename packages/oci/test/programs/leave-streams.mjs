// 500 streams at once, each left in its middle: half by a signal, half by leaving the loop. Tells what is left of them.
import { Agent } from "@locus-sdk/core";
import { OCIOpenAIModel } from "@locus-sdk/oci";

const COUNT = 500;
const agent = new Agent({ model: new OCIOpenAIModel({ model: "openai.gpt-oss-120b" }) });
const warnings = [];
process.on("warning", ({ name }) => warnings.push(name));

const leave = async (index) => {
  const controller = new AbortController();
  const { signal } = controller;
  let listening = 0;
  const { prototype } = EventTarget;
  signal.addEventListener = (...args) => {
    listening += 1;
    prototype.addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args) => {
    listening -= 1;
    prototype.removeEventListener.apply(signal, args);
  };
  let left = "finished";
  try {
    for await (const event of agent.stream("Tell me a story.", { signal })) {
      if (event.type !== "model_chunk") continue;
      if (index % 2 === 0) {
        left = "broken off";
        break;
      }
      controller.abort();
    }
  } catch (error) {
    left = error.name;
  }
  return { left, listening: left === "broken off" ? listening : 0 };
};

const done = await Promise.all(Array.from({ length: COUNT }, (_, index) => leave(index)));
const counts = {};
for (const { left } of done) counts[left] = (counts[left] ?? 0) + 1;
const listening = done.reduce((sum, each) => sum + each.listening, 0);
// Sockets say that they are closed with the next turns of the loop.
for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
// The pipes to whoever started this program are not ours.
const ours = process.getActiveResourcesInfo().filter((name) => !/^(?:Pipe|TTY|FSReq)/.test(name));
process.stdout.write(JSON.stringify({ counts, listening, warnings, ours }));
