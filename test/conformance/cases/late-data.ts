import { fixedWindows, type PCollection, type Pipeline } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type ScriptEntry, scripted } from '../script.js';
import { where } from '../shapes/where.js';

/** How many elements stand in each pane of a window of ten. */
const counts = (p: Pipeline, script: readonly ScriptEntry[], lateness: number): PCollection<string> =>
  where(
    scripted(p, script)
      .windowInto(fixedWindows(10), { allowedLateness: lateness })
      .countPerKey('Count')
      .map(({ value }) => value),
  );

const at = (instant: number): ScriptEntry => ({ key: 'k', value: instant, at: instant });

export const lateDataIsDroppedAndCounted = conformanceCase(
  (p) => {
    PAssert.that(
      counts(p, [at(1), at(2), { watermark: 10 }, at(3), at(4), at(12), { watermark: 30 }, at(5)], 0),
    ).containsInAnyOrder(['2@9[0,10)', '1@19[10,20)']);
  },
  { counters: { 'Count#millrace:dropped_late': 3 } },
);

export const lateDataWithinTheAllowedLateness = conformanceCase(
  (p) => {
    PAssert.that(
      counts(
        p,
        [at(1), at(2), { watermark: 10 }, at(3), { watermark: 15 }, at(4), at(12), { watermark: 25 }, at(5)],
        10,
      ),
    ).containsInAnyOrder(['2@9[0,10)', '1@9[0,10)', '1@9[0,10)', '1@19[10,20)']);
  },
  { counters: { 'Count#millrace:dropped_late': 1 } },
);
