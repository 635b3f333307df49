#!/usr/bin/env node
// One measurement in a process of its own. What to do comes as JSON in the first argument, the figures go out as a line of JSON.
import { job } from './job.js';
import { loop } from './loop.js';

const { row, ...task } = JSON.parse(process.argv[2]);
const run = row === 'loop' ? () => loop(task) : await job(row, task);

const before = process.cpuUsage();
const start = performance.now();
await run();
const seconds = (performance.now() - start) / 1_000;
const { user, system } = process.cpuUsage(before);
const figures = {
  seconds: Number(seconds.toFixed(3)),
  cpu_seconds: Number(((user + system) / 1e6).toFixed(3)),
  peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
