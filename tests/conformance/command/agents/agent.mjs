// A coding agent of sixty lines: node agent.mjs [--forget] [--continue] PROMPT
// It speaks to OpenAI's Chat Completions or to Anthropic's Messages, whichever has a base URL, and has one tool.
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const { env } = process;
const [prompt, ...flags] = process.argv.slice(2).reverse();
const kept = join(homedir(), ".agent.json");
const schema = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
const about = { name: "read_file", description: "Read a file. The path is absolute." };

function read({ path }) {
  try {
    return { text: readFileSync(path, "utf8"), failed: false };
  } catch (error) {
    return { text: `Error: ${error.message}`, failed: true };
  }
}

async function post(url, headers, body) {
  const head = { "content-type": "application/json", ...headers };
  const response = await fetch(url, { method: "POST", headers: head, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return response.json();
}

const chat = {
  async ask(messages) {
    const tools = [{ type: "function", function: { ...about, parameters: schema } }];
    const body = { model: env.OPENAI_MODEL, messages, tools };
    const headers = { authorization: `Bearer ${env.OPENAI_API_KEY}` };
    return (await post(`${env.OPENAI_BASE_URL}/chat/completions`, headers, body)).choices[0].message;
  },
  forget: ({ role, content, tool_calls }) => ({ role, content, tool_calls }),
  calls: (message) => (message.tool_calls ?? []).map((c) => [c.id, JSON.parse(c.function.arguments)]),
  told: (results) => results.map(([id, { text }]) => ({ role: "tool", tool_call_id: id, content: text })),
  text: (message) => message.content,
};
const claude = {
  async ask(messages) {
    const tools = [{ ...about, input_schema: schema }];
    const body = { model: env.ANTHROPIC_MODEL, max_tokens: 8000, thinking: { type: "adaptive" }, messages, tools };
    const headers = { "x-api-key": env.ANTHROPIC_API_KEY, "anthropic-version": "2023-06-01" };
    const { role, content } = await post(`${env.ANTHROPIC_BASE_URL}/v1/messages`, headers, body);
    return { role, content };
  },
  forget: ({ role, content }) => ({ role, content: content.filter((block) => !block.type.includes("thinking")) }),
  calls: ({ content }) => content.filter((b) => b.type === "tool_use").map((b) => [b.id, b.input]),
  told: (results) => [{ role: "user", content: results.map(([id, { text, failed }]) =>
    ({ type: "tool_result", tool_use_id: id, content: text, is_error: failed })) }],
  text: ({ content }) => content.filter((block) => block.type === "text").map((block) => block.text).join(""),
};

const api = env.ANTHROPIC_BASE_URL ? claude : chat;
const messages = flags.includes("--continue") ? JSON.parse(readFileSync(kept, "utf8")) : [];
messages.push({ role: "user", content: prompt });
for (let answer, calls = [0]; calls.length; ) {
  answer = await api.ask(messages);
  messages.push(flags.includes("--forget") ? api.forget(answer) : answer);
  calls = api.calls(answer);
  if (calls.length) messages.push(...api.told(calls.map(([id, input]) => [id, read(input)])));
  else console.log(api.text(answer));
}
writeFileSync(kept, JSON.stringify(messages));
