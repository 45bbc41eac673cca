// A small provider of codex: an app-server for each query. It writes a config.toml into its home each time, as NanoClaw's own does, and leaves a
// thread that is lost to who asks.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { registerProvider } from './provider-registry.js';

type Query = { prompt: string; continuation?: string; cwd: string };

export class CodexProvider {
  readonly name = 'codex';
  readonly model = process.env.CODEX_MODEL ?? 'gpt-5.4-mini';

  isSessionInvalid(error: unknown): boolean {
    return /no rollout found|thread not found/.test(String(error));
  }

  query(query: Query) {
    return { push() {}, end() {}, abort() {}, events: turn(query, this.model) };
  }
}

async function* turn({ prompt, continuation, cwd }: Query, model: string) {
  const folder = `${process.env.HOME}/.codex`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/config.toml`, '[mcp_servers]\n');
  console.log('a word that is no event');
  const codex = spawn('codex', ['app-server', '--listen', 'stdio://'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ask = (id: number, method: string, params: object) => codex.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
  const thread = { model, cwd, sandbox: 'danger-full-access', approvalPolicy: 'never' };
  ask(1, 'initialize', { clientInfo: { name: 'sample', version: '1' } });
  let text = '';
  try {
    for await (const line of createInterface({ input: codex.stdout })) {
      const { id, error, result, method, params } = JSON.parse(line);
      if (error) throw new Error(error.message);
      if (method) yield { type: 'activity' };
      if (id === 1 && continuation) ask(2, 'thread/resume', { ...thread, threadId: continuation });
      if (id === 1 && !continuation) ask(2, 'thread/start', thread);
      if (id === 2) {
        yield { type: 'init', continuation: result.thread.id };
        ask(3, 'turn/start', { threadId: result.thread.id, input: [{ type: 'text', text: prompt }], model, cwd });
      }
      if (method === 'item/started') yield { type: 'progress', message: params.item.type };
      if (method === 'item/completed' && params.item.type === 'agentMessage') text = params.item.text;
      if (method === 'turn/completed') {
        yield { type: 'result', text: text || null };
        return;
      }
    }
    throw new Error('codex ended');
  } finally {
    codex.kill();
  }
}

registerProvider('codex', () => new CodexProvider());
