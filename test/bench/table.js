/** Medians of the repeats of every workload, peer and parallelism. */
export function summarise(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = `${run.work} ${run.size} ${run.peer} ${run.parallelism}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const rows = [...groups.values()].map(summaryOf);
  for (const row of rows) {
    row.speed_of_flink = ratio(row, rows, 'flink');
    row.speed_of_loop = ratio(row, rows, 'limit-node');
  }
  return rows;
}

function summaryOf(runs) {
  const { work, size, peer, parallelism } = runs[0];
  const good = runs.filter((run) => run.error === undefined);
  const warm = good.map((run) => run.seconds_warm ?? run.seconds);
  const events = good[0]?.events;
  return {
    work,
    size,
    peer,
    parallelism,
    runs: good.length,
    failed: runs.length - good.length,
    seconds: median(good.map((run) => run.seconds)),
    seconds_warm: median(warm),
    seconds_best: good.length > 0 ? Math.min(...warm) : undefined,
    spread: good.length > 1 ? (Math.max(...warm) - Math.min(...warm)) / median(warm) : undefined,
    warm_events_per_second: events === undefined ? undefined : Math.round(events / median(warm)),
    cpu_seconds: median(good.map((run) => run.cpu_seconds)),
    peak_rss_mb: median(good.map((run) => run.peak_rss_mb)),
    load: median(good.map((run) => run.load)),
    checksum: [...new Set(good.map((run) => run.checksum))].join(' '),
    verified: good.length > 0 && good.every((run) => run.verified === true),
  };
}

/** How many times as fast, warm, as a peer: at the same parallelism where that was measured. */
function ratio(row, rows, peer) {
  const peers = rows.filter((other) => other.work === row.work && other.size === row.size && other.peer === peer);
  const other = peers.find(({ parallelism }) => parallelism === row.parallelism) ?? peers[0];
  return other === undefined || other === row ? undefined : other.seconds_warm / row.seconds_warm;
}

/** A Markdown table; `~` marks repeats that lie more than a quarter apart. */
export function tableOf(rows) {
  const head = [
    'work',
    'size',
    'peer',
    'p',
    's',
    's warm',
    's best',
    'M/s warm',
    '× Flink',
    '× loop',
    'CPU s',
    'RSS MB',
    'load',
    'ok',
  ];
  const cells = rows.map((row) => [
    row.work,
    row.size.toLocaleString('en-US'),
    row.peer,
    row.parallelism,
    number(row.seconds, 2),
    `${row.spread > 0.25 ? '~' : ''}${number(row.seconds_warm, 2)}`,
    number(row.seconds_best, 2),
    number(row.warm_events_per_second / 1e6, 2),
    number(row.speed_of_flink, 2),
    number(row.speed_of_loop, 2),
    number(row.cpu_seconds, 1),
    number(row.peak_rss_mb, 0),
    number(row.load, 1),
    row.failed > 0 ? `${row.failed} FAILED` : row.verified ? row.checksum : `? ${row.checksum}`,
  ]);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function number(value, digits) {
  return value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits);
}

function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
