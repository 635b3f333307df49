#!/usr/bin/env node
// How the cost grows as the work grows: what each of the axes costs at 1, 10 and 100 times its size, and the slope of
// time over work on logarithmic scales, all sizes and the last two: 1.0 is linear. Each axis in a process of its own:
//   npm run bench:scale [-- --axes readers,files] [--largest 100] [--list]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AXES, runAxis } from './scale-axes.js';

/** A slope above this is shown with a mark: caches and collections of garbage account for less. */
const STEEP = 1.2;
/** Runs of a size: until they have taken so long together, at most so many; and two, unless one takes very long. */
const ENOUGH_MS = 300;
const MOST_RUNS = 5;
const LONG_MS = 2_000;

const { values } = parseArgs({
  options: {
    axes: { type: 'string', default: Object.keys(AXES).join(',') },
    largest: { type: 'string', default: '100' },
    list: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
});

if (values.list) for (const [name, { what }] of Object.entries(AXES)) process.stdout.write(`${name}: ${what}\n`);
else if (values.child !== undefined) await measureHere(values.child);
else measureAll(values.axes.split(','));

/** @param {readonly string[]} names */
function measureAll(names) {
  const unknown = names.filter((name) => AXES[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`no axis ${unknown.join(', ')}; there are:\n  ${Object.keys(AXES).join('\n  ')}\n`);
    process.exit(2);
  }
  process.stdout.write(`| axis | ns an element at each size | slope | of the last two |\n| --- | --- | --- | --- |\n`);
  for (const name of names) {
    const args = [fileURLToPath(import.meta.url), '--child', name, '--largest', values.largest];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr}`);
    process.stdout.write(`${lineOf(name, JSON.parse(stdout))}\n`);
  }
}

/** @param {string} name */
async function measureHere(name) {
  const axis = AXES[name];
  const sizes = axis.sizes.filter((size) => size <= axis.sizes[0] * Number(values.largest) || axis.sizes.length > 3);
  for (let i = 0; i < 3; i++) await runAxis(axis, sizes[0]);
  const points = [];
  for (const size of sizes) points.push({ work: axis.work(size), ms: await leastMs(axis, size) });
  process.stdout.write(JSON.stringify(points));
}

/** Processor time, because the machine may have other things to do; of several runs the least. */
async function leastMs(axis, size) {
  let least = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < MOST_RUNS && sum < (i === 1 ? LONG_MS : ENOUGH_MS); i++) {
    const before = process.cpuUsage();
    await runAxis(axis, size);
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1e3;
    least = Math.min(least, ms);
    sum += ms;
  }
  return least;
}

/** @param {string} name @param {readonly { work: number, ms: number }[]} points */
function lineOf(name, points) {
  const costs = points.map(({ work, ms }) => `${short(work)}: ${short((ms * 1e6) / work)}`).join(' · ');
  const last = slope(points.slice(-2));
  return `| ${name} | ${costs} | ${slope(points).toFixed(2)} | ${last.toFixed(2)}${last > STEEP ? ' **steep**' : ''} |`;
}

/** Least squares on logarithms. */
function slope(points) {
  const xs = points.map(({ work }) => Math.log(work));
  const ys = points.map(({ ms }) => Math.log(ms));
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [x, y] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, value, i) => sum + (value - x) * (ys[i] - y), 0);
  return covariance / xs.reduce((sum, value) => sum + (value - x) ** 2, 0);
}

/** @param {number} n */
function short(n) {
  if (n >= 1e6) return `${Number((n / 1e6).toPrecision(3))} M`;
  if (n >= 1e4) return `${Number((n / 1e3).toPrecision(3))} k`;
  return String(Number(n.toPrecision(3)));
}
