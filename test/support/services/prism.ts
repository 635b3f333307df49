import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, installed } from './cache.js';
import { type Engine, namespace, startEngine } from './engine.js';
import { missingCommands, type Service } from './service.js';

const run = promisify(execFile);

export const PRISM_VERSION = '2.77.0';
const MODULE = `github.com/apache/beam/sdks/v2/go/cmd/prism@v${PRISM_VERSION}`;
const DIRECTORY = `prism-${PRISM_VERSION}`;

export const prismService: Service<Engine> = {
  missing() {
    if (namespace() === undefined) return 'no right to make a network namespace (REMOTE_NO_NETNS)';
    return existsSync(join(cacheRoot(), DIRECTORY, 'prism')) ? undefined : missingCommands(['go', 'version']);
  },
  async start() {
    const dir = await installed(DIRECTORY, async (staging) => {
      await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: staging }, maxBuffer: 16 << 20 });
    });
    const level = process.env.MILLRACE_PRISM_LOG ?? 'warn';
    return await startEngine({
      name: 'Prism',
      command: [join(dir, 'prism'), '-job_port={port}', '-serve_http=false', '-log_kind=text', `-log_level=${level}`],
      lanes: 3,
    });
  },
};
