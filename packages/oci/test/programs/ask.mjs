// The program that runs under every auth type, unchanged: an agent that asks twice, plain and streamed.
import { Agent } from "@locus-sdk/core";
import { OCIOpenAIModel } from "@locus-sdk/oci";

const agent = new Agent({ model: new OCIOpenAIModel({ model: "openai.gpt-oss-120b" }) });
const { text } = await agent.run("Hello");
let streamed = "";
for await (const event of agent.stream("And again?"))
  if (event.type === "model_chunk") streamed += event.text;
process.stdout.write(JSON.stringify([text, streamed]));
