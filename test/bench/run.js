#!/usr/bin/env node
// How fast Millrace is: beside other programs, or beside itself at another commit. Every measurement is a process of its
// own, what is compared runs in turn, results are verified, and of the figures the medians are shown.
//
//   npm run bench [-- flags]                   beside a hand-written loop, Flink and DuckDB, where these are built
//   npm run bench -- --compare REF [flags]     beside the library of another commit, with the workloads of this checkout;
//                                              ends with 1 where this one is slower beyond the noise and the threshold
//
//   --works Q0,Q5        workloads; all when absent (test/bench/workloads.ts)
//   --scale 0.2          of the full sizes: 200 MB of words, 20 M records, 5 M events
//   --repeats 3          processes of each row (with --compare 6 pairs: old, new, new, old …)
//   --reps 3             runs in each process, the first one cold (with --compare 4)
//   --rows flink@1,…     rows by name, or name and parallelism; all when absent (test/bench/rows.ts)
//   --peers DIR          where the programs of the other rows are; rows that are not there are left out by name
//   --peer-cpu           also the CPU time of one warm run of a peer, with what begins and ends a run, as the difference of two
//                        processes; takes four times as long
//   --threshold 0.05     with --compare: how much slower is no failure
//   --out FILE           all figures as JSON; out/bench/results.json or compare.json when absent
//
// One-thread rows are compared by the CPU time of their warm runs, others by wall time. The library of REF is built into
// MILLRACE_CACHE or the folder for temporary files, once for each commit.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleModule } from 'millrace/runners';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
// The program is TypeScript, which this Node does not run as it is.
const { path } = await bundleModule(here('main.ts'));
const { main } = await import(pathToFileURL(path).href);
process.exitCode = await main(process.argv.slice(2), here('../../'));
