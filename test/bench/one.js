#!/usr/bin/env node
// One measurement in a process of its own, one line of JSON; what goes wrong is its `error`:
//   node test/bench/one.js --work Q5 --size 1000000 --runner direct --parallelism 1 --reps 3
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    work: { type: 'string' },
    size: { type: 'string' },
    runner: { type: 'string', default: 'direct' },
    parallelism: { type: 'string', default: '1' },
    reps: { type: 'string', default: '1' },
  },
});
if (values.work === undefined || values.size === undefined) {
  process.stderr.write(
    'usage: one.js --work NAME --size N [--runner direct|worker-threads] [--parallelism P] [--reps K]\n',
  );
  process.exit(2);
}

const print = (figures) => process.stdout.write(`${JSON.stringify(figures)}\n`);

try {
  // Here and not above: these files also run beside the libraries of other commits, which may lack what they import.
  const { measure } = await import('./measure.js');
  const figures = await measure({
    work: values.work,
    size: Number(values.size),
    runner: values.runner,
    parallelism: Number(values.parallelism),
    reps: Number(values.reps),
  });
  const { user, system } = process.cpuUsage();
  print({
    ...figures,
    cpu_seconds: Number(((user + system) / 1e6).toFixed(2)),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  });
} catch (error) {
  print({ error: String(error?.message ?? error).trim(), stack: error?.stack });
  process.exitCode = 1;
}
