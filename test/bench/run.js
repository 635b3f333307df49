#!/usr/bin/env node
// How fast Millrace is beside other programs. Every measurement is a process of its
// own, what is compared runs in turn, results are verified, and of the figures the medians are shown.
//
//   npm run bench [-- flags]                   beside a hand-written loop, Flink and DuckDB, where these are built
//
//   --works Q0,Q5        workloads; all when absent (test/bench/workloads.ts)
//   --scale 0.2          of the full sizes: 200 MB of words, 20 M records, 5 M events
//   --repeats 3          processes of each row
//   --reps 3             runs in each process, the first one cold
//   --rows flink@1,…     rows by name, or name and parallelism; all when absent (test/bench/rows.ts)
//   --peers DIR          where the programs of the other rows are; rows that are not there are left out by name
//   --peer-cpu           also the CPU time of one warm run of a peer, with what begins and ends a run, as the difference of two
//                        processes; takes four times as long
//   --out FILE           all figures as JSON; out/bench/results.json when absent
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleModule } from 'millrace/runners';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
// The program is TypeScript, which this Node does not run as it is.
const { path } = await bundleModule(here('main.ts'));
const { main } = await import(pathToFileURL(path).href);
process.exitCode = await main(process.argv.slice(2), here('../../'));
