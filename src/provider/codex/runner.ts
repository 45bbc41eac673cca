// Drives the provider of a checkout as NanoClaw's own loop does (its poll-loop.ts). A line of JSON in asks for something: first for a provider
// of the barrel in a folder, then for one query after the other. A line out is an event.
import { Console } from 'node:console';
import { createInterface } from 'node:readline';

// Standard output has these lines alone: what else is printed there goes to standard error.
const write = process.stdout.write.bind(process.stdout);
const say = (event: object) => void write(`${JSON.stringify(event)}\n`);
process.stdout.write = process.stderr.write.bind(process.stderr);
Object.assign(console, new Console(process.stderr));

const words = (error: any) => String(error?.message ?? error);

// In a container this is the first process, which no signal ends by itself.
process.on('SIGTERM', () => process.exit(143));
process.stdin.on('end', () => process.exit());

let provider: any;

async function load({ providers, name }: any) {
  let factory: any;
  try {
    await import(`${providers}/index.ts`);
    factory = await import(`${providers}/factory.ts`);
  } catch (error) {
    return say({ type: 'unloaded', message: words(error) });
  }
  try {
    provider = factory.createProvider(name, { mcpServers: {}, env: { ...process.env } });
  } catch (error) {
    // So begins the error of NanoClaw's own registry; another is the provider's.
    const type = /^unknown provider/i.test(words(error)) ? 'unknown' : 'unmade';
    return say({ type, message: words(error) });
  }
  const lack = lacks(provider);
  if (lack) return say({ type: 'unmade', message: `its factory gives ${lack}` });
  say({ type: 'ready', model: typeof provider.model === 'string' ? provider.model : '' });
}

function lacks(made: any) {
  if (made === null || typeof made !== 'object') return `${made === null ? 'null' : typeof made}, and no provider`;
  if (typeof made.then === 'function') return 'a promise, and the agent runner waits for none';
  if (typeof made.query !== 'function') return 'an object without `query`';
}

async function query({ until, ...input }: any) {
  try {
    const query = provider.query(input);
    for await (const event of query.events) {
      say(event);
      if (event.type === until) break;
      // The loop would leave the query open for more messages.
      if (event.type === 'result' || (event.type === 'error' && !event.retryable)) query.end();
    }
    say({ type: 'end' });
  } catch (error) {
    say({ type: 'thrown', message: words(error), stale: provider.isSessionInvalid?.(error) === true });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  await (asked.providers ? load(asked) : query(asked));
}
