import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';

const BENCH = fileURLToPath(new URL('kafka.js', import.meta.url));

describeWithService('kafka', 'npm run bench:kafka', (kafka) => {
  test('measures every row, and verifies what each has written and committed', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      ...[BENCH, '--records', '5000', '--repeats', '1', '--bootstrapServers', kafka().bootstrapServers],
    ]);
    expect(stderr).not.toContain('WRONG');
    for (const row of ['loop', 'direct', 'worker-threads']) expect(stdout).toMatch(new RegExp(`^${row} +\\d`, 'm'));
  }, 120_000);
});
