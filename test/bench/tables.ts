import type { Comparison } from './comparison.js';
import type { Ratios } from './ratios.js';
import type { Summary } from './summary.js';

/** `~` marks runs that lie more than a quarter apart, `≈` CPU time that is a difference of processes. */
export function summaryTable(rows: readonly Summary[]): string {
  const head = [
    'work',
    'size',
    'peer',
    'p',
    's',
    's warm',
    's best',
    'M/s warm',
    'CPU s warm',
    'CPU s',
    'RSS MB',
    'load',
    'result',
  ];
  const cells = rows.map((row) => [
    row.work,
    row.size.toLocaleString('en-US'),
    row.peer,
    String(row.parallelism),
    number(row.seconds, 2),
    `${(row.spread ?? 0) > 0.25 ? '~' : ''}${number(row.seconds_warm, 2)}`,
    number(row.seconds_best, 2),
    number(row.warm_events_per_second && row.warm_events_per_second / 1e6, 2),
    `${row.cpu_is_difference && row.cpu_seconds_warm ? '≈' : ''}${number(row.cpu_seconds_warm, 2)}`,
    number(row.cpu_seconds, 1),
    number(row.peak_rss_mb, 0),
    number(row.load, 1),
    row.failed > 0 ? `${row.failed} FAILED` : row.verified ? row.checksum : `? ${row.checksum}`,
  ]);
  return markdown(head, cells);
}

/** What is beside what, with the geometric mean over the workloads and the ratio of each. */
export function ratiosTable(all: readonly Ratios[], works: readonly string[]): string {
  const cells = all.map(({ title, mean, byWork }) => [
    title,
    number(mean, 2),
    ...works.map((work) => number(byWork[work], 2)),
  ]);
  return markdown(['warm', 'geometric mean', ...works], cells);
}

export function comparisonTable(all: readonly Comparison[]): string {
  const cells = all.map(({ work, row, measure, old, new: now, ratio, low, high, verdict }) => [
    work,
    row,
    measure === 'cpu' ? 'CPU s' : 's',
    number(old, 3),
    number(now, 3),
    number(ratio, 3),
    `${number(low, 3)} … ${number(high, 3)}`,
    verdict,
  ]);
  return markdown(['work', 'row', 'of', 'old', 'new', 'new / old', '95 % of resamples', ''], cells);
}

function markdown(head: readonly string[], cells: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}
