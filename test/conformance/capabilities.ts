import { casesIn, REQUIREMENTS, type Requirement } from './case.js';
import * as modules from './cases.js';
import { type Abilities, DIRECT, FLINK, PRISM, WORKER_THREADS } from './subjects.js';

const COLUMNS: readonly Abilities[] = [DIRECT, WORKER_THREADS, PRISM, FLINK];

/** docs/capabilities.md: what the conformance suite holds each runner to. */
export function capabilitiesPage(): string {
  const cases = [...casesIn(modules)];
  const needing = (requirement: Requirement) => cases.filter(([, each]) => each.requires.includes(requirement)).length;
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const names = Object.keys(REQUIREMENTS) as Requirement[];
  const table = [
    row(['', 'cases', ...COLUMNS.map(({ title }) => title)]),
    row(['---', '---', ...COLUMNS.map(() => '---')]),
    row([
      'the core',
      String(cases.filter(([, each]) => each.requires.length === 0).length),
      ...COLUMNS.map(() => 'yes'),
    ]),
    ...names.map((name) =>
      row([
        REQUIREMENTS[name],
        String(needing(name)),
        ...COLUMNS.map(({ title, supports }) =>
          supports.includes(name) ? 'yes' : title === FLINK.title ? '–' : 'refused',
        ),
      ]),
    ),
  ];
  const differences = COLUMNS.flatMap(({ title, differs = {} }) =>
    Object.entries(differs).map(([name, reason]) => `- ${title}, \`${name}\`: ${reason}.`),
  );
  const leftOut = COLUMNS.flatMap(({ title, leavesOut = {} }) =>
    Object.entries(leavesOut).map(([name, reason]) => `- ${title}, \`${name}\`, is not run: ${reason}.`),
  );
  return `# What works where

Made from the conformance suite (\`npm run generate:capabilities\`), ${cases.length} cases in all. *yes*: every case that needs it runs on the
runner in every CI run, and comes to what Beam documents. *refused*: the runner refuses such a plan before anything starts, and names what
it lacks; the suite asserts that too (a drain is no part of a plan: it is refused when it is asked for). *–*: not tried on Flink, of which the batch core is run. A case may need several of these; the core is impulse, ParDo with several outputs, GroupByKey,
CombinePerKey, Flatten and the windows of Beam.

${table.join('\n')}

## Differences
These cases run everywhere, but may come to something else:

${[...differences, ...leftOut].join('\n')}
`;
}
